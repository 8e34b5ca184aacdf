import { Graph, layout as dagreLayout } from "@dagrejs/dagre"

const GAP = 40
const BERTH = 16

/**
 * Places for cards of one width: columns from left to right, wires straight where there is room.
 *
 * `nodes` are {id, height}; `wires` are {source, target, leaves, arrives}, the last two being how
 * far down its card each end sits.
 */
export function layout({ nodes, wires, width, columnGap }) {
  const columns = columnsOf(nodes, wires, width, columnGap)
  straighten(columns, wires)
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
 * Move each card to where one of its wires runs level, if it can stand there: clear of its
 * neighbours in the column, and of the wires that pass the column on a level of their own.
 */
function straighten(columns, wires) {
  const placed = new Map()
  const columnOf = new Map(columns.flatMap((cards, index) => cards.map(({ id }) => [id, index])))
  columns.forEach((cards, column) => {
    const lanes = wires
      .filter(
        ({ source, target }) => columnOf.get(source) < column && columnOf.get(target) > column,
      )
      .map(({ source, leaves }) => placed.get(source).y + leaves)
    cards.forEach((card, index) => {
      const room = { above: cards[index - 1], below: cards[index + 1], lanes }
      const incoming = wires.filter(
        ({ target, source }) => target === card.id && placed.has(source),
      )
      const level = incoming
        .map(({ source, leaves, arrives }) => placed.get(source).y + leaves - arrives)
        .find((y) => isFree(y, card, room))
      card.y = level ?? clearOf(lanes, card, room)
      placed.set(card.id, card)
    })
  })
}

function isFree(y, { height }, { above, below, lanes }) {
  if (above && y < above.y + above.height + GAP) return false
  if (below && y + height > below.y - GAP) return false
  return lanes.every((lane) => lane < y - BERTH || lane > y + height + BERTH)
}

/** The place nearest to the card's own that no lane crosses; its own when there is none. */
function clearOf(lanes, card, room) {
  const places = [card.y, ...lanes.flatMap((y) => [y + BERTH + 1, y - card.height - BERTH - 1])]
  const near = (y) => Math.abs(y - card.y)
  return places.toSorted((a, b) => near(a) - near(b)).find((y) => isFree(y, card, room)) ?? card.y
}
