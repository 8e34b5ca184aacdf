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
 * beside what was copied. What would come to lie where the last thing does goes a little aside, so
 * that it hides nothing: the view may have moved under the pointer, and what was copied may have
 * been written anew by the server.
 */
export function createPlacing() {
  let last = null
  let times = 0

  function cornerFor(text, pointer) {
    const extent = extentOf(text)
    if (!extent) return pointer && { x: snap(pointer.x), y: snap(pointer.y) }
    const corner = cornerOf(extent, pointer)
    times = last && isNear(last, corner) ? times + 1 : 1
    last = corner
    const aside = STEP * (pointer ? times - 1 : times)
    return { x: snap(corner.x + aside), y: snap(corner.y + aside) }
  }

  return { cornerFor }
}

const cornerOf = ({ left, top, width, height }, pointer) =>
  pointer ? { x: pointer.x - width / 2, y: pointer.y - height / 2 } : { x: left, y: top }

const isNear = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) < STEP
