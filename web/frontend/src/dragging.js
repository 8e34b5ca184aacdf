import { shallowRef } from "vue"
import { useCanvas } from "./context.js"
import { GRID, cardHeight, portOffset, snap } from "./geometry.js"
import { coverPage } from "./cover.js"

const STRAIGHT_WITHIN = 7

/**
 * Dragging cards: they snap to the grid, and to the height that makes a wire run level. With Alt
 * held, what is dragged stays and a copy comes to lie where it is dropped: `copies` are their outlines.
 */
export function useDragging() {
  const { graph, flow, selection, actions, splicing } = useCanvas()
  let uncover = null
  let origin = null
  let notes = new Map()
  let cloned = null
  const copies = shallowRef([])

  /** `before` is what was selected when the card was taken hold of: now it is selected itself. */
  function start({ event, node, nodes, before }) {
    if (!before.includes(node.id) && !isMore(event)) selection.set([node.id])
    uncover?.()
    uncover = null
    flow.lift(idsOf(nodes))
    origin = { ...node.position }
    const along = nodes.length > 1 ? selection.chosenNotes() : []
    notes = new Map(along.map((id) => [id, graph.annotations.get(id)]))
    cloned = event.altKey ? new Map(nodes.map(({ id, position }) => [id, { ...position }])) : null
    if (nodes.length === 1 && !cloned) splicing.begin(graph.nodes.get(nodes[0].id))
  }

  function move({ event, node, nodes }) {
    uncover ??= coverPage(cloned ? "copy" : "grabbing")
    const dragged = new Set(nodes.map(({ id }) => id))
    const dx = snap(node.position.x, GRID) - node.position.x
    const dy = (levelFor(node, dragged) ?? snap(node.position.y, GRID)) - node.position.y
    for (const { id } of nodes) {
      const { x, y } = flow.at(id)
      flow.place(id, { x: x + dx, y: y + dy })
    }
    if (cloned) return outline(nodes)
    moveNotes(node.position)
    splicing.follow(node.position, event.touches?.[0] ?? event)
  }

  /** What a copy is made of goes back to where it was, and its outline is drawn where it would lie. */
  function outline(nodes) {
    copies.value = nodes.map(({ id }) => ({
      id,
      ...flow.at(id),
      height: cardHeight(graph.nodes.get(id)),
    }))
    for (const [id, place] of cloned) if (flow.at(id)) flow.place(id, place)
  }

  /** Notes that are selected together with several cards go along. */
  function moveNotes({ x, y }) {
    for (const [id, note] of notes) {
      const { position } = note
      const place = { x: position.x + x - origin.x, y: position.y + y - origin.y }
      graph.draw(id, { position: place })
    }
  }

  /** The y at which one of the card's wires to a card that stays would run level, if near. */
  function levelFor(node, dragged) {
    const within = STRAIGHT_WITHIN / flow.viewport.value.zoom
    let best = null
    for (const edge of graph.edgesOf(node.id)) {
      const leaves = edge.source === node.id
      const other = leaves ? edge.target : edge.source
      if (dragged.has(other)) continue
      const own = portOffset(
        graph.nodes.get(node.id),
        leaves ? "out" : "in",
        leaves ? edge.source_port : edge.target_port,
      )
      const far = portOffset(
        graph.nodes.get(other),
        leaves ? "in" : "out",
        leaves ? edge.target_port : edge.source_port,
      )
      if (!own || !far) continue
      const y = flow.at(other).y + far.y - own.y
      if (Math.abs(y - node.position.y) > within) continue
      if (best === null || Math.abs(y - node.position.y) < Math.abs(best - node.position.y))
        best = y
    }
    return best
  }

  function stop({ nodes }) {
    uncover?.()
    uncover = null
    flow.lower(idsOf(nodes))
    const target = splicing.end()
    if (cloned) clone()
    else if (target) actions.splice(nodes[0].id, target)
    else if (nodes.length) actions.moved(idsOf(nodes), [...notes.keys()])
  }

  function clone() {
    const [first] = copies.value
    const by = first && apart(first, cloned.get(first.id))
    copies.value = []
    if (by && (by.x || by.y)) actions.duplicate(by)
  }

  return { start, move, stop, copies }
}

const apart = (a, b) => ({ x: a.x - b.x, y: a.y - b.y })
const isMore = (event) => event.shiftKey || event.ctrlKey || event.metaKey
const idsOf = (nodes) => nodes.map(({ id }) => id)

const WHEEL_RESTS_AFTER = 120

/** Panning and zooming need no look at what lies under the pointer either. */
export function usePanning() {
  const sheet = document.createElement("div")
  sheet.className = "tr-sheet"
  sheet.addEventListener("pointermove", ({ movementX, movementY }) => {
    if (movementX || movementY) sheet.remove()
  })
  let covered = true
  let rest = 0

  function start({ event }) {
    covered = event.sourceEvent?.type !== "mousedown"
  }

  /** The view also moves by itself, to show a new card: then no button is down to lift the sheet. */
  function move({ event }) {
    if (covered || !event.sourceEvent) return
    coverPage("grabbing")
    covered = true
  }

  /** A sheet in the pane, through which the wheel still reaches it. */
  function wheel({ currentTarget }) {
    if (!sheet.isConnected) currentTarget.querySelector(".vue-flow__pane")?.append(sheet)
    clearTimeout(rest)
    rest = setTimeout(() => sheet.remove(), WHEEL_RESTS_AFTER)
  }

  return { start, move, wheel }
}
