import assert from "node:assert/strict"
import { test } from "node:test"
import { createGraph } from "../src/graph.js"
import { offers } from "../src/adding/offers.js"
import { sample } from "./sample.js"

const catalog = sample().nodes.map(({ id, title, inputs, outputs }) => {
  return { card: id, title, type: outputs[0].type, inputs, outputs }
})

function loaded() {
  const graph = createGraph()
  graph.load({ ...sample(), catalog })
  return graph
}

test("without a card to go on from all cards are offered, as they are listed", () => {
  const found = offers(loaded(), null)
  assert.deepEqual(
    found.map(({ card, connect, heading }) => [card, connect, heading]),
    ["load", "split", "train", "spec"].map((card) => [card, undefined, undefined]),
  )
})

test("what takes an open output comes first, and brings its wire", () => {
  const found = offers(loaded(), "split") // of its two outputs, train is wired and test is open
  assert.deepEqual(
    found.map(({ card, heading }) => [card, heading]),
    [
      ["train", "Goes on from Data Split"],
      ["split", "Goes on from Data Split"],
      ["load", "Other cards"],
      ["spec", "Other cards"],
    ],
  )
  assert.deepEqual(found[0].connect, { node: "split", port: "test", side: "out", to: "data" })
})

test("an output and an input of the same name belong together", () => {
  const graph = loaded()
  graph.catalog.value = [
    { ...catalog[0], card: "both", inputs: [port("train"), port("test")] },
    { ...catalog[0], card: "last", inputs: [port("test")] },
  ]
  graph.removeEdge("split.train-train.data")
  const wires = offers(graph, "split").map(({ connect }) => [connect.port, connect.to])
  assert.deepEqual(wires, [
    ["train", "train"],
    ["test", "test"],
  ])
})

test("a card whose outputs are all wired leads nowhere", () => {
  assert.ok(offers(loaded(), "load").every(({ connect }) => !connect))
})

const port = (name) => ({ name, type: "Table", accepts: ["Table"], optional: false, many: false })
