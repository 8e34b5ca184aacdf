import { accepts } from "../fit.js"

/**
 * The wires of a new card ({inputs, …}), each {node, port, side, to}: the `first` that was asked
 * for, and one for every other input that it needs and that clearly belongs somewhere: to the one
 * output of its name. What goes with a model (rows to predict) comes from where the model's own
 * rows come from, by an output that it was not made of. A card that hands on what it was given,
 * the best of several models, made none.
 *
 * Without a first wire a card is wired only if all of several inputs are.
 */
export function wiresOf(graph, card, first) {
  const needed = card.inputs.filter(({ optional, many }) => !optional && !many)
  if (first) return completed(graph, needed, first)
  const wires = needed.length > 1 ? completed(graph, needed, furthest(graph, needed)) : []
  return wires.length === needed.length ? wires : []
}

/** The input that most of what is there leads to. */
function furthest(graph, needed) {
  const reach = ({ node }) => graph.reach(node, "up").size
  return needed
    .map((input) => joined(one(outputsFor(graph, input, new Set()), input), input))
    .filter(Boolean)
    .toSorted((a, b) => reach(b) - reach(a))[0]
}

function completed(graph, needed, first) {
  if (!first) return []
  const before = first.side === "out" ? graph.reach(first.node, "up") : new Set()
  const below = first.side === "in" ? graph.reach(first.node, "down") : new Set()
  const type = typeOf(graph, first)
  const handsOn = (id) => graph.nodes.get(id).inputs.some((input) => accepts(input, type))
  const leadsThere = ({ node, port }) =>
    (node === first.node && port === first.port) ||
    usesOf(graph, node, port).some(({ target }) => before.has(target) && !handsOn(target))
  const rest = needed
    .filter(({ name }) => first.side === "in" || name !== first.to)
    .map((input) => {
      const outputs = outputsFor(graph, input, below).filter((output) => !leadsThere(output))
      const own = outputs.filter(({ node }) => before.has(node))
      const goesWith = first.side === "out" && !accepts(input, type)
      const found =
        one(outputs, input) ?? one(own, input) ?? (goesWith && lastUsed(graph, own, first.node))
      return joined(found, input)
    })
  return [first, ...rest.filter(Boolean)]
}

const joined = (output, { name }) => output && { ...output, side: "out", to: name }

function outputsFor(graph, input, below) {
  return [...graph.nodes.values()]
    .filter(({ id }) => !below.has(id))
    .flatMap(({ id, outputs }) =>
      outputs
        .filter(({ type }) => accepts(input, type))
        .map(({ name }) => ({ node: id, port: name })),
    )
}

/** The only output of the input's name. */
function one(outputs, { name }) {
  const named = outputs.filter(({ port }) => port === name)
  return named.length === 1 ? named[0] : null
}

/** The output that most wires leave from, else the last: none of a card, nor by wires to it. */
function lastUsed(graph, outputs, card) {
  const uses = ({ node, port }) =>
    usesOf(graph, node, port).filter(({ target }) => target !== card).length
  const others = outputs.filter(({ node }) => node !== card)
  return others.toReversed().toSorted((a, b) => uses(b) - uses(a))[0]
}

const usesOf = (graph, node, port) =>
  graph.edgesOf(node).filter(({ source, source_port }) => source === node && source_port === port)

const typeOf = (graph, { node, port }) =>
  graph.nodes.get(node)?.outputs.find(({ name }) => name === port)?.type
