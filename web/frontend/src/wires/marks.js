const RING = 10

/**
 * Mark what fits a wire being drawn and what does not, as attributes on the elements themselves:
 * rendering a thousand cards again for a gesture would cost a frame.
 */
export function mark(root, graph, from, verdicts, released) {
  const opposite = from.side === "out" ? "in" : "out"
  for (const card of root.querySelectorAll("[data-node]")) {
    const verdict = verdicts.get(card.dataset.node)
    if (!verdict) continue
    card.dataset.fit = verdict.ports.length ? "yes" : "no"
    for (const port of card.querySelectorAll(`[data-side=${opposite}]`)) {
      const fits = verdict.ports.includes(port.dataset.port)
      port.dataset.fit = fits ? "yes" : "no"
      if (fits) ring(port)
    }
  }
  const dimmed = (id) => verdicts.get(id)?.ports.length === 0
  const wires = new Map([...root.querySelectorAll("[data-edge]")].map((g) => [g.dataset.edge, g]))
  for (const edge of graph.edges.values()) {
    const wire = wires.get(edge.id)
    if (!wire) continue
    if (edge.id === released) wire.dataset.fit = "released"
    else if (dimmed(edge.source) || dimmed(edge.target)) wire.dataset.fit = "no"
  }
}

/** A ring around a port, under its shape. */
function ring(port) {
  const hit = port.querySelector(".tr-hit")
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle")
  circle.setAttribute("class", "tr-ring")
  circle.setAttribute("cx", hit.x.baseVal.value + hit.width.baseVal.value / 2)
  circle.setAttribute("cy", hit.y.baseVal.value + hit.height.baseVal.value / 2)
  circle.setAttribute("r", RING)
  hit.after(circle)
}

export function unmark(root) {
  for (const circle of root.querySelectorAll(".tr-ring")) circle.remove()
  for (const element of root.querySelectorAll("[data-fit]")) delete element.dataset.fit
}

/** Show which port would take the wire. */
export function aim(root, target, side) {
  root.querySelector("[data-aimed]")?.removeAttribute("data-aimed")
  if (!target) return
  const card = root.querySelector(`[data-node="${CSS.escape(target.node)}"]`)
  card
    ?.querySelector(`[data-port="${CSS.escape(target.port)}"][data-side=${side}]`)
    ?.setAttribute("data-aimed", "")
}
