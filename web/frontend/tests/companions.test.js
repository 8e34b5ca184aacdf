import assert from "node:assert/strict"
import { test } from "node:test"
import { wirePoints } from "../src/geometry.js"
import { createGraph } from "../src/graph.js"
import { wiresOf } from "../src/adding/companions.js"
import { goodPlace } from "../src/adding/free-place.js"
import { choices, offers } from "../src/adding/offers.js"
import { edge, node } from "./sample.js"

const split = ["train_dataset:Table", "validation_dataset:Table", "test_dataset:Table"]
const evaluate = node("evaluate", "Evaluate", 0, 0, ["test_dataset:Table", "model:Model"], [])
const predict = node("predict", "Predict", 0, 0, ["dataset:Table", "model:Model"], ["out:Table"])
const join = node("join", "Join", 0, 0, ["left:Table", "right:Table"], ["out:Table"])
const spec = node("spec", "Model Define", 0, 0, [], ["spec:Spec"])

/** Load, split and train, and one more `card` with the wires that lead to it. */
function loaded(card, ...wires) {
  const graph = createGraph()
  graph.load({
    nodes: [
      node("load", "Data Load", 0, 0, [], ["dataset:Table"]),
      node("split", "Data Split", 232, 0, ["dataset:Table"], split),
      node("train", "Train", 464, 160, ["train_dataset:Table", "spec:Spec"], ["model:Model"]),
      ...(card ? [card] : []),
    ],
    edges: [
      edge("load", "dataset", "split", "dataset", "Table"),
      edge("split", "train_dataset", "train", "train_dataset", "Table"),
      ...wires,
    ],
    catalog: [evaluate, predict, join, { ...spec, choices: { kind: ["linear", "random_forest"] } }],
  })
  const flow = { at: (id) => ({ x: graph.nodes.get(id).x, y: graph.nodes.get(id).y }) }
  return { graph, flow }
}

const model = { node: "train", port: "model", side: "out", to: "model" }
const named = (wires) => wires.map(({ node: id, port, to }) => `${id}.${port}-${to}`)

test("a card that evaluates a model gets the rows to evaluate it on, too", () => {
  const { graph } = loaded()
  const wires = named(wiresOf(graph, evaluate, model))
  assert.deepEqual(wires, ["train.model-model", "split.test_dataset-test_dataset"])
  assert.deepEqual(named(wiresOf(graph, evaluate)).toSorted(), wires.toSorted())
})

test("what predicts gets rows that the model has not seen", () => {
  const { graph } = loaded()
  const wires = named(wiresOf(graph, predict, model))
  assert.deepEqual(wires, ["train.model-model", "split.test_dataset-dataset"])
})

test("what explains the best of several models gets rows that none of them has learnt from", () => {
  const outputs = ["best:Model", "ranking:Table"]
  const compare = node("compare", "Compare", 696, 0, ["rows:Table", "models:Model"], outputs)
  const best = { node: "compare", port: "best", side: "out", to: "model" }
  for (const rows of ["test_dataset", "validation_dataset"]) {
    const { graph } = loaded(
      compare,
      edge("split", rows, "compare", "rows", "Table"),
      edge("train", "model", "compare", "models", "Model"),
    )
    const wires = named(wiresOf(graph, predict, best))
    assert.deepEqual(wires, ["compare.best-model", "split.test_dataset-dataset"])
  }
})

test("what trains the best settings learns from the rows that they were searched on", () => {
  const outputs = ["best:Spec", "trials:Table"]
  const search = node("search", "Search", 464, 400, ["rows:Table", "spec:Spec"], outputs)
  const { graph } = loaded(search, edge("split", "train_dataset", "search", "rows", "Table"))
  const train = node("new", "Train", 0, 0, ["train_dataset:Table", "spec:Spec"], [])
  const best = { node: "search", port: "best", side: "out", to: "spec" }
  const wires = named(wiresOf(graph, train, best))
  assert.deepEqual(wires, ["search.best-spec", "split.train_dataset-train_dataset"])
})

test("where nothing is clear, nothing is wired", () => {
  const { graph } = loaded()
  const first = { node: "load", port: "dataset", side: "out", to: "left" }
  assert.deepEqual(named(wiresOf(graph, join, first)), ["load.dataset-left"])
  assert.deepEqual(wiresOf(graph, join), [])
})

test("what a chosen card still needs is offered, and leads into it", () => {
  const { graph } = loaded()
  const offer = offers(graph, "train").find(({ card }) => card === "spec")
  assert.deepEqual(offer.connect, { node: "train", port: "spec", side: "in", to: "spec" })
  assert.equal(offer.heading, "Goes to Train")
})

test("a card is also found by what one of its settings can be", () => {
  const { graph } = loaded()
  const found = choices(offers(graph, "train")).map(({ title, params }) => [title, params])
  assert.deepEqual(found[1], ["Model Define: random forest", { kind: "random_forest" }])
})

test("a new card stands to the right of what feeds it, clear of cards and wires", () => {
  const { graph, flow } = loaded()
  const place = goodPlace({ graph, flow }, evaluate, wiresOf(graph, evaluate, model), {
    x: 0,
    y: 0,
  })
  assert.equal(place.x, 696)
  const arrives = { x1: 416, y1: 102, x2: place.x, y2: place.y + 60 }
  const train = wirePoints(arrives).filter(({ x, y }) => x > 464 && x < 648 && y > 160 && y < 308)
  assert.deepEqual(train, [])

  const before = wiresOf(graph, spec, { node: "train", port: "spec", side: "in", to: "spec" })
  const left = goodPlace({ graph, flow }, spec, before, { x: 0, y: 0 })
  assert.equal(left.x, 232)
  assert.ok(left.y >= 148 + 24)
})
