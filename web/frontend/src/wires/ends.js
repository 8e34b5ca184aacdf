import { CARD_WIDTH, portOffset } from "../geometry.js"

const LOST_PORT_Y = 74

/** Where a wire begins and ends, or null while one of its cards is not there. */
export function endsOf(edge, graph, flow) {
  const start = end(edge.source, "out", edge.source_port, graph, flow)
  const finish = end(edge.target, "in", edge.target_port, graph, flow)
  return start && finish && { x1: start.x, y1: start.y, x2: finish.x, y2: finish.y }
}

function end(id, side, port, graph, flow) {
  const place = flow.at(id)
  const node = graph.nodes.get(id)
  if (!place || !node) return null
  const offset = portOffset(node, side, port) ?? {
    x: side === "in" ? 0 : CARD_WIDTH,
    y: LOST_PORT_Y,
  }
  return { x: place.x + offset.x, y: place.y + offset.y }
}
