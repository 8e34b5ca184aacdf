import { CARD_WIDTH, COLUMN_PITCH, cardHeight, portOffset, snap } from "./geometry.js"
import { glide } from "./glide.js"
import { holdNotes } from "./notes/along.js"

/** Cards from which the page would stand still for a moment. */
const WORKER_FROM = 80

/**
 * Lay the cards out from left to right; frames go along with their cards, all in one step. The
 * layouter loads on first use.
 */
export async function tidy({ graph, flow, actions, notes }) {
  if (!graph.nodes.size) return
  const input = describe(graph)
  const { layout, layoutInWorker } = await import("./layout.js")
  const places = await (input.nodes.length > WORKER_FROM ? layoutInWorker(input) : layout(input))
  for (const place of Object.values(places))
    Object.assign(place, { x: snap(place.x), y: snap(place.y) })
  const moved = input.nodes
    .map(({ id }) => id)
    .filter((id) => graph.nodes.has(id) && differs(flow.at(id), places[id]))
  const follow = holdNotes({ graph, flow, notes })
  await glide(moved, places, flow)
  if (moved.length) actions.moved(moved, follow(), "Tidy up")
  flow.fit()
}

function describe(graph) {
  const nodes = [...graph.nodes.keys()].map((id) => ({
    id,
    height: cardHeight(graph.nodes.get(id)),
  }))
  const wires = [...graph.edges.values()].map(({ source, source_port, target, target_port }) => ({
    source,
    target,
    leaves: portOffset(graph.nodes.get(source), "out", source_port)?.y ?? 0,
    arrives: portOffset(graph.nodes.get(target), "in", target_port)?.y ?? 0,
  }))
  return { nodes, wires, width: CARD_WIDTH, columnGap: COLUMN_PITCH - CARD_WIDTH }
}

const differs = (a, b) => a.x !== b.x || a.y !== b.y
