import assert from "node:assert/strict"
import { test } from "node:test"
import { createActions } from "../src/actions.js"
import { createGraph } from "../src/graph.js"
import { createNotes } from "../src/notes/notes.js"
import { sample } from "./sample.js"

const NOTE = {
  id: "note_1",
  kind: "note",
  text: "Mind the gap",
  position: { x: 0, y: 300 },
  size: { width: 216, height: 108 },
}

/** A window, and a page, as far as a gesture needs them. */
function stand() {
  globalThis.window = new EventTarget()
  const sheet = { style: {}, classList: { add() {} }, remove() {}, addEventListener() {} }
  globalThis.document = { createElement: () => sheet, body: { append() {} } }
}

const pointer = (type, clientX, clientY) =>
  Object.assign(new Event(type), { button: 0, clientX, clientY })

for (const gesture of ["drag", "resize"])
  test(`a note that another tab deletes during a ${gesture} stays deleted`, () => {
    stand()
    const told = []
    const graph = createGraph()
    graph.load({ ...sample(), annotations: [NOTE] })
    const flow = { viewport: { value: { zoom: 1 } } }
    const selection = { chosenNotes: () => [], cards: () => [] }
    const emit = (...each) => told.push(each)
    const actions = createActions({ graph, flow, selection, emit, session: { revision: 1 } })
    const notes = createNotes({ graph, flow, selection, actions })
    notes[gesture](pointer("pointerdown", 0, 0), "note_1")
    window.dispatchEvent(pointer("pointermove", 40, 40))
    assert.notDeepEqual(graph.annotations.get("note_1"), NOTE)
    graph.setAnnotations([])
    window.dispatchEvent(pointer("pointermove", 80, 80))
    window.dispatchEvent(pointer("pointerup", 80, 80))
    assert.equal(graph.annotations.size, 0)
    assert.deepEqual(told, [])
  })
