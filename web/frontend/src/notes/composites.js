import { makeWay } from "../making-room.js"

/** Cards collapsed into one, a composite, which is a frame that is drawn as a card; and opened again. */
export function createComposites(canvas) {
  const { graph, flow, selection, actions, notes, steps, emit, readonly } = canvas
  const composites = () => selection.cards().filter((id) => graph.frameOf(id))
  const frames = () =>
    selection.chosenNotes().filter((id) => graph.annotations.get(id).kind === "frame")

  /** What would be collapsed: a single frame with what lies in it, else the selected cards. */
  function meant() {
    const [frame, ...more] = frames()
    if (!frame || more.length) return { cards: selection.cards() }
    return { frame, cards: notes.inside(graph.annotations.get(frame)).cards }
  }

  function whyNotCollapse() {
    const { frame, cards } = meant()
    if (!cards.length) return frame ? "No card lies in this frame" : "No card is selected"
    return cards.some(graph.frameOf) ? "One of them is a composite: open that first" : null
  }

  function collapse(id) {
    if (id) selection.set([], [], [id])
    const why = whyNotCollapse()
    if (why) return refuse(why)
    const { frame, cards } = meant()
    const made = frame ? { id: frame } : notes.around(cards)
    actions.annotate({ ...made, collapsed: true, members: cards })
    select(graph.drawnAs(cards[0]))
    if (!frame && !steps.tiny.value) notes.edit(made.id) // far away, its title is not seen
    return true
  }

  /** Keys do not show why they do nothing, as menus do. */
  function refuse(why) {
    emit("rejected", { message: `${why}.` })
    return false
  }

  function open(id) {
    if (!graph.frameOf(id)) return false
    const cards = graph.cardsOf(id)
    unfold(id)
    select(...cards)
    return true
  }

  /** What was laid where the cards of a composite were makes way. */
  function unfold(id) {
    const frame = graph.annotations.get(graph.frameOf(id))
    const places = makeWay({ graph, flow }, id, frame)
    for (const [each, at] of Object.entries(places)) flow.place(each, at)
    if (readonly) openHere(frame.id)
    else actions.unfold(frame.id, places)
  }

  /** Of a canvas that is only looked at, nobody else hears. */
  function openHere(id) {
    graph.annotate({ id, collapsed: false })
    if (graph.settle()) flow.match()
  }

  function select(...ids) {
    selection.set(ids)
    flow.reveal(graph.drawnAs(ids[0]))
    flow.focus(ids[0])
  }

  /** The composite that is selected alone, or null. */
  const only = () => (selection.cards().length === 1 ? (composites()[0] ?? null) : null)

  return { collapse, whyNotCollapse, open, unfold, only, frames }
}
