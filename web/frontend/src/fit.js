// Which ports a wire may join, and if none, why: one sentence that can stand at the pointer.

export function accepts(input, type) {
  return (input.accepts?.length ? input.accepts : [input.type]).includes(type)
}

/**
 * Judge a card as the other end of a wire that starts at `from` ({node, port, side}). Of a
 * composite, each port is judged by the card that it belongs to (`of`).
 * Returns {ports: [names that fit]} or {ports: [], why: "…"}.
 */
export function judge(graph, from, id) {
  const start = graph.nodes.get(from.node)
  const node = graph.nodes.get(id)
  if (id === from.node) return refuse("A card cannot feed itself")
  return from.side === "out"
    ? judgeInputs(graph, start, from, node)
    : judgeOutputs(graph, start, from, node)
}

function judgeInputs(graph, source, from, node) {
  const output = source.outputs.find((port) => port.name === from.port)
  const type = said(output.type)
  if (!node.inputs.length) return refuse(`Takes no ${type}: it has no inputs`)
  const ports = node.inputs.filter((port) => accepts(port, output.type))
  if (!ports.length) return refuse(`Takes no ${type}: it takes ${listed(node.inputs)}`)
  const free = ports.filter(({ of }) => !from.upstream.has(of ?? node.id))
  if (!free.length) return refuse(`Makes a loop: ${node.title} feeds ${source.title}`)
  return { ports: free.map(({ name }) => name) }
}

function judgeOutputs(graph, target, from, node) {
  const input = target.inputs.find((port) => port.name === from.port)
  if (!node.outputs.length) return refuse(`Gives no ${said(input.type)}: it has no outputs`)
  const ports = node.outputs.filter((port) => accepts(input, port.type))
  if (!ports.length) return refuse(`Gives no ${said(input.type)}: it gives ${listed(node.outputs)}`)
  const free = ports.filter(({ of }) => !from.downstream.has(of ?? node.id))
  if (!free.length) return refuse(`Makes a loop: ${target.title} feeds ${node.title}`)
  return { ports: free.map(({ name }) => name) }
}

/**
 * Judge a card ({id?, title, inputs, outputs}) that would be put into a wire.
 * Returns {input, output}: its ports that would carry the wire on, or {why: "…"}.
 */
export function judgeSplice(graph, card, edge) {
  const from = graph.nodes.get(edge.source)?.outputs.find(({ name }) => name === edge.source_port)
  const into = graph.nodes.get(edge.target)?.inputs.find(({ name }) => name === edge.target_port)
  if (!from?.type || !into?.type) return { why: "One end of this wire is not installed here" }
  const linked = graph.links.get(card.id)
  const free = card.inputs.filter((port) => port.many || !linked?.has(`in:${port.name}`))
  const inputs = free.filter((port) => accepts(port, from.type))
  const outputs = card.outputs.filter((port) => accepts(into, port.type))
  if (!inputs.length) return { why: `${card.title} takes no ${said(from.type)}` }
  if (!outputs.length) return { why: `${card.title} gives no ${said(into.type)}` }
  return {
    input: preferred(inputs, edge.source_port),
    output: preferred(outputs, edge.target_port),
  }
}

/** A port called like the one at the other end, else the first that is needed, else the first. */
function preferred(ports, name) {
  const found = ports.find((port) => port.name === name) ?? ports.find((port) => !port.optional)
  return (found ?? ports[0]).name
}

/** Types that people know by another name, as in catalog.py. */
const NAMES = { EstimatorSpec: "model definition", NetworkSpec: "network definition" }
const said = (type) => NAMES[type] ?? type

function refuse(why) {
  return { ports: [], why }
}

function listed(ports) {
  const names = [...new Set(ports.map((port) => said(port.type)))]
  return names.length < 2 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
}
