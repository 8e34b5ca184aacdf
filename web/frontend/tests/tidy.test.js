import assert from "node:assert/strict"
import { test } from "node:test"
import { createActions } from "../src/actions.js"
import { createGraph } from "../src/graph.js"
import { createNotes } from "../src/notes/notes.js"
import { tidy } from "../src/tidy.js"
import { sample } from "./sample.js"

const box = (id, kind, x, y, width, height) => ({
  id,
  kind,
  position: { x, y },
  size: { width, height },
})

/** Where the cards of the sample are, as far as tidying up needs to know. */
function flowOf(graph) {
  const places = new Map([...graph.nodes.values()].map(({ id, x, y }) => [id, { x, y }]))
  return {
    at: (id) => places.get(id),
    place: (id, { x, y }) => places.set(id, { x, y }),
    fit() {},
    noteRects: () =>
      graph.openNotes().map(({ id, position: { x, y }, size: { width, height } }) => ({
        id,
        x,
        y,
        width,
        height,
      })),
  }
}

test("a frame goes along with its cards, and a note is not covered: all in one step", async () => {
  globalThis.window = { matchMedia: () => ({ matches: true }) }
  const told = []
  const graph = createGraph()
  const { nodes, ...more } = sample()
  nodes.find(({ id }) => id === "spec").y = 900
  const annotations = [
    box("frame_1", "frame", 440, 30, 240, 230),
    box("note_1", "note", 460, 40, 100, 48),
    box("note_2", "note", 0, -400, 800, 900),
  ]
  graph.load({ ...more, nodes, annotations })
  const flow = flowOf(graph)
  const emit = (...each) => told.push(each)
  const actions = createActions({ graph, flow, emit, session: { revision: 1 } })
  const notes = createNotes({ graph, flow, actions })
  const before = notes.inside(annotations[0])
  assert.deepEqual(before, { cards: ["train"], notes: ["frame_1", "note_1"] })

  await tidy({ graph, flow, actions, notes })

  assert.equal(told.length, 1)
  const [[, { ops, label }]] = told
  assert.equal(label, "Tidy up")
  assert.deepEqual(
    ops.map(({ op }) => op),
    ["annotate", "move"],
  )
  assert.deepEqual(notes.inside(graph.annotations.get("frame_1")), before)
  const { y } = graph.annotations.get("note_2").position
  assert.ok([...graph.nodes.keys()].every((id) => flow.at(id).y + 148 <= y))
})
