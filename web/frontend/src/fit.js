// Which ports a wire may join, and if none, why: one sentence that can stand at the pointer.

export function accepts(input, type) {
  return (input.accepts?.length ? input.accepts : [input.type]).includes(type)
}

/**
 * Judge a card as the other end of a wire that starts at `from` ({node, port, side}).
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
  const type = output.type
  if (!node.inputs.length) return refuse(`Takes no ${type}: it has no inputs`)
  const ports = node.inputs.filter((port) => accepts(port, type)).map((port) => port.name)
  if (!ports.length) return refuse(`Takes no ${type}: it takes ${listed(node.inputs)}`)
  if (from.upstream.has(node.id)) return refuse(`Makes a loop: ${node.title} feeds ${source.title}`)
  return { ports }
}

function judgeOutputs(graph, target, from, node) {
  const input = target.inputs.find((port) => port.name === from.port)
  if (!node.outputs.length) return refuse(`Gives no ${input.type}: it has no outputs`)
  const ports = node.outputs.filter((port) => accepts(input, port.type)).map((port) => port.name)
  if (!ports.length) return refuse(`Gives no ${input.type}: it gives ${listed(node.outputs)}`)
  if (from.downstream.has(node.id))
    return refuse(`Makes a loop: ${target.title} feeds ${node.title}`)
  return { ports }
}

function refuse(why) {
  return { ports: [], why }
}

function listed(ports) {
  const names = [...new Set(ports.map((port) => port.type))]
  return names.length < 2 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
}
