import { Graph, layout as dagreLayout } from "@dagrejs/dagre"
import { straighten } from "./straighten.js"

const GAP = 40

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
