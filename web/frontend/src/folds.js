import { shallowRef } from "vue"
import { composed, compositesOf } from "./folding.js"

/** The composites that there are, and what is meant by a card, a port or a place that is drawn. */
export function createFolds({ nodes, annotations, whole, annotate }) {
  const all = new Map()
  const home = new Map()
  const changed = shallowRef(0)

  function clear() {
    all.clear()
    home.clear()
  }

  function renew(wiresOf) {
    clear()
    const now = compositesOf(annotations, whole.nodes)
    for (const [id, { frame, members }] of now.all) {
      const made = composed(id, annotations.get(frame), members, whole, wiresOf)
      all.set(id, { frame, members, ...made })
    }
    for (const [id, composite] of now.home) home.set(id, composite)
    changed.value += 1
  }

  /** The id that a card is drawn by: that of the composite it is in, else its own. */
  const drawnAs = (id) => home.get(id) ?? id
  /** The cards that a drawn one stands for, and the last of them: itself if it is no composite. */
  const cardsOf = (id) => all.get(id)?.members ?? [id]
  const lastOf = (id) => all.get(id)?.last ?? [id]
  /** The frame of a composite, or null. */
  const frameOf = (id) => all.get(id)?.frame ?? null

  /** The card and port behind a port that is drawn. */
  function endOf(id, side, name) {
    if (!all.has(id)) return { node: id, port: name }
    const ports = nodes.get(id)[side === "in" ? "inputs" : "outputs"]
    const { of, port } = ports.find((each) => each.name === name)
    return { node: of, port }
  }

  /** Notes and frames that are drawn as such. */
  function openNotes() {
    void changed.value
    const hidden = new Set([...all.values()].map(({ frame }) => frame))
    return [...annotations.values()].filter(({ id }) => !hidden.has(id))
  }

  /**
   * New places of what is drawn ({id: {x, y}}) as those of cards, and of frames ([{id, position}]):
   * the cards of a composite keep their places beside one another.
   */
  function unfolded(places) {
    const positions = {}
    const frames = []
    for (const [id, place] of Object.entries(places)) {
      const fold = all.get(id)
      if (!fold) positions[id] = place
      else {
        const { x, y } = annotations.get(fold.frame).position
        frames.push({ id: fold.frame, position: place })
        for (const each of fold.members) {
          const card = whole.nodes.get(each)
          positions[each] = { x: card.x + place.x - x, y: card.y + place.y - y }
          whole.nodes.set(each, { ...card, ...positions[each] })
        }
        annotate(frames.at(-1))
      }
    }
    return { positions, frames }
  }

  const lookups = { drawnAs, cardsOf, lastOf, frameOf, endOf, openNotes, unfolded }
  return { all, home, clear, renew, lookups }
}
