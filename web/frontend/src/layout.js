import { Graph, layout as dagreLayout } from "@dagrejs/dagre"
import { wirePoints } from "./geometry.js"

const GAP = 40
const BERTH = 16
const STEPS = [1, 2, 3, 4, 5, 6, 7, 8].map((step) => step * GAP)

/**
 * Places for cards of one width: columns from left to right, wires straight where there is room.
 *
 * `nodes` are {id, height}; `wires` are {source, target, leaves, arrives}, the last two being how
 * far down its card each end sits.
 */
export function layout({ nodes, wires, width, columnGap }) {
  const columns = columnsOf(nodes, wires, width, columnGap)
  straighten(columns, wires, width)
  return Object.fromEntries(columns.flat().map(({ id, x, y }) => [id, { x, y }]))
}

export function layoutInWorker(input) {
  const worker = new Worker(new URL("./layout.worker.js", import.meta.url), { type: "module" })
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => resolve(data))
    worker.addEventListener("error", ({ message }) => reject(new Error(message)))
    worker.postMessage(input)
  }).finally(() => worker.terminate())
}

function columnsOf(nodes, wires, width, columnGap) {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: "LR", ranksep: columnGap, nodesep: GAP, ranker: "tight-tree" })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, height } of nodes) graph.setNode(id, { width, height })
  wires.forEach(({ source, target }, index) => graph.setEdge(source, target, {}, String(index)))
  dagreLayout(graph)
  const columns = new Map()
  for (const { id, height } of nodes) {
    const centre = graph.node(id)
    const x = centre.x - width / 2
    if (!columns.has(x)) columns.set(x, [])
    columns.get(x).push({ id, x, y: centre.y - height / 2, height })
  }
  const sorted = [...columns.values()].toSorted((a, b) => a[0].x - b[0].x)
  for (const column of sorted) column.sort((a, b) => a.y - b.y)
  return sorted
}

/**
 * Move each card, column by column, to where the fewest wires come to it behind other cards; of
 * such places to one where a wire runs level, that from furthest first, which passes most cards.
 * It stands clear of its neighbours in the column and of the wires that pass the column.
 */
function straighten(columns, wires, width) {
  const placed = new Map()
  const columnOf = new Map(columns.flatMap((cards, index) => cards.map(({ id }) => [id, index])))
  columns.forEach((cards, column) => {
    const lanes = wires
      .filter(
        ({ source, target }) => columnOf.get(source) < column && columnOf.get(target) > column,
      )
      .map(({ source, leaves }) => placed.get(source).y + leaves)
    const passed = ({ source }) => columns.slice(columnOf.get(source) + 1, column).flat()
    cards.forEach((card, index) => {
      const room = { above: cards[index - 1], below: cards[index + 1], lanes }
      const incoming = wires
        .filter(({ target, source }) => target === card.id && placed.has(source))
        .toSorted((a, b) => columnOf.get(a.source) - columnOf.get(b.source))
      const behind = (y) =>
        incoming
          .map((wire) => [pointsOf(wire, placed.get(wire.source), { x: card.x, y }, width), wire])
          .map(([points, wire]) => passed(wire).filter((each) => lies(points, each, width)).length)
          .reduce((sum, count) => sum + count, 0)
      card.y = placeOf(card, incoming, placed, room, behind)
      placed.set(card.id, card)
    })
  })
  columns.forEach((cards, column) => stepAside(cards, column))

  /** A card on which a wire still lies moves up or down to where none does, if it can. */
  function stepAside(cards, column) {
    const passing = wires
      .filter(
        ({ source, target }) => columnOf.get(source) < column && columnOf.get(target) > column,
      )
      .map((wire) => pointsOf(wire, placed.get(wire.source), placed.get(wire.target), width))
    cards.forEach((card, index) => {
      const room = { above: cards[index - 1], below: cards[index + 1], lanes: [] }
      const isClear = (y) => !passing.some((points) => lies(points, { ...card, y }, width))
      if (isClear(card.y)) return
      const steps = STEPS.flatMap((by) => [card.y + by, card.y - by])
      card.y = steps.find((y) => isFree(y, card, room) && isClear(y)) ?? card.y
    })
  }
}

function placeOf(card, incoming, placed, room, behind) {
  const levels = incoming.map(
    ({ source, leaves, arrives }) => placed.get(source).y + leaves - arrives,
  )
  const near = (y) => Math.abs(y - card.y)
  const beside = room.lanes.flatMap((y) => [y + BERTH + 1, y - card.height - BERTH - 1])
  const others = [card.y, ...beside, ...STEPS.flatMap((by) => [card.y - by, card.y + by])]
  const places = [...levels, ...others.toSorted((a, b) => near(a) - near(b))]
  const free = places.filter((y) => isFree(y, card, room))
  let [best, fewest] = [card.y, Infinity]
  for (const y of free) {
    const count = behind(y)
    if (count < fewest) [best, fewest] = [y, count]
    if (!fewest) break
  }
  return best
}

function isFree(y, { height }, { above, below, lanes }) {
  if (above && y < above.y + above.height + GAP) return false
  if (below && y + height > below.y - GAP) return false
  return lanes.every((lane) => lane < y - BERTH || lane > y + height + BERTH)
}

const pointsOf = ({ leaves, arrives }, from, to, width) =>
  wirePoints({ x1: from.x + width, y1: from.y + leaves, x2: to.x, y2: to.y + arrives })

const lies = (points, { x: left, y: top, height }, width) =>
  points.some(({ x, y }) => x > left && x < left + width && y > top && y < top + height)
