import { CARD_WIDTH, boundsOf, snap } from "./geometry.js"

/** Where a card of a height comes to lie in the rectangle around all that are aligned. */
const ALIGN = {
  left: ({ x }) => ({ x }),
  centre: ({ x, width }) => ({ x: x + (width - CARD_WIDTH) / 2 }),
  right: ({ x, width }) => ({ x: x + width - CARD_WIDTH }),
  top: ({ y }) => ({ y }),
  middle: ({ y, height }, card) => ({ y: y + (height - card.height) / 2 }),
  bottom: ({ y, height }, card) => ({ y: y + height - card.height }),
}

/** New places, {id: {x, y}}, for those of the cards ({id, x, y, height}) that move into a line. */
export function aligned(edge, cards) {
  const bounds = boundsOf(cards)
  return moves(cards, (card) => ALIGN[edge](bounds, card))
}

/** New places that make the gaps between the cards the same; the outermost stay. */
export function distributed(direction, cards) {
  const across = direction === "across"
  const at = across ? "x" : "y"
  const size = across ? () => CARD_WIDTH : ({ height }) => height
  const sorted = cards.toSorted((a, b) => a[at] - b[at])
  const end = Math.max(...cards.map((card) => card[at] + size(card)))
  const taken = cards.reduce((sum, card) => sum + size(card), 0)
  const gap = (end - sorted[0][at] - taken) / (cards.length - 1)
  const places = new Map()
  let next = sorted[0][at]
  for (const card of sorted) {
    places.set(card.id, next)
    next += size(card) + gap
  }
  return moves(cards, ({ id }) => ({ [at]: places.get(id) }))
}

function moves(cards, placeOf) {
  const places = {}
  for (const card of cards) {
    const { x = card.x, y = card.y } = placeOf(card)
    const place = { x: snap(x), y: snap(y) }
    if (place.x !== card.x || place.y !== card.y) places[card.id] = place
  }
  return places
}
