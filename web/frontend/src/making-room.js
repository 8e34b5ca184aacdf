import { CARD_WIDTH, COLUMN_PITCH, cardHeight, portOffset, snap } from "./geometry.js"

const LEVEL_WITHIN = 80
const BERTH = 16

/**
 * Where a card that was dropped at `at` comes to lie in a wire, and which cards make way for it.
 *
 * It stands clear of the card that the wire comes from, level with it where it was dropped near
 * there; what the wire leads to moves to the right as far as is needed, and whatever that would
 * lie on moves along. Returns {place, moves: {id: {x, y}}}.
 */
export function makeRoom({ graph, flow }, { edge, input }, card, at) {
  const from = flow.at(edge.source)
  const into = flow.at(edge.target)
  const onward = into.x > from.x
  const place = { x: onward ? between(from.x, into.x, at.x) : at.x, y: levelled(at.y) }
  const box = { ...place, height: cardHeight(card) }
  const rects = rectsOf({ graph, flow }, new Set([card.id, edge.source]))

  const pushed = new Set()
  let shift = onward ? place.x + COLUMN_PITCH - into.x : 0
  if (shift > 0) {
    for (const id of graph.reach(edge.target, "down"))
      if (rects.get(id)?.x >= into.x) pushed.add(id)
  } else shift = 0
  for (const [id, rect] of rects) {
    if (!overlaps(box, rect)) continue
    pushed.add(id)
    shift = Math.max(shift, place.x + COLUMN_PITCH - rect.x)
  }
  return { place: { x: snap(place.x), y: snap(place.y) }, moves: pushAside(pushed, rects, shift) }

  function levelled(y) {
    const source = graph.nodes.get(edge.source)
    const leaves = portOffset(source, "out", edge.source_port)?.y ?? 0
    const level = from.y + leaves - portOffset(card, "in", input).y
    return Math.abs(level - y) <= LEVEL_WITHIN ? level : y
  }
}

/**
 * Which cards make way for those of a composite that opens, to the right of its frame: {id: {x, y}}.
 * What would lie in the frame would seem to belong to it; nothing moves that lies beside it.
 */
export function makeWay({ graph, flow }, composite, { position, size }) {
  const rects = rectsOf({ graph, flow }, new Set([composite]))
  const cards = graph.cardsOf(composite).map((id) => graph.whole.nodes.get(id))
  const boxes = cards.map((card) => ({ x: card.x, y: card.y, height: cardHeight(card) }))
  const inFrame = ({ x, y, height }) =>
    Math.abs(x + CARD_WIDTH / 2 - position.x - size.width / 2) < size.width / 2 &&
    Math.abs(y + height / 2 - position.y - size.height / 2) < size.height / 2
  const isInTheWay = ([, rect]) => inFrame(rect) || boxes.some((box) => overlaps(box, rect, 0))
  const pushed = new Set([...rects].filter(isInTheWay).map(([id]) => id))
  const left = Math.min(...[...pushed].map((id) => rects.get(id).x))
  return pushAside(pushed, rects, position.x + size.width + BERTH - left)
}

const rectsOf = ({ graph, flow }, staying) =>
  new Map(
    [...graph.nodes.values()]
      .filter(({ id }) => !staying.has(id))
      .map((node) => [node.id, { ...flow.at(node.id), height: cardHeight(node) }]),
  )

/** These cards move to the right, and so does whatever they would come to lie on. */
function pushAside(pushed, rects, shift) {
  for (const id of pushed) {
    const moved = movedBy(rects.get(id), shift)
    for (const [other, rect] of rects)
      if (!pushed.has(other) && overlaps(moved, rect)) pushed.add(other)
  }
  const moves = [...pushed].map((id) => {
    const { x, y } = rects.get(id)
    return [id, { x: snap(x + shift), y }]
  })
  return Object.fromEntries(moves)
}

/** What the page is told of a new card that goes into a wire: all one step. */
export function intoWire({ graph, flow }, { edge, input, output }, card, at) {
  const { place, moves } = makeRoom({ graph, flow }, { edge, input }, card, at)
  return { ...place, splice: { edge: edge.id, input, output }, positions: moves }
}

/** Clear of the card before; of the one behind, too, where there is room between the two. */
const between = (from, into, x) => Math.max(Math.min(x, into - COLUMN_PITCH), from + COLUMN_PITCH)

const movedBy = (rect, dx) => ({ ...rect, x: rect.x + dx })

function overlaps(a, b, berth = BERTH) {
  return (
    a.x < b.x + CARD_WIDTH + berth &&
    b.x < a.x + CARD_WIDTH + berth &&
    a.y < b.y + b.height + berth &&
    b.y < a.y + a.height + berth
  )
}
