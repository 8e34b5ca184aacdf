import { nextTick, shallowRef } from "vue"
import { useVueFlow } from "@vue-flow/core"
import { CARD_WIDTH, boundsOf, cardHeight, viewportFor } from "./geometry.js"

/**
 * Places of the cards, kept by Vue Flow: the only thing that it holds.
 *
 * `moves` counts moves, for who wants to know of any of them: to read a thousand places reactively
 * is dear. Sizes are known beforehand, so a card is visible at once and is not measured first.
 */
export function createFlow(flowId, graph) {
  const vueFlow = useVueFlow(flowId)
  const moves = shallowRef(0)
  const { findNode, addNodes, removeNodes, setNodes, setViewport, dimensions, viewport } = vueFlow

  function load() {
    setNodes([...graph.nodes.values()].map(toFlowNode))
  }

  function put(node) {
    const known = findNode(node.id)
    if (!known) return addNodes([toFlowNode(node)])
    known.dimensions = sizeOf(node)
    if (!known.dragging) place(node.id, node)
  }

  function remove(id) {
    if (findNode(id)) removeNodes([id])
  }

  /** Hold just the cards that are drawn now, after some were folded into one, or came out of it. */
  function match() {
    const gone = vueFlow.nodes.value.map(({ id }) => id).filter((id) => !graph.nodes.has(id))
    const come = [...graph.nodes.values()].filter(({ id }) => !findNode(id))
    if (gone.length) removeNodes(gone)
    if (come.length) addNodes(come.map(toFlowNode))
    for (const node of graph.nodes.values()) if (node.composite) put(node)
    moves.value += 1
  }

  function place(id, { x, y }) {
    const node = findNode(id)
    if (!node || (node.position.x === x && node.position.y === y)) return
    node.position = { x, y }
    moves.value += 1
  }

  /** Cards taken up for a drag, and put down again. */
  function lift(ids) {
    for (const id of ids) findNode(id).lifted = { ...at(id) }
  }

  function lower(ids) {
    for (const id of ids) {
      const node = findNode(id)
      if (node) node.lifted = null
    }
  }

  /** The card's place now, also in the middle of a drag. */
  function at(id) {
    return findNode(id)?.position ?? null
  }

  function rect(id) {
    const corner = at(id)
    return corner && { x: corner.x, y: corner.y, height: cardHeight(graph.nodes.get(id)) }
  }

  /** Where the notes and frames lie, {id, x, y, width, height} each. */
  function noteRects() {
    return graph.openNotes().map(({ id, position: { x, y }, size }) => {
      const { width, height } = size
      return { id, x, y, width, height }
    })
  }

  function fit() {
    const cards = [...graph.nodes.keys()].map(rect).filter(Boolean)
    const bounds = boundsOf([...cards, ...noteRects()])
    const { width, height } = dimensions.value
    if (bounds && width && height) setViewport(viewportFor(bounds, width, height))
  }

  /** Bring a card into view, moving no further than needed. */
  function reveal(id, margin = 24) {
    const card = rect(id)
    if (!card) return
    const { x, y, zoom } = viewport.value
    const { width, height } = dimensions.value
    const left = card.x * zoom + x
    const top = card.y * zoom + y
    const dx = overhang(left, left + CARD_WIDTH * zoom, width, margin)
    const dy = overhang(top, top + card.height * zoom, height, margin)
    if (dx || dy) setViewport({ x: x + dx, y: y + dy, zoom })
  }

  /** Put the keyboard on a card, as soon as it is drawn. */
  function focus(id) {
    nextTick(() => {
      const canvas = vueFlow.vueFlowRef.value
      if (!canvas || canvas.contains(document.activeElement?.closest("input, textarea"))) return
      canvas.querySelector(`[data-node="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
    })
  }

  /** Between places on the plane and pixels of the canvas, from its corner. */
  function flowToCanvas(point) {
    const { x, y, zoom } = viewport.value
    return { x: point.x * zoom + x, y: point.y * zoom + y }
  }

  function canvasToFlow(point) {
    const { x, y, zoom } = viewport.value
    return { x: (point.x - x) / zoom, y: (point.y - y) / zoom }
  }

  return {
    ...vueFlow,
    flowToCanvas,
    canvasToFlow,
    moves,
    load,
    put,
    drop: remove,
    match,
    focus,
    place,
    lift,
    lower,
    at,
    noteRects,
    fit,
    reveal,
  }
}

function toFlowNode(node) {
  return {
    id: node.id,
    type: "card",
    position: { x: node.x, y: node.y },
    dimensions: sizeOf(node),
    style: placing,
  }
}

/**
 * Left and top in place of Vue Flow's transform, which costs a compositing step per card; only a
 * card that is being dragged (`lifted`: where from) is moved by a transform, to spare the layout.
 */
function placing({ computedPosition: { x, y }, lifted }) {
  const at = lifted ?? { x, y }
  const transform = lifted ? `translate(${x - at.x}px,${y - at.y}px)` : "none"
  return { left: `${at.x}px`, top: `${at.y}px`, transform }
}

const sizeOf = (node) => ({ width: CARD_WIDTH, height: cardHeight(node) })

function overhang(from, to, size, margin) {
  if (from < margin) return margin - from
  if (to > size - margin) return Math.max(size - margin - to, margin - from)
  return 0
}
