import { aligned, distributed } from "../align.js"
import { cardHeight } from "../geometry.js"
import { glide } from "../glide.js"

const EDGES = {
  left: "Align left",
  centre: "Align centres",
  right: "Align right",
  top: "Align top",
  middle: "Align middles",
  bottom: "Align bottom",
}
const DIRECTIONS = { across: "Distribute across", down: "Distribute down" }

/** Cards in a line, and evenly apart: each one move. */
export function arrangingCommands({ graph, flow, selection, actions }) {
  const cards = () => selection.cards().flatMap((id) => (graph.nodes.has(id) ? [rect(id)] : []))
  const fewer = (count, words) => (cards().length < count ? `Select ${words} cards or more` : null)

  function rect(id) {
    const { x, y } = flow.at(id)
    return { id, x, y, height: cardHeight(graph.nodes.get(id)) }
  }

  async function moveTo(places) {
    const ids = Object.keys(places)
    if (!ids.length) return
    await glide(ids, places, flow)
    actions.moved(ids)
  }

  return [
    ...Object.entries(EDGES).map(([edge, title]) => ({
      id: `align_${edge}`,
      title,
      group: "Arrange",
      whyNot: () => fewer(2, "two"),
      run: () => void moveTo(aligned(edge, cards())),
    })),
    ...Object.entries(DIRECTIONS).map(([direction, title]) => ({
      id: `distribute_${direction}`,
      title,
      group: "Arrange",
      whyNot: () => fewer(3, "three"),
      run: () => void moveTo(distributed(direction, cards())),
    })),
  ]
}
