import assert from "node:assert/strict"
import { test } from "node:test"
import { createActions } from "../src/actions.js"
import { createGraph } from "../src/graph.js"
import { node, sample } from "./sample.js"

/** The sample with a second training beside the first, both in one composite. */
function twoTrainings() {
  const second = node("again", "Train again", 464, 300, ["data:Table"], ["model:Model"])
  const frame = {
    id: "frame_1",
    kind: "frame",
    title: "Both",
    position: { x: 400, y: 0 },
    size: { width: 300, height: 500 },
    collapsed: true,
    members: ["train", "again"],
  }
  const { nodes, ...more } = sample()
  const graph = createGraph()
  graph.load({ ...more, nodes: [...nodes, second], annotations: [frame] })
  return graph
}

test("a composite is run in one run, to all that it ends in", () => {
  const told = []
  const emit = (name, data) => told.push([name, data])
  const actions = createActions({ graph: twoTrainings(), emit })
  actions.runTo("composite:frame_1")
  actions.runTo("split")
  assert.deepEqual(told, [
    ["command", { name: "run_node", nodes: ["train", "again"] }],
    ["command", { name: "run_node", nodes: ["split"] }],
  ])
})

test("a step back names what was cut", () => {
  const note = {
    id: "note_1",
    kind: "note",
    text: "Why",
    position: { x: 0, y: 0 },
    size: { width: 96, height: 48 },
  }
  const graph = createGraph()
  graph.load({ ...sample(), annotations: [note, { ...note, id: "frame_1", kind: "frame" }] })
  const labels = []
  const emit = (_, { label }) => labels.push(label)
  for (const [nodes, annotations] of [
    [["train"], ["note_1"]],
    [[], ["frame_1"]],
    [["load", "split"], []],
  ]) {
    const selection = { whole: () => ({ nodes, annotations }), wires: new Set() }
    const flow = { drop() {} }
    createActions({ graph, flow, selection, emit, session: {} }).removeSelected("Cut")
  }
  assert.deepEqual(labels, ["Cut a card", "Cut a frame", "Cut 2 cards"])
})
