import { judgeSplice } from "../fit.js"
import { candidates } from "../wires/candidates.js"

/**
 * All cards that can be added: those first that go on from an open output of `from`, the card
 * that is selected, or give what it still needs, each with the wire that would join them; the
 * others after them.
 */
export function offers(graph, from) {
  const catalog = graph.catalog.value
  const onward = new Map()
  const goesOn = `Goes on from ${graph.nodes.get(from)?.title}`
  for (const output of openOutputs(graph, from)) {
    const end = { node: from, port: output.name, side: "out" }
    for (const found of candidates(catalog, graph, end, output.type)) {
      const known = onward.get(found.card)
      if (!known || (!isNamesake(known) && found.port === output.name))
        onward.set(found.card, offer(found, { heading: goesOn, ...wire(end, found.port) }))
    }
  }
  const needs = `Goes to ${graph.nodes.get(from)?.title}`
  for (const input of needyInputs(graph, from)) {
    const end = { node: from, port: input.name, side: "in" }
    for (const found of candidates(catalog, graph, end, input.type))
      if (!onward.has(found.card))
        onward.set(found.card, offer(found, { heading: needs, ...wire(end, found.port) }))
  }
  const kind = graph.nodes.get(from)?.card
  /** A card is seldom followed by one of its kind. */
  const rank = (offered) => (isNamesake(offered) ? 1 : 0) - (offered.card === kind ? 1 : 0)
  const likely = [...onward.values()].toSorted((a, b) => rank(b) - rank(a))
  const rest = catalog.filter(({ card }) => !onward.has(card))
  const heading = onward.size ? "Other cards" : undefined
  return [...likely, ...rest.map((card) => offer(card, { heading }))]
}

/** The cards that can be put into a wire, with the ports that would carry it on. */
export function offersInto(graph, edge) {
  return graph.catalog.value.flatMap((card) => {
    const splice = judgeSplice(graph, card, edge)
    return splice.why ? [] : [offer(card, { splice })]
  })
}

const offer = ({ card, title, type, about, choices: words }, more) => ({
  key: card,
  card,
  title,
  type,
  about,
  choices: words,
  ...more,
})

const wire = (end, to) => ({
  connect: { ...end, to },
  [end.side === "out" ? "output" : "input"]: end.port,
})

/** Cards under what one of their settings can be: a search for a random forest finds its card. */
export function choices(offered) {
  return offered.flatMap((each) =>
    Object.entries(each.choices ?? {}).flatMap(([param, values]) =>
      values.map((value) => {
        const called = value.replaceAll("_", " ")
        const title = `${each.title}: ${called}`
        return { ...each, key: `${each.key} ${value}`, title, called, params: { [param]: value } }
      }),
    ),
  )
}

/** An output and an input of the same name belong together. */
const isNamesake = ({ connect }) => connect.port === connect.to

function openOutputs(graph, id) {
  const links = graph.links.get(id)
  const outputs = (id && graph.nodes.get(id)?.outputs) || []
  return outputs.filter(({ name }) => !links?.has(`out:${name}`))
}

function needyInputs(graph, id) {
  const links = graph.links.get(id)
  const inputs = (id && graph.nodes.get(id)?.inputs) || []
  return inputs.filter(({ name, optional }) => !optional && !links?.has(`in:${name}`))
}
