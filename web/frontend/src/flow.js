import { nextTick, shallowReactive, shallowRef, toRaw } from "vue"
import { useVueFlow } from "@vue-flow/core"
import { CARD_WIDTH, boundsOf, cardHeight, viewportFor } from "./geometry.js"

/** The nodes that Vue Flow is to draw itself: none. card/Cards.vue does it in a third of the time. */
const NONE = shallowRef([])

/**
 * Places of the cards. Vue Flow has them too, for its box to select by, and which are selected.
 *
 * `moves` counts moves, for who wants to know of any of them: to read a thousand places reactively
 * is dear. Sizes are known beforehand, so a card is visible at once and is not measured first.
 */
export function createFlow(flowId, graph) {
  const vueFlow = useVueFlow(flowId)
  vueFlow.getNodes = NONE
  const moves = shallowRef(0)
  const places = shallowReactive(new Map())
  const elements = new Map()
  const lifted = new Map()
  const { findNode, setNodes, setViewport, dimensions, viewport } = vueFlow

  function load() {
    setNodes([...graph.nodes.values()].map(toFlowNode))
    for (const id of places.keys()) if (!graph.nodes.has(id)) forget(id)
    for (const node of graph.nodes.values()) place(node.id, node)
  }

  /** Cards that are new, or drawn otherwise than before. */
  function put(cards) {
    add(cards.filter(({ id }) => !places.has(id)))
    for (const card of cards) {
      const known = findNode(card.id)
      known.dimensions = sizeOf(card)
      if (!known.dragging) place(card.id, card)
    }
  }

  function drop(ids) {
    const gone = new Set(ids.filter((id) => places.has(id)))
    if (gone.size) vueFlow.nodes.value = held().filter(({ id }) => !gone.has(id))
    for (const id of ids) forget(id)
  }

  /** All at once: to add or remove one by one, Vue Flow looks through all of them for each. */
  function add(cards) {
    if (cards.length) setNodes([...held(), ...cards.map(toFlowNode)])
  }

  const held = () => toRaw(vueFlow.nodes.value)

  function forget(id) {
    places.delete(id)
    lifted.delete(id)
  }

  /**
   * Hold just the cards that are drawn now, after some were folded into one, or came out of it.
   * Where a selected one was folded, the composite is selected: another tab may have done it.
   */
  function match() {
    const gone = [...places.keys()].filter((id) => !graph.nodes.has(id))
    const into = gone.filter((id) => findNode(id)?.selected).map(graph.drawnAs)
    drop(gone)
    put([...graph.nodes.values()].filter(({ id, composite }) => composite || !places.has(id)))
    for (const composite of into.map((id) => findNode(id))) if (composite) composite.selected = true
    moves.value += 1
  }

  /** Vue Flow reads where its nodes are when it needs it, and is not told. */
  function place(id, { x, y }) {
    const node = toRaw(findNode(id))
    const before = places.get(id)
    if (!node || (before?.x === x && before?.y === y)) return
    node.position = { x, y }
    node.computedPosition = { x, y, z: 0 }
    places.set(id, node.position)
    show(id)
    moves.value += 1
  }

  /** The element of a card, which is moved by hand: to draw the card again would cost more. */
  function attach(id, element) {
    elements.set(id, element)
    show(id)
  }

  function detach(id) {
    elements.delete(id)
  }

  /**
   * Left and top and no transform, which costs a compositing step per card; only a card that is
   * being dragged (`lifted`: where from) is moved by a transform, to spare the layout.
   */
  function show(id) {
    const style = elements.get(id)?.style
    const now = places.get(id)
    if (!style || !now) return
    const from = lifted.get(id) ?? now
    style.left = `${from.x}px`
    style.top = `${from.y}px`
    style.transform = lifted.has(id) ? `translate(${now.x - from.x}px,${now.y - from.y}px)` : ""
  }

  /** Cards taken up for a drag, and put down again. */
  function lift(ids) {
    for (const id of ids) {
      lifted.set(id, at(id))
      findNode(id).dragging = true
    }
  }

  function lower(ids) {
    for (const id of ids) {
      const node = findNode(id)
      lifted.delete(id)
      if (node) node.dragging = false
      show(id)
    }
  }

  /** The card's place now, also in the middle of a drag. */
  function at(id) {
    return places.get(id) ?? null
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
    places,
    load,
    put,
    drop,
    match,
    focus,
    place,
    attach,
    detach,
    lift,
    lower,
    at,
    noteRects,
    fit,
    reveal,
  }
}

function toFlowNode(node) {
  return { id: node.id, position: { x: node.x, y: node.y }, dimensions: sizeOf(node) }
}

const sizeOf = (node) => ({ width: CARD_WIDTH, height: cardHeight(node) })

function overhang(from, to, size, margin) {
  if (from < margin) return margin - from
  if (to > size - margin) return Math.max(size - margin - to, margin - from)
  return 0
}
