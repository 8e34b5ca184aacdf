/** Card ids so that each stands after those that feed it, and else as they lie: by x, then y. */
export function inOrder(nodes, edges) {
  const waiting = new Map([...nodes.keys()].map((id) => [id, new Set()]))
  for (const { source, target } of edges.values()) {
    if (nodes.has(source) && nodes.has(target)) waiting.get(target).add(source)
  }
  const left = [...nodes.values()].toSorted((a, b) => a.x - b.x || a.y - b.y).map(({ id }) => id)
  const order = new Set()
  while (left.length) {
    const index = left.findIndex((id) => [...waiting.get(id)].every((source) => order.has(source)))
    order.add(left.splice(Math.max(index, 0), 1)[0])
  }
  return [...order]
}
