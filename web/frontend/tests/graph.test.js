import assert from "node:assert/strict"
import { test } from "node:test"
import { createGraph, edgeId } from "../src/graph.js"
import { inOrder } from "../src/order.js"
import { edge, sample } from "./sample.js"

function loaded() {
  const graph = createGraph()
  graph.load(sample())
  return graph
}

test("a snapshot is shown whole and replaces what was there", () => {
  const graph = loaded()
  graph.load({ ...sample(), nodes: sample().nodes.slice(0, 1), edges: [] })
  assert.deepEqual([...graph.nodes.keys()], ["load"])
  assert.equal(graph.edges.size, 0)
  assert.deepEqual([...graph.links.keys()], [])
})

test("ports know whether a wire is in them", () => {
  const graph = loaded()
  assert.deepEqual([...graph.links.get("split")].toSorted(), ["in:dataset", "out:train"])
  graph.removeEdge("split.train-train.data")
  assert.deepEqual([...graph.links.get("split")], ["in:dataset"])
})

test("a removed card takes its wires along, and an undo shows its state again", () => {
  const graph = loaded()
  graph.removeNode("load")
  assert.deepEqual([...graph.edges.keys()], ["split.train-train.data"])
  assert.deepEqual([...graph.links.get("split")], ["out:train"])
  graph.putNode(sample().nodes[0])
  assert.equal(graph.runtime.get("load").state, "done")
})

test("states are replaced, and null forgets them", () => {
  const graph = loaded()
  graph.setRuntime({ load: null, split: { state: "running" } })
  assert.equal(graph.runtime.has("load"), false)
  assert.equal(graph.runtime.get("split").state, "running")
})

test("what a card feeds, and what feeds it", () => {
  const graph = loaded()
  assert.deepEqual([...graph.reach("load", "down")], ["load", "split", "train"])
  assert.deepEqual([...graph.reach("train", "up")], ["train", "split", "load"])
})

test("a run to a card cannot begin for an error in it, or before it", () => {
  const graph = loaded()
  const split = graph.nodes.get("split")
  const wrong = { level: "error", message: "There is no column x" }
  assert.equal(graph.whyNot("train"), null)

  graph.putNode({ ...split, problems: [wrong] })
  assert.equal(graph.whyNot("split"), "There is no column x")
  assert.equal(graph.whyNot("train"), "Data Split: There is no column x")
  assert.equal(graph.whyNot("load"), null)

  graph.putNode({ ...split, problems: [wrong], enabled: false })
  assert.equal(graph.whyNot("train"), null, "it is passed by")
  graph.putNode({ ...split, problems: [{ ...wrong, level: "warning" }] })
  assert.equal(graph.whyNot("train"), null)
})

test("a queued card waits for those that are still at work", () => {
  const graph = loaded()
  graph.setRuntime({ split: { state: "running" }, train: { state: "queued" } })
  assert.deepEqual(graph.waitsFor("train"), ["Data Split"])
  graph.setRuntime({ split: { state: "done" } })
  assert.deepEqual(graph.waitsFor("train"), [])
})

test("cards are listed after what feeds them, and else as they lie", () => {
  const graph = loaded()
  assert.deepEqual(inOrder(graph.nodes, graph.edges), ["load", "split", "spec", "train"])
})

test("a loop does not hang the list", () => {
  const graph = loaded()
  graph.putEdge(edge("train", "model", "split", "dataset", "Model"))
  assert.equal(inOrder(graph.nodes, graph.edges).length, 4)
})

test("the id of a wire is that of the server", () => {
  assert.equal(edgeId("load", "dataset", "split", "dataset"), "load.dataset-split.dataset")
})
