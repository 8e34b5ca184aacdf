import { accepts } from "../fit.js"

/**
 * Cards of the catalogue that could take the other end of a wire, those first that are most often
 * wired so in this pipeline, then those that samples wire so. Each comes with the port that would be joined and where it sits:
 * {card, title, type, port, index, count}.
 */
export function candidates(catalog, graph, from, type) {
  const uses = countUses(graph, from)
  const end = `${graph.nodes.get(from.node).card}.${from.port}`
  return catalog
    .map((card) => fitting(card, graph, from, type))
    .filter(Boolean)
    .map((found) => [found, uses.get(`${found.card}.${found.port}`) ?? 0, found.usual?.[end] ?? 0])
    .toSorted(([, a, often], [, b, oftener]) => b - a || oftener - often)
    .map(([found]) => found)
}

function fitting(
  { card, title, about, type, inputs, outputs, choices, usual },
  graph,
  from,
  wireType,
) {
  const ports = from.side === "out" ? inputs : outputs
  const index = bestPort(ports, (port) => fits(graph, from, wireType, port))
  if (index < 0) return null
  const port = ports[index].name
  return { key: card, card, title, about, choices, usual, type, port, index, count: ports.length }
}

function fits(graph, from, type, port) {
  if (from.side === "out") return accepts(port, type)
  const input = graph.nodes.get(from.node).inputs.find(({ name }) => name === from.port)
  return accepts(input, port.type)
}

/** The first port that fits and is needed; else the first that fits. */
function bestPort(ports, isFit) {
  const needed = ports.findIndex((port) => !port.optional && isFit(port))
  return needed >= 0 ? needed : ports.findIndex(isFit)
}

/** How often each "card.port" hangs on this kind of port in the pipeline. */
function countUses(graph, from) {
  const uses = new Map()
  const kind = graph.nodes.get(from.node).card
  const [near, nearPort, far, farPort] =
    from.side === "out"
      ? ["source", "source_port", "target", "target_port"]
      : ["target", "target_port", "source", "source_port"]
  for (const edge of graph.edges.values()) {
    if (edge[nearPort] !== from.port || graph.nodes.get(edge[near])?.card !== kind) continue
    const key = `${graph.nodes.get(edge[far])?.card}.${edge[farPort]}`
    uses.set(key, (uses.get(key) ?? 0) + 1)
  }
  return uses
}
