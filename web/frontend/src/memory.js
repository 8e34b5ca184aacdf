/**
 * Where one was, and what one was writing, over a reload: also over the one that follows when the
 * server was restarted.
 */
export function createMemory({ flow, selection, notes }) {
  const key = `tensorrag-canvas ${location.pathname}`

  function keep() {
    const { x, y, zoom } = flow.viewport.value
    const place = {
      x,
      y,
      zoom,
      cards: selection.cards(),
      wires: [...selection.wires],
      note: notes.draft(),
    }
    sessionStorage.setItem(key, JSON.stringify(place))
  }

  /** The place before the reload; null where somebody came here otherwise. A note comes back once. */
  function recall() {
    const [visit] = performance.getEntriesByType("navigation")
    const place = JSON.parse(sessionStorage.getItem(key))
    if (place) sessionStorage.setItem(key, JSON.stringify({ ...place, note: null }))
    return visit?.type === "reload" ? place : null
  }

  return { keep, recall }
}
