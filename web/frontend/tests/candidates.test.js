import assert from "node:assert/strict"
import { test } from "node:test"
import { createGraph } from "../src/graph.js"
import { candidates } from "../src/wires/candidates.js"
import { edge, node, sample } from "./sample.js"

const catalog = ["load", "split", "train", "spec"].map((id) => {
  const { title, inputs, outputs } = sample().nodes.find((card) => card.id === id)
  return { card: id, title, type: outputs[0].type, inputs, outputs }
})

function loaded() {
  const graph = createGraph()
  graph.load({ ...sample(), catalog })
  return graph
}

test("only cards that take the type are offered, with the port they take it in", () => {
  const found = candidates(
    catalog,
    loaded(),
    { node: "load", port: "dataset", side: "out" },
    "Table",
  )
  assert.deepEqual(
    found.map(({ card, port }) => `${card}.${port}`),
    ["split.dataset", "train.data"],
  )
})

test("what is usually wired so comes first", () => {
  const graph = loaded()
  graph.putNode(node("load_2", "Data Load", 0, 0, [], ["dataset:Table"]))
  graph.nodes.get("load_2").card = "load"
  graph.removeEdge("load.dataset-split.dataset")
  graph.putEdge(edge("load_2", "dataset", "train", "data", "Table"))
  const found = candidates(catalog, graph, { node: "load", port: "dataset", side: "out" }, "Table")
  assert.equal(found[0].card, "train")
})

test("a needed input comes before an optional one", () => {
  const inputs = [
    { name: "extra", type: "Table", accepts: ["Table"], optional: true },
    { name: "main", type: "Table", accepts: ["Table"] },
  ]
  const more = [{ card: "join", title: "Join", type: "Table", inputs, outputs: [] }]
  const [found] = candidates(
    more,
    loaded(),
    { node: "load", port: "dataset", side: "out" },
    "Table",
  )
  assert.deepEqual([found.port, found.index, found.count], ["main", 1, 2])
})

test("from an input, cards that give its type are offered", () => {
  const found = candidates(catalog, loaded(), { node: "train", port: "spec", side: "in" }, "Spec")
  assert.deepEqual(
    found.map(({ card }) => card),
    ["spec"],
  )
})

test("what samples wire so comes before what they do not", () => {
  const usual = { "load.dataset": 3 }
  const others = catalog.filter(({ card }) => card !== "train")
  const known = [...others, { ...catalog.find(({ card }) => card === "train"), usual }]
  const graph = loaded()
  graph.removeEdge("load.dataset-split.dataset")
  const found = candidates(known, graph, { node: "load", port: "dataset", side: "out" }, "Table")
  assert.equal(found[0].card, "train")
})
