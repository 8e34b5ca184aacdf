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
