import { passagesOf } from "./passages.js"

const GAP = 40
const BERTH = 10
const STEPS = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((step) => [step * GAP, -step * GAP])

// What a place costs. A wire behind a card is worse than any detour.
const HIDDEN = 1e6
const TOUCHED = 300
const SLANTED = 60
const REORDERED = 120

const MOST_SWEEPS = 8
const TRIED_PER_SWEEP = 4000

/**
 * Move cards up and down their columns, and past one another if need be, until no wire lies behind
 * a card on its way and as many as can run level, the longest first.
 *
 * `columns` are lists of {id, x, y, height} from left to right; `wires` are as `layout` has them.
 */
export function straighten(columns, wires, width) {
  const wiresAt = wiresByColumn(columns, wires, width)
  const count = columns.flat().length
  const sweeps = Math.min(MOST_SWEEPS, Math.ceil(TRIED_PER_SWEEP / count))
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const order = sweep % 2 ? columns.toReversed() : columns
    const better = order.map((column) => settle(column, wiresAt.get(column)))
    if (!better.includes(true)) return
  }
}

/** For each column, which wires end at its cards (`ending`) and which only pass it (`passing`). */
function wiresByColumn(columns, wires, width) {
  const cards = new Map(columns.flat().map((card) => [card.id, card]))
  const columnOf = new Map(columns.flatMap((column, at) => column.map(({ id }) => [id, at])))
  const found = new Map(columns.map((column) => [column, { ending: [], passing: [] }]))
  for (const { source, target, leaves, arrives } of wires) {
    const [first, last] = [columnOf.get(source), columnOf.get(target)]
    if (first >= last) continue // it runs back, around everything
    const between = columns.slice(first + 1, last)
    const [from, to] = [cards.get(source), cards.get(target)]
    const passages = passagesOf(from.x + width, to.x, between, width)
    const wire = { from, to, leaves, arrives, span: last - first, passages }
    for (const end of [first, last]) found.get(columns[end]).ending.push(wire)
    for (const passage of passages)
      found.get(passage.column).passing.push({ ...wire, passages: [passage] })
  }
  return found
}

/** Give each card of a column the best place that is in reach. Says whether any moved. */
function settle(column, wires) {
  const cards = column.slice()
  let moved = false
  for (const card of cards) {
    const now = taken(column)
    let [best, least] = [now, costOf(wires)]
    for (const y of placesFor(card, column, wires)) {
      put(card, y, column)
      const past = column.some((each, at) => each !== now[at].card)
      const cost = costOf(wires) + (past ? REORDERED : 0)
      if (cost < least - 1) [best, least] = [taken(column), cost]
      restore(column, now)
    }
    restore(column, best)
    moved ||= best !== now
  }
  return moved
}

const taken = (column) => column.map((card) => ({ card, y: card.y }))

function restore(column, places) {
  places.forEach(({ card, y }, at) => {
    column[at] = card
    card.y = y
  })
}

/** Level with the other end of a wire, beside a wire that passes, beside another card, or near. */
function placesFor(card, column, { ending, passing }) {
  const levels = ending.flatMap((wire) => {
    if (wire.to === card) return [wire.from.y + wire.leaves - wire.arrives]
    return wire.from === card ? [wire.to.y + wire.arrives - wire.leaves] : []
  })
  const lanes = passing.flatMap((wire) => {
    const [top, bottom] = stretch(wire, wire.passages[0])
    return [top - BERTH - card.height - 1, bottom + BERTH + 1]
  })
  const slots = column.flatMap((other) =>
    other === card ? [] : [other.y - GAP - card.height, other.y + other.height + GAP],
  )
  return [...new Set([...levels, ...lanes, ...slots, ...STEPS.map((by) => card.y + by)])]
}

/** Put a card at a height; the others of its column step aside, up or down. */
function put(card, y, column) {
  card.y = y
  column.sort((a, b) => a.y + a.height / 2 - b.y - b.height / 2)
  const at = column.indexOf(card)
  for (let index = at - 1; index >= 0; index -= 1) {
    const [above, below] = [column[index], column[index + 1]]
    above.y = Math.min(above.y, below.y - GAP - above.height)
  }
  for (let index = at + 1; index < column.length; index += 1) {
    const [above, below] = [column[index - 1], column[index]]
    below.y = Math.max(below.y, above.y + above.height + GAP)
  }
}

function costOf({ ending, passing }) {
  let cost = 0
  for (const wire of ending) cost += slant(wire) + hiding(wire)
  for (const wire of passing) cost += hiding(wire)
  return cost
}

/** A long wire that slants is seen more than a short one. */
function slant({ from, to, leaves, arrives, span }) {
  const drop = Math.abs(to.y + arrives - from.y - leaves)
  return drop < 1 ? 0 : (SLANTED + drop) * Math.sqrt(span)
}

function hiding(wire) {
  let cost = 0
  for (const passage of wire.passages) {
    const [top, bottom] = stretch(wire, passage)
    for (const { y, height } of passage.column) {
      if (bottom > y && top < y + height) cost += HIDDEN
      else if (bottom > y - BERTH && top < y + height + BERTH) cost += TOUCHED
    }
  }
  return cost
}

/** From where to where a wire runs while it passes a column: its top and its bottom there. */
function stretch({ from, to, leaves, arrives }, { enters, exits }) {
  const [y1, y2] = [from.y + leaves, to.y + arrives]
  const [a, b] = [y1 + (y2 - y1) * enters, y1 + (y2 - y1) * exits]
  return a < b ? [a, b] : [b, a]
}
