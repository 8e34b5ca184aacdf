import { CARD_WIDTH, boundsOf, cardHeight, snap } from "../geometry.js"

const ROOM = 20

/**
 * Remember which frames hold which cards, before all cards move. The function that is returned
 * draws these frames around their cards again, and puts notes that a card has come to lie on below
 * all cards; it returns the ids of what it has moved.
 */
export function holdNotes({ graph, flow, notes }) {
  const held = graph
    .openNotes()
    .filter(({ kind }) => kind === "frame")
    .map((frame) => ({ frame, within: notes.inside(frame) }))
  const plain = (id) => graph.annotations.get(id)?.kind === "note"

  return function follow() {
    const moved = new Set()
    for (const { frame, within } of held) {
      const left = within.cards.filter((id) => graph.nodes.has(id))
      if (!left.length) continue
      const { position, size } = notes.around(left)
      draw(frame.id, { position, size })
      for (const id of within.notes.filter(plain)) {
        const { x, y } = graph.annotations.get(id).position
        const by = { x: position.x - frame.position.x, y: position.y - frame.position.y }
        draw(id, { position: { x: x + by.x, y: y + by.y } })
      }
    }
    uncover()
    return [...moved]

    function draw(id, change) {
      graph.draw(id, change)
      moved.add(id)
    }

    function uncover() {
      const cards = [...graph.nodes.values()].map((node) => {
        const { x, y } = flow.at(node.id)
        return { x, y, height: cardHeight(node) }
      })
      const { y, height } = boundsOf(cards)
      let floor = snap(y + height + ROOM)
      for (const { id, ...rect } of flow.noteRects()) {
        if (!plain(id) || moved.has(id) || !cards.some((card) => covers(card, rect))) continue
        draw(id, { position: { x: rect.x, y: floor } })
        floor += rect.height + ROOM
      }
    }
  }
}

const covers = (card, { x, y, width, height }) =>
  card.x < x + width && card.x + CARD_WIDTH > x && card.y < y + height && card.y + card.height > y
