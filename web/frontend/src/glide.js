const DURATION = 200
const MOST_ANIMATED = 150

/** Move cards to their new places in 200 ms; at once where that would stutter or is not wanted. */
export function glide(ids, places, flow) {
  if (ids.length > MOST_ANIMATED || prefersStillness()) {
    for (const id of ids) flow.place(id, places[id])
    return Promise.resolve()
  }
  const from = new Map(ids.map((id) => [id, { ...flow.at(id) }]))
  const start = performance.now()
  return new Promise((resolve) => {
    function frame(now) {
      const share = Math.min(1, Math.max(0, (now - start) / DURATION))
      const eased = 1 - (1 - share) ** 3
      for (const [id, old] of from)
        flow.place(id, share < 1 ? between(old, places[id], eased) : places[id])
      if (share < 1) requestAnimationFrame(frame)
      else resolve()
    }
    requestAnimationFrame(frame)
  })
}

const between = (a, b, t) => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t })

function prefersStillness() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches
}
