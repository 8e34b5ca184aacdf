import { choices, offers } from "../adding/offers.js"
import { fromLead, toPage } from "./answers.js"
import { grouped, whyNot } from "./registry.js"

const ADD = "Add a card"

/**
 * What the palette lists: each with its `title`, what it belongs to (`heading`), and `go`, which
 * does it. `off` says why it cannot be done, `keys` which key does it, too.
 */
export function everything(canvas) {
  const { commands, graph, flow, selection, quickAdd, actions, leads, reveal, refocus } = canvas
  const from = selection.cards().length === 1 ? selection.cards()[0] : null
  const offered = offers(graph, from)
  return [
    ...grouped(commands.all())
      .flatMap(([, members]) => members.filter(({ keysOnly }) => !keysOnly))
      .map((command) => fromCommand(command, refocus)),
    ...leads.filter(({ control }) => control).map((lead) => fromLead(lead, toSetting)),
    ...offered.map((offer) => fromOffer(offer, quickAdd.add)),
    ...choices(offered).map((offer) => fromOffer(offer, quickAdd.add)),
    ...[...new Set([...graph.nodes.values(), ...graph.whole.nodes.values()])]
      .toSorted((a, b) => (flow.at(a.id) ?? a).x - (flow.at(b.id) ?? b).x)
      .map((node) => fromCard(node, reveal)),
    ...leads.filter(({ href }) => href).map((lead) => fromLead(lead, toPage)),
  ]

  function toSetting({ node, control }) {
    actions.command("to_setting", node, { control })
  }
}

/** What is done on the canvas has the keyboard there. */
function fromCommand(command, refocus) {
  const { id, title, group, keys, where } = command
  function go() {
    if (!where) refocus()
    command.run()
  }
  return {
    key: `do ${id}`,
    title,
    heading: group,
    keys: keys?.[0],
    off: whyNot(command),
    command,
    go,
  }
}

function fromOffer(offer, add) {
  const { key, title, type, about, output, input, called } = offer
  const note = output ? `from ${output}` : input && `to ${input}`
  const go = () => add(offer)
  return { key: `add ${key}`, title, type, about, note, called, heading: ADD, go }
}

function fromCard({ id, title, type, card }, reveal) {
  const about = `go to ${card}`
  return { key: `go ${id}`, title, type, about, heading: "Cards here", go: () => reveal(id) }
}
