import { CARD_WIDTH, cardHeight, snap } from "./geometry.js"

const STEP = 24

/** Cards as the text of a pipeline's file: with the wires between them, and their sources. */
export function clipOf({ graph, flow, sources }, ids, noteIds = []) {
  const wanted = new Set(ids)
  const cards = [...graph.whole.nodes.values()].filter(({ id }) => wanted.has(id))
  const nodes = cards.map(({ id, file, x, y }) =>
    Object.assign({}, file, { position: { x, y, ...flow.at(id) } }),
  )
  const edges = [...graph.whole.edges.values()]
    .filter(({ source, target }) => wanted.has(source) && wanted.has(target))
    .map(({ source, source_port, target, target_port }) => ({
      source,
      source_port,
      target,
      target_port,
    }))
  const own = nodes.filter(({ card }) => card in sources).map(({ card }) => [card, sources[card]])
  const clip = { format: "tensorrag.pipeline", version: 1, name: "", description: "", nodes, edges }
  if (noteIds.length) clip.annotations = noteIds.map((id) => graph.annotations.get(id))
  if (own.length) clip.cards = Object.fromEntries(own)
  return JSON.stringify(clip, null, 2)
}

const MOST = 900_000

/** A text as it goes to the server, or null where one message cannot hold it: indents are left out. */
export function sendable(text) {
  if (fits(text)) return text
  const flat = text.replaceAll(/\n\s+/g, "\n") // within a string, JSON has no line breaks
  return fits(flat) ? flat : null
}

/** What is emitted is written as JSON, and that into the message as JSON once more. */
const fits = (text) => JSON.stringify(JSON.stringify(text)).length < MOST

/** The rectangle around the cards of a clip, as far as it can be read; the server reads it well. */
function extentOf(text) {
  try {
    const { nodes, annotations = [] } = JSON.parse(text)
    const inside = new Set(annotations.flatMap(({ members = [] }) => members))
    const seen = [...nodes.filter(({ id }) => !inside.has(id)), ...annotations]
    const places = seen.map(({ position: { x, y } }) => ({ x, y }))
    const left = Math.min(...places.map(({ x }) => x))
    const top = Math.min(...places.map(({ y }) => y))
    const right = Math.max(...places.map(({ x }) => x)) + CARD_WIDTH
    const bottom = Math.max(...places.map(({ y }) => y)) + cardHeight({ inputs: [], outputs: [] })
    const known = [left, top, right, bottom].every(Number.isFinite)
    return known ? { left, top, width: right - left, height: bottom - top } : null
  } catch {
    return null
  }
}

/**
 * Where the corner of what is pasted goes: its middle to the pointer, or, where there is none,
 * beside what was copied. The same thing pasted again in nearly the same place (the view may have
 * moved under the pointer) goes a little aside, so that it hides nothing.
 */
export function createPlacing() {
  let last = null

  function cornerFor(text, pointer) {
    const extent = extentOf(text)
    const again = last && last.text === text && samePlace(last.pointer, pointer)
    last = { text, pointer, times: again ? last.times + 1 : 1 }
    const aside = STEP * (pointer ? last.times - 1 : last.times)
    if (!extent) return pointer && { x: snap(pointer.x + aside), y: snap(pointer.y + aside) }
    const x = pointer ? pointer.x - extent.width / 2 : extent.left
    const y = pointer ? pointer.y - extent.height / 2 : extent.top
    return { x: snap(x + aside), y: snap(y + aside) }
  }

  return { cornerFor }
}

const samePlace = (a, b) => (a && b ? Math.hypot(a.x - b.x, a.y - b.y) < STEP : !a && !b)
