import { CARD_HEIGHT, CARD_WIDTH, snap } from "../geometry.js"

const ROW_PITCH = 188

/** This corner, or the first below it where a card lies on no other. */
export function freePlace({ graph, flow }, { x, y }) {
  const cards = [...graph.nodes.keys()].map((id) => flow.at(id))
  const taken = () =>
    cards.some((at) => Math.abs(at.x - x) < CARD_WIDTH && Math.abs(at.y - y) < CARD_HEIGHT)
  while (taken()) y += ROW_PITCH
  return { x: snap(x), y: snap(y) }
}
