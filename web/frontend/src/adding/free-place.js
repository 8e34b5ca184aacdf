import {
  CARD_HEIGHT,
  CARD_WIDTH,
  COLUMN_PITCH,
  cardHeight,
  portOffset,
  snap,
  wirePoints,
} from "../geometry.js"
import { endsOf } from "../wires/ends.js"

const ROW_PITCH = 188
const BERTH = 24
const STEP = 47
const STEPS = 24
const COLUMNS = 3
const HIDDEN = 500
const UPWARD = 60
const CLEAR = 8
const COLUMN = 300

/** This corner, or the first below it where a card lies on no other. */
export function freePlace({ graph, flow }, { x, y }) {
  const cards = [...graph.nodes.keys()].map((id) => flow.at(id))
  const taken = () =>
    cards.some((at) => Math.abs(at.x - x) < CARD_WIDTH && Math.abs(at.y - y) < CARD_HEIGHT)
  while (taken()) y += ROW_PITCH
  return { x: snap(x), y: snap(y) }
}

/**
 * Where a new card stands well: after all that its wires come from (before what they lead to),
 * clear of the other cards, on no wire and before no open output of what feeds it, and so that no
 * card hides one of its own wires. Of such places the one where a wire of its runs level, or that
 * is nearest to there.
 */
export function goodPlace({ graph, flow }, card, wires, beside) {
  const boxes = new Map([...graph.nodes.values()].map((node) => [node.id, boxOf(node, flow)]))
  const lines = [...graph.edges.values()]
    .map((edge) => endsOf(edge, graph, flow))
    .filter(Boolean)
    .map((ends) => wirePoints(ends))
  lines.push(...wires.flatMap((wire) => lanes({ graph, flow }, wire)))
  const ends = wires.map((wire) => endAt({ graph, flow }, card, wire))
  const levels = ends.length ? ends.map(({ level }) => level) : [beside.y]
  const height = cardHeight(card)

  function cost({ x, y }, level) {
    const box = { x, y, height }
    for (const other of boxes.values()) if (overlap(box, other, BERTH)) return Infinity
    const under = lines.filter((points) => points.some((point) => within(point, box, CLEAR)))
    const hidden = ends.flatMap((end) => behind(wirePoints(end.joined({ x, y })), end.node, boxes))
    const off = Math.abs(level - y) + (y < level ? UPWARD : 0)
    return (under.length + hidden.length) * HIDDEN + off
  }

  const [start, onward] = columnOf(ends, beside)
  let [best, least] = [null, Infinity]
  for (let column = 0; column < COLUMNS; column += 1)
    for (const level of levels)
      for (let step = -STEPS; step <= STEPS; step += 1) {
        const place = { x: start + onward * column * COLUMN_PITCH, y: level + step * STEP }
        const now = cost(place, level) + column * COLUMN
        if (now < least) [best, least] = [place, now]
      }
  return best ? { x: snap(best.x), y: snap(best.y) } : freePlace({ graph, flow }, beside)
}

function boxOf(node, flow) {
  const { x, y } = flow.at(node.id)
  return { x, y, height: cardHeight(node) }
}

function behind(points, own, boxes) {
  const isHidden = ([id, box]) => id !== own && points.some((point) => within(point, box, 0))
  return [...boxes].filter(isHidden)
}

/** Where the wires of the other open outputs of what feeds the card will pass the next column. */
function lanes({ graph, flow }, { node, port, side }) {
  if (side !== "out") return []
  const { x, y } = flow.at(node)
  const card = graph.nodes.get(node)
  return card.outputs
    .filter(({ name }) => name !== port && !graph.links.get(node)?.has(`out:${name}`))
    .map(({ name }) => y + portOffset(card, "out", name).y)
    .map((level) => [{ x: x + CARD_WIDTH + COLUMN_PITCH / 2, y: level }])
}

/** The known end of a wire, the height at which it would run level, and how it would be drawn. */
function endAt({ graph, flow }, card, { node, port, side, to }) {
  const { x, y } = flow.at(node)
  const far = portOffset(graph.nodes.get(node), side, port) ?? { x: 0, y: 0 }
  const own = portOffset(card, side === "out" ? "in" : "out", to) ?? { x: 0, y: 0 }
  const there = { x: x + far.x, y: y + far.y }
  const joined = (place) => {
    const here = { x: place.x + own.x, y: place.y + own.y }
    const [from, into] = side === "out" ? [there, here] : [here, there]
    return { x1: from.x, y1: from.y, x2: into.x, y2: into.y }
  }
  return { node, side, x, level: there.y - own.y, joined }
}

/** The first column to look in, and which way to go on from there. */
function columnOf(ends, beside) {
  const after = ends.filter(({ side }) => side === "out").map(({ x }) => x)
  const before = ends.filter(({ side }) => side === "in").map(({ x }) => x)
  if (after.length) return [Math.max(...after) + COLUMN_PITCH, 1]
  if (before.length) return [Math.min(...before) - COLUMN_PITCH, -1]
  return [beside.x, 1]
}

const overlap = (a, b, berth) =>
  Math.abs(a.x - b.x) < CARD_WIDTH + berth &&
  a.y < b.y + b.height + berth &&
  b.y < a.y + a.height + berth

const within = ({ x, y }, box, berth) =>
  x > box.x - berth &&
  x < box.x + CARD_WIDTH + berth &&
  y > box.y - berth &&
  y < box.y + box.height + berth
