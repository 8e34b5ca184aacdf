import assert from "node:assert/strict"
import { test } from "node:test"
import { judge } from "../src/fit.js"
import { createGraph } from "../src/graph.js"
import { sample } from "./sample.js"

function wire(node, port, side = "out") {
  const graph = createGraph()
  graph.load(sample())
  const from = {
    node,
    port,
    side,
    upstream: graph.reach(node, "up"),
    downstream: graph.reach(node, "down"),
  }
  return (id) => judge(graph, from, id)
}

test("an output fits the inputs that take its type", () => {
  assert.deepEqual(wire("load", "dataset")("train"), { ports: ["data"] })
})

test("a card without inputs says so", () => {
  assert.equal(wire("load", "dataset")("spec").why, "Takes no Table: it has no inputs")
})

test("a card that takes other types says which", () => {
  assert.equal(wire("train", "model")("split").why, "Takes no Model: it takes Table")
  assert.equal(wire("spec", "spec")("split").why, "Takes no Spec: it takes Table")
})

test("a loop is refused by name", () => {
  assert.equal(wire("split", "test")("split").why, "A card cannot feed itself")
  const graph = sample()
  graph.nodes[0].inputs = [{ name: "more", type: "Table", accepts: ["Table"] }]
  const held = createGraph()
  held.load(graph)
  const from = { node: "split", port: "test", side: "out", upstream: held.reach("split", "up") }
  assert.equal(judge(held, from, "load").why, "Makes a loop: Data Load feeds Data Split")
})

test("from an input the wire looks for outputs", () => {
  assert.deepEqual(wire("train", "data", "in")("split"), { ports: ["train", "test"] })
  assert.equal(wire("train", "data", "in")("spec").why, "Gives no Table: it gives Spec")
})
