import assert from "node:assert/strict"
import { test } from "node:test"
import { clipOf, createPlacing, sendable } from "../src/clip.js"
import { createGraph } from "../src/graph.js"
import { sample } from "./sample.js"

function loaded() {
  const graph = createGraph()
  graph.load(sample())
  for (const node of graph.nodes.values())
    graph.putNode({ ...node, file: { id: node.id, card: node.card, params: { seed: 1 } } })
  const at = (id) => ({ x: graph.nodes.get(id).x, y: graph.nodes.get(id).y })
  return { graph, flow: { at } }
}

test("cards are copied as a pipeline, with the wires between them and no others", () => {
  const clip = JSON.parse(clipOf({ ...loaded(), sources: { other: {} } }, ["train", "split"]))
  assert.equal(clip.format, "tensorrag.pipeline")
  assert.deepEqual(clip.nodes, [
    { id: "split", card: "split", params: { seed: 1 }, position: { x: 232, y: 0 } },
    { id: "train", card: "train", params: { seed: 1 }, position: { x: 464, y: 80 } },
  ])
  assert.deepEqual(clip.edges, [
    { source: "split", source_port: "train", target: "train", target_port: "data" },
  ])
  assert.equal("cards" in clip, false)
})

test("the source of a card of one's own goes along", () => {
  const source = { source: "class Split: ...", sha256: "0" }
  const clip = JSON.parse(clipOf({ ...loaded(), sources: { split: source } }, ["split"]))
  assert.deepEqual(clip.cards, { split: source })
})

test("what is pasted comes to lie under the pointer, and aside when it is pasted again", () => {
  const text = clipOf({ ...loaded(), sources: {} }, ["split"])
  const { cornerFor } = createPlacing()
  assert.deepEqual(cornerFor(text, { x: 500, y: 500 }), { x: 408, y: 426 })
  assert.deepEqual(cornerFor(text, { x: 500, y: 500 }), { x: 432, y: 450 })
  const moved = cornerFor(text, { x: 500, y: 501 }) // the view moved a little under the pointer
  assert.deepEqual(moved, { x: 456, y: 476 })
  const anew = JSON.stringify(JSON.parse(text)) // as the server writes what was copied
  assert.deepEqual(cornerFor(anew, { x: 500, y: 500 }), { x: 480, y: 498 })
  assert.deepEqual(cornerFor(text, { x: 0, y: 0 }), { x: -92, y: -74 })
})

test("without a pointer it lies beside what was copied", () => {
  const text = clipOf({ ...loaded(), sources: {} }, ["split"])
  const { cornerFor } = createPlacing()
  assert.deepEqual(cornerFor(text, null), { x: 256, y: 24 })
  assert.deepEqual(cornerFor(text, null), { x: 280, y: 48 })
})

test("a text that is no clip has a place, for the server to say what is wrong with it", () => {
  const { cornerFor } = createPlacing()
  for (const text of ["", "hello", "[]", '{"nodes": []}', '{"nodes": [{"position": {"x": "a"}}]}'])
    assert.deepEqual(cornerFor(text, { x: 11, y: 20 }), { x: 12, y: 20 })
  assert.equal(cornerFor("hello", null), null)
})

const written = (count) =>
  JSON.stringify({ note: "a\n  b", nodes: Array.from({ length: count }, () => 1) }, null, 2)

test("a large text goes without its indents, and one that is too large for a message not at all", () => {
  assert.equal(sendable(written(10)), written(10))
  const sent = sendable(written(150_000))
  assert.ok(sent.length < written(150_000).length)
  assert.deepEqual(JSON.parse(sent), JSON.parse(written(150_000)))
  assert.equal(sendable(written(200_000)), null)
})
