import assert from "node:assert/strict"
import { test } from "node:test"
import { offersInto } from "../src/adding/offers.js"
import { judgeSplice } from "../src/fit.js"
import { distanceTo, wirePoints } from "../src/geometry.js"
import { createGraph } from "../src/graph.js"
import { makeRoom } from "../src/making-room.js"
import { edge, node, sample } from "./sample.js"

const CLEAN = node("clean", "Clean", 0, 0, ["data:Table"], ["test:Table", "train:Table"])
const IN_SPLIT = "load.dataset-split.dataset"

function loaded(...more) {
  const graph = createGraph()
  graph.load(sample())
  for (const each of more) graph.putNode(each)
  const places = new Map([...graph.nodes.values()].map(({ id, x, y }) => [id, { x, y }]))
  return { graph, flow: { at: (id) => places.get(id) } }
}

const listed = ({ id, title, inputs, outputs }) => ({ card: id, title, inputs, outputs })
const judged = (graph, card, wire) => judgeSplice(graph, card, graph.edges.get(wire))

test("a card that takes and gives what a wire carries goes into it, by ports of its name", () => {
  const { graph } = loaded()
  const train = "split.train-train.data"
  assert.deepEqual(judged(graph, CLEAN, IN_SPLIT), { input: "data", output: "test" })
  graph.putEdge(edge("split", "train", "clean_2", "train", "Table"))
  graph.putNode(node("clean_2", "Clean", 0, 0, ["train:Table"], []))
  assert.deepEqual(judged(graph, CLEAN, "split.train-clean_2.train").output, "train")
  assert.deepEqual(judged(graph, CLEAN, train).input, "data")
})

test("one that does not fit says why", () => {
  const { graph } = loaded()
  const [, split, train, spec] = sample().nodes
  assert.equal(judged(graph, spec, IN_SPLIT).why, "Model Define takes no Table")
  const free = { ...train, id: "train_2" }
  assert.equal(judged(graph, free, IN_SPLIT).why, "Train gives no Table")
  assert.equal(judged(graph, split, "split.train-train.data").why, "Data Split takes no Table")
})

test("a search for a wire offers the cards that fit into it, and no others", () => {
  const { graph } = loaded()
  const [, split] = sample().nodes
  graph.catalog.value = [CLEAN, split, sample().nodes[0]].map(listed)
  assert.deepEqual(
    offersInto(graph, graph.edges.get(IN_SPLIT)).map(({ card, splice }) => [card, splice.input]),
    [
      ["clean", "data"],
      ["split", "dataset"],
    ],
  )
})

test("how far a point lies from a wire", () => {
  const level = wirePoints({ x1: 0, y1: 10, x2: 100, y2: 10 })
  assert.equal(Math.round(distanceTo(level, { x: 50, y: 30 })), 20)
  assert.equal(Math.round(distanceTo(level, { x: 130, y: 50 })), 50)
})

test("a card in a wire stands between the two, level, and what follows makes way", () => {
  const { graph, flow } = loaded()
  const target = { edge: graph.edges.get(IN_SPLIT), input: "data" }
  const { place, moves } = makeRoom({ graph, flow }, target, CLEAN, { x: 120, y: 30 })
  assert.deepEqual(place, { x: 232, y: 0 })
  assert.deepEqual(moves, { split: { x: 464, y: 0 }, train: { x: 696, y: 80 } })
})

test("where there is room, nothing moves", () => {
  const { graph, flow } = loaded()
  Object.assign(flow.at("split"), { x: 600 })
  Object.assign(flow.at("train"), { x: 900 })
  const target = { edge: graph.edges.get(IN_SPLIT), input: "data" }
  const room = (x) => makeRoom({ graph, flow }, target, CLEAN, { x, y: 500 })
  assert.deepEqual(room(300), { place: { x: 300, y: 500 }, moves: {} })
  assert.equal(room(500).place.x, 368, "clear of the card behind it")
})

test("what the card would lie on moves away too, and takes along what that would lie on", () => {
  const { graph, flow } = loaded(
    node("under", "Under", 240, 100, [], ["a:Table"]),
    node("beside", "Beside", 470, 170, [], ["a:Table"]),
    node("far", "Far", 240, 400, [], ["a:Table"]),
  )
  Object.assign(flow.at("split"), { x: 464 })
  Object.assign(flow.at("train"), { x: 696, y: -300 })
  const target = { edge: graph.edges.get(IN_SPLIT), input: "data" }
  const { moves } = makeRoom({ graph, flow }, target, CLEAN, { x: 232, y: 0 })
  assert.deepEqual(moves.under, { x: 464, y: 100 })
  assert.ok(moves.beside.x > 464)
  assert.equal(moves.far, undefined)
  assert.equal(moves.load, undefined)
})
