import { shallowRef } from "vue"
import { CARD_WIDTH, distanceTo, wirePoints } from "./geometry.js"
import { judgeSplice } from "./fit.js"
import { endsOf } from "./wires/ends.js"

const REACH = 24
// How far down its middle a card is felt, the places that count most first.
const FELT = [74, 47, 101, 20, 128]

/**
 * A card held over a wire: the wire that would take it is marked, and what does not fit says why.
 *
 * All that is dear is done when the card is taken up; a card that is wired on already is only
 * being moved, and costs nothing.
 */
export function createSplicing({ root, graph, flow }) {
  const tip = shallowRef(null)
  let wires = []
  let aimed = null

  /** `card` is one of the canvas, or one of the catalogue, which has no id yet. */
  function begin(card) {
    end()
    const links = [...(graph.links.get(card.id) ?? [])]
    if (links.some((link) => link.startsWith("out:"))) return
    const ahead = links.length ? graph.reach(card.id, "up") : new Set()
    for (const edge of graph.edges.values()) {
      const ends = ahead.has(edge.target) ? null : endsOf(edge, graph, flow)
      const verdict = ends && judgeSplice(graph, card, edge)
      if (!verdict || (verdict.why && links.length)) continue
      wires.push({ edge, verdict, points: wirePoints(ends), box: boxOf(ends) })
    }
  }

  /** The card's corner is at `place`, the pointer at `pointer` ({clientX, clientY}). */
  function follow(place, pointer) {
    if (!wires.length) return
    const hand = flow.screenToFlowCoordinate({ x: pointer.clientX, y: pointer.clientY })
    const felt = FELT.map((down) => ({ x: place.x + CARD_WIDTH / 2, y: place.y + down }))
    aim(firstNear([hand, ...felt], ({ why }) => !why))
    const refused = aimed ? null : firstNear([hand], ({ why }) => why)
    const box = refused && root.value.getBoundingClientRect()
    const at = box && { x: pointer.clientX - box.left, y: pointer.clientY - box.top }
    tip.value = refused && { why: refused.verdict.why, pointer: at }
  }

  /** The wire that is nearest to the first of these places that is near to any. */
  function firstNear(places, counts) {
    for (const place of places) {
      const found = nearest(place, counts)
      if (found) return found
    }
    return null
  }

  function nearest(place, counts) {
    let within = REACH / flow.viewport.value.zoom
    let best = null
    for (const wire of wires) {
      if (!counts(wire.verdict) || !near(wire.box, place, within)) continue
      const distance = distanceTo(wire.points, place)
      if (distance < within) [best, within] = [wire, distance]
    }
    return best
  }

  function aim(wire) {
    if (wire === aimed) return
    for (const marked of root.value.querySelectorAll("[data-splice]")) delete marked.dataset.splice
    aimed = wire
    if (!wire) return
    const element = root.value.querySelector(`[data-edge="${CSS.escape(wire.edge.id)}"]`)
    if (element) element.dataset.splice = ""
  }

  /** Let go: the {edge, input, output} that was aimed at, or null. */
  function end() {
    const target = aimed && graph.edges.has(aimed.edge.id) ? aimed : null
    if (aimed) aim(null)
    tip.value = null
    wires = []
    return target && { edge: target.edge, ...target.verdict }
  }

  return { tip, begin, follow, end }
}

const boxOf = ({ x1, y1, x2, y2 }) => ({
  left: Math.min(x1, x2 - 180),
  right: Math.max(x2, x1 + 180),
  top: Math.min(y1, y2),
  bottom: Math.max(y1, y2),
})

const near = ({ left, right, top, bottom }, { x, y }, within) =>
  x > left - within && x < right + within && y > top - within && y < bottom + within
