import { shallowRef } from "vue"
import { CARD_WIDTH, boundsOf, cardHeight, snap } from "../geometry.js"
import { coverPage } from "../cover.js"

const NOTE = { width: 216, height: 108 }
const LEAST = { width: 96, height: 48 }
const ROOM = { side: 20, above: 44 }

/** Notes on the canvas, and frames around cards: made, written in, moved and sized by hand. */
export function createNotes({ graph, flow, selection, actions }) {
  const editing = shallowRef(null)
  /** What stands in the field of the note that is being written: {id, key, value}. */
  let typed = null

  const freeId = (kind) => {
    let number = graph.annotations.size + 1
    while (graph.annotations.has(`${kind}_${number}`)) number += 1
    return `${kind}_${number}`
  }

  function add(annotation) {
    const id = freeId(annotation.kind)
    actions.annotate({ id, ...annotation })
    selection.set([], [], [id])
    editing.value = id
  }

  /** A note with its middle at `at`, or in the middle of what is seen. */
  function addNote(at) {
    const { x, y } = at ?? middle()
    const position = { x: snap(x - NOTE.width / 2), y: snap(y - NOTE.height / 2) }
    add({ kind: "note", text: "", position, size: NOTE })
  }

  function middle() {
    const { width, height } = flow.dimensions.value
    const { x, y, zoom } = flow.viewport.value
    return { x: (width / 2 - x) / zoom, y: (height / 2 - y) / zoom }
  }

  const frame = (ids) => add(around(ids))

  /** A frame around cards, without a title yet. */
  function around(ids) {
    const bounds = boundsOf(ids.map(rectOf))
    const position = { x: snap(bounds.x - ROOM.side), y: snap(bounds.y - ROOM.above) }
    const size = {
      width: bounds.width + 2 * ROOM.side,
      height: bounds.height + ROOM.side + ROOM.above,
    }
    return { id: freeId("frame"), kind: "frame", title: "", position, size }
  }

  function rectOf(id) {
    return { ...flow.at(id), height: cardHeight(graph.nodes.get(id)) }
  }

  /** What lies in a frame with its middle moves with it; a note moves alone. */
  function inside({ kind, position, size }) {
    if (kind !== "frame") return { cards: [], notes: [] }
    const holds = (x, y) =>
      x > position.x &&
      x < position.x + size.width &&
      y > position.y &&
      y < position.y + size.height
    const cards = [...graph.nodes.keys()].filter((id) => {
      const { x, y, height } = rectOf(id)
      return holds(x + CARD_WIDTH / 2, y + height / 2)
    })
    const notes = graph
      .openNotes()
      .filter(({ position: at, size: own }) => holds(at.x + own.width / 2, at.y + own.height / 2))
    return { cards, notes: notes.map(({ id }) => id) }
  }

  /** With several selected, all of these move; else this one, with what is in it. */
  function taken(id) {
    const others = selection.chosenNotes()
    const cards = selection.cards()
    const all = others.includes(id) ? others : [id]
    const held = all.map((each) => inside(graph.annotations.get(each)))
    const along = others.includes(id) ? cards : []
    return {
      cards: new Set([...along, ...held.flatMap((each) => each.cards)]),
      notes: new Set([...all, ...held.flatMap((each) => each.notes)]),
    }
  }

  function drag(event, id) {
    const { cards, notes } = taken(id)
    const places = new Map([...cards].map((each) => [each, { ...flow.at(each) }]))
    const starts = new Map([...notes].map((each) => [each, graph.annotations.get(each)]))
    follow(event, {
      move(dx, dy) {
        for (const [each, { x, y }] of places) flow.place(each, { x: x + dx, y: y + dy })
        for (const [each, note] of starts) {
          const position = { x: note.position.x + dx, y: note.position.y + dy }
          graph.draw(each, { position })
        }
      },
      done: () => actions.moved([...cards], [...notes]),
    })
  }

  function resize(event, id) {
    const note = graph.annotations.get(id)
    let { size } = note
    follow(event, {
      move(dx, dy) {
        const width = Math.max(LEAST.width, note.size.width + dx)
        size = { width, height: Math.max(LEAST.height, note.size.height + dy) }
        graph.draw(id, { size })
      },
      done: () => graph.annotations.has(id) && actions.annotate({ id, size }),
    })
  }

  /** From a press on to the release; nothing happens unless it moved. */
  function follow(event, { move, done }) {
    if (event.button !== 0) return
    event.preventDefault()
    const { clientX, clientY } = event
    let uncover = null
    function onMove(now) {
      const { zoom } = flow.viewport.value
      const dx = snap((now.clientX - clientX) / zoom)
      const dy = snap((now.clientY - clientY) / zoom)
      if (!uncover && !dx && !dy) return
      uncover ??= coverPage("grabbing")
      move(dx, dy)
    }
    function onUp() {
      window.removeEventListener("pointermove", onMove)
      window.removeEventListener("pointerup", onUp)
      window.removeEventListener("pointercancel", onUp)
      if (!uncover) return
      uncover()
      done()
    }
    window.addEventListener("pointermove", onMove)
    window.addEventListener("pointerup", onUp)
    window.addEventListener("pointercancel", onUp)
  }

  function edit(id) {
    if (graph.annotations.has(id)) editing.value = id
  }

  const type = (id, key, value) => (typed = { id, key, value })
  const draft = () => (typed?.id === editing.value ? typed : null)

  /** Leave a text that was written in, and keep it. */
  function write(id, key, value) {
    if (editing.value !== id) return
    editing.value = typed = null
    take(id, key, value)
  }

  function take(id, key, value) {
    const note = graph.annotations.get(id)
    if (note && (note[key] ?? "") !== value) actions.annotate({ id, [key]: value })
  }

  /** Go on with what was being written before a reload: it is kept first, and open again. */
  function resume({ id, key, value }) {
    take(id, key, value)
    edit(id)
  }

  return { editing, addNote, frame, around, inside, drag, resize, edit, type, draft, write, resume }
}
