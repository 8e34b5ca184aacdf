import assert from "node:assert/strict"
import { test } from "node:test"
import { clipOf } from "../src/clip.js"
import { judge } from "../src/fit.js"
import { createGraph } from "../src/graph.js"
import { makeWay } from "../src/making-room.js"
import { edge, node, sample } from "./sample.js"

const BOTH = "composite:frame_1"

function frame(members, more) {
  const position = { x: 212, y: -44 }
  const size = { width: 456, height: 300 }
  return {
    id: "frame_1",
    kind: "frame",
    title: "Both",
    position,
    size,
    collapsed: true,
    members,
    ...more,
  }
}

/** The sample, with the split and the training in one composite. */
function loaded(more) {
  const graph = createGraph()
  graph.load({ ...sample(), annotations: [frame(["split", "train"], more)] })
  return graph
}

const names = (ports) => ports.map(({ name }) => name)

test("a collapsed frame is drawn as one card with the ports that lead out, or could", () => {
  const graph = loaded()
  assert.deepEqual([...graph.nodes.keys()].toSorted(), [BOTH, "load", "spec"])
  const both = graph.nodes.get(BOTH)
  assert.deepEqual([both.title, both.x, both.y], ["Both", 212, -44])
  assert.match(both.summary, /^2 cards · Data Split, Train$/)
  assert.deepEqual(names(both.inputs), ["dataset", "spec"])
  assert.deepEqual(names(both.outputs), ["test", "model"])
  assert.deepEqual(
    [...graph.edges.values()].map(({ id, target }) => [id, target]),
    [["load.dataset-split.dataset", BOTH]],
  )
  assert.equal(graph.whole.nodes.size, 4)
  assert.equal(graph.whole.edges.size, 2)
  assert.deepEqual(graph.openNotes(), [])
})

test("it opens again into what it was", () => {
  const graph = loaded()
  graph.annotate({ id: "frame_1", collapsed: false })
  assert.equal(graph.settle(), true)
  assert.deepEqual([...graph.nodes.keys()].toSorted(), ["load", "spec", "split", "train"])
  assert.equal(graph.edges.get("split.train-train.data").real, undefined)
  assert.deepEqual([...graph.links.get("split")].toSorted(), ["in:dataset", "out:train"])
  assert.equal(graph.openNotes().length, 1)
  assert.equal(graph.settle(), false)
})

test("without a composite nothing is ever folded", () => {
  const graph = createGraph()
  graph.load(sample())
  graph.putNode(sample().nodes[0])
  graph.setAnnotations([frame([], { collapsed: false })])
  assert.equal(graph.settle(), false)
})

test("a port that is drawn leads to the card that it belongs to", () => {
  const graph = loaded()
  assert.deepEqual(graph.endOf(BOTH, "out", "model"), { node: "train", port: "model" })
  assert.deepEqual(graph.endOf("load", "out", "dataset"), { node: "load", port: "dataset" })
})

test("two ports of one name are told apart by their cards", () => {
  const graph = createGraph()
  const twice = ["a", "b"].map((id, i) => node(id, id, 0, i * 200, [], ["dataset:Table"]))
  graph.load({ ...sample(), nodes: twice, edges: [], annotations: [frame(["a", "b"])] })
  assert.deepEqual(names(graph.nodes.get(BOTH).outputs), ["a.dataset", "b.dataset"])
  assert.deepEqual(graph.endOf(BOTH, "out", "b.dataset"), { node: "b", port: "dataset" })
})

test("a wire that comes and goes is drawn to the composite at once", () => {
  const graph = loaded()
  graph.putEdge(edge("spec", "spec", "train", "spec", "Spec"))
  graph.settle()
  const wire = graph.edges.get("spec.spec-train.spec")
  assert.deepEqual([wire.target, wire.target_port, wire.real.target], [BOTH, "spec", "train"])
  assert.ok(graph.links.get(BOTH).has("in:spec"))
  graph.removeEdge("spec.spec-train.spec")
  graph.settle()
  assert.equal(graph.links.get(BOTH).has("in:spec"), false)
  assert.equal(graph.links.get("spec").size, 0)
})

test("a card that is removed leaves, and the last one takes the composite along", () => {
  const graph = loaded()
  graph.removeNode("train")
  graph.settle()
  assert.match(graph.nodes.get(BOTH).summary, /^1 card · /)
  graph.removeNode("split")
  graph.settle()
  assert.deepEqual([...graph.nodes.keys()], ["load", "spec"])
  assert.equal(graph.openNotes().length, 1)
})

test("it is as bad as the worst of its cards, and says how many are done", () => {
  const graph = loaded()
  const state = () => graph.runtime.get(BOTH)?.state
  assert.equal(state(), undefined)
  graph.setRuntime({ split: { state: "done", seconds: 2, face: { kind: "split" } } })
  assert.equal(state(), "stale")
  graph.setRuntime({ train: { state: "running" } })
  assert.deepEqual([state(), graph.runtime.get(BOTH).note], ["running", "1 of 2 done"])
  const error = { message: "It broke", hint: "Mend it" }
  graph.setRuntime({ split: { state: "failed", error } })
  assert.equal(state(), "failed")
  assert.equal(graph.runtime.get(BOTH).error.message, "Data Split: It broke")
  const done = { state: "done", seconds: 1, face: { kind: "curve" } }
  graph.setRuntime({ split: done, train: { ...done, face: { kind: "score" } } })
  assert.deepEqual([state(), graph.runtime.get(BOTH).seconds], ["done", 2])
  assert.equal(graph.runtime.get(BOTH).face.kind, "score")
  graph.setRuntime({ train: { state: "bypassed" } })
  assert.equal(state(), "stale", "it is switched on again, and nobody knows yet what it is")
  graph.setRuntime({ split: null, train: null })
  assert.equal(state(), undefined)
})

test("it is bypassed once all of its cards are", () => {
  const graph = loaded()
  for (const id of ["split", "train"]) {
    graph.putNode({ ...graph.whole.nodes.get(id), enabled: false })
    graph.settle()
    assert.equal(graph.nodes.get(BOTH).enabled, id === "split")
  }
})

test("it is being stopped once all of its cards that are at work are", () => {
  const graph = loaded()
  graph.setRuntime({ split: { state: "done" }, train: { state: "running" } })
  assert.equal(graph.runtime.get(BOTH).cancelling, false)
  graph.setRuntime({ train: { state: "running", cancelling: true } })
  assert.equal(graph.runtime.get(BOTH).cancelling, true)
})

test("it runs to its last cards, unless one that they need is wrong", () => {
  const graph = loaded()
  assert.deepEqual(graph.lastOf(BOTH), ["train"])
  assert.equal(graph.whyNot(BOTH), null)
  const problems = [{ level: "error", message: "No column" }]
  graph.putNode({ ...graph.whole.nodes.get("split"), problems })
  graph.settle()
  assert.equal(graph.whyNot(BOTH), "Data Split: No column")
  assert.equal(graph.nodes.get(BOTH).problems[0].message, "Data Split: No column")
})

test("a branch through it goes on from the card it came to, and not from those beside", () => {
  const graph = createGraph()
  const [load, split, train, spec] = sample().nodes
  const problems = [{ level: "error", message: "No column" }]
  graph.load({
    nodes: [load, split, { ...train, problems }, spec],
    edges: [edge("load", "dataset", "split", "dataset"), edge("spec", "spec", "train", "spec")],
    annotations: [frame(["split", "spec"])],
  })
  assert.equal(graph.whyNotBranch("load"), null)
  assert.equal(graph.whyNotBranch("spec"), "Train: No column")
})

test("it is moved with its frame and its cards, which keep their places beside one another", () => {
  const graph = loaded()
  const { positions, frames } = graph.unfolded({ [BOTH]: { x: 312, y: -44 }, load: { x: 1, y: 1 } })
  assert.deepEqual(frames, [{ id: "frame_1", position: { x: 312, y: -44 } }])
  assert.deepEqual(positions, {
    split: { x: 332, y: 0 },
    train: { x: 564, y: 80 },
    load: { x: 1, y: 1 },
  })
  const again = graph.unfolded({ [BOTH]: { x: 312, y: 0 } })
  assert.deepEqual(again.positions.train, { x: 564, y: 124 })
})

test("a wire to one of its ports makes a loop only where its own card would", () => {
  const graph = createGraph()
  const nodes = [
    node("a", "A", 0, 0, ["x:Table"], ["x:Table"]),
    node("b", "B", 0, 200, ["y:Table"], ["y:Table"]),
    node("c", "C", 400, 0, ["z:Table"], ["z:Table"]),
  ]
  const edges = [edge("a", "x", "c", "z", "Table")]
  graph.load({ ...sample(), nodes, edges, annotations: [frame(["a", "b"])] })
  const upstream = graph.wholeReach("c", "up")
  const from = { node: "c", port: "z", side: "out", upstream }
  assert.deepEqual(judge(graph, from, BOTH), { ports: ["y"] })
})

test("it is copied as what it is in the file", () => {
  const graph = loaded()
  for (const each of graph.whole.nodes.values())
    graph.putNode({ ...each, file: { id: each.id, card: each.card } })
  graph.settle()
  const at = (id) => (graph.nodes.has(id) ? { x: 0, y: 0 } : undefined)
  const clip = JSON.parse(
    clipOf({ graph, flow: { at }, sources: {} }, graph.cardsOf(BOTH), [graph.frameOf(BOTH)]),
  )
  assert.deepEqual(
    clip.nodes.map(({ id }) => id),
    ["split", "train"],
  )
  assert.deepEqual(clip.nodes[1].position, { x: 464, y: 80 })
  assert.equal(clip.edges.length, 1)
  assert.deepEqual(clip.annotations[0].members, ["split", "train"])
})

test("what a file says wrongly is drawn as an open frame", () => {
  for (const members of [[], ["gone"]]) {
    const graph = createGraph()
    graph.load({ ...sample(), annotations: [frame(members)] })
    assert.equal(graph.nodes.size, 4)
    assert.equal(graph.openNotes().length, 1)
  }
})

test("when it opens, what lies where its cards were makes way, and nothing else", () => {
  const graph = loaded()
  const at = (id) => graph.nodes.get(id)
  const way = () => makeWay({ graph, flow: { at } }, BOTH, frame([]))
  assert.deepEqual(way(), {})
  graph.putNode({ ...graph.nodes.get("spec"), x: 240, y: 100 })
  assert.deepEqual(way(), { spec: { x: 684, y: 100 } })
  graph.putNode({ ...graph.nodes.get("spec"), x: 240, y: 150 })
  assert.deepEqual(way(), { spec: { x: 684, y: 150 } }, "it would lie in the frame")
  graph.putNode({ ...graph.nodes.get("spec"), x: 240, y: 100 })
  graph.putNode({ ...graph.nodes.get("load"), x: 700, y: 120 })
  assert.deepEqual(way(), { spec: { x: 684, y: 100 }, load: { x: 1144, y: 120 } })
})
