import { Graph, layout as dagreLayout } from "@dagrejs/dagre"

const GAP = 40

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

/** Move each card, within the room that its neighbours leave, to where its first wire runs level. */
function straighten(columns, wires) {
  const placed = new Map()
  for (const column of columns) {
    column.forEach((card, index) => {
      const above = column[index - 1]
      const below = column[index + 1]
      const lowest = above ? above.y + above.height + GAP : -Infinity
      const highest = below ? below.y - card.height - GAP : Infinity
      const level = wires
        .filter((wire) => wire.target === card.id && placed.has(wire.source))
        .map((wire) => placed.get(wire.source).y + wire.leaves - wire.arrives)
        .find((y) => y >= lowest && y <= highest)
      if (level !== undefined) card.y = level
      placed.set(card.id, card)
    })
  }
}
