import { shallowRef } from "vue"

/**
 * Wires by keyboard: W on a card starts one, arrows choose its output and where it goes,
 * Enter joins or, where the wire is already there, takes it away.
 */
export function createKeyWiring({
  graph,
  flow,
  actions,
  active,
  draft,
  begin,
  show,
  join,
  cancel,
  fits,
}) {
  const hint = shallowRef(null)
  let outputs = []
  let output = 0
  let targets = []
  let choice = 0

  /** Every key is the wire's while one is drawn by keys. */
  function onKey(event) {
    if (!active.value || !hint.value) return false
    const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()]
    act?.()
    return true
  }

  const KEYS = {
    ArrowDown: () => choose(choice + 1),
    ArrowUp: () => choose(choice - 1),
    ArrowRight: () => leaveFrom(output + 1),
    ArrowLeft: () => leaveFrom(output - 1),
    w: () => leaveFrom(output + 1),
    Enter: commit,
    " ": commit,
  }
  let card = null

  /** Start a wire from the card that has the focus, or from the selected one. */
  function start(focused) {
    card = focused?.closest?.("[data-node]")?.dataset.node ?? flow.getSelectedNodes.value[0]?.id
    if (!card || !graph.nodes.has(card)) return false
    outputs = graph.nodes.get(card).outputs.map(({ name }) => name)
    if (!outputs.length) return false
    const free = outputs.findIndex((name) => !graph.links.get(card)?.has(`out:${name}`))
    leaveFrom(Math.max(free, 0))
    return true
  }

  function leaveFrom(index) {
    if (active.value) close()
    output = wrap(index, outputs.length)
    begin({ node: card, port: outputs[output], side: "out" })
    targets = [...fits()]
      .flatMap(([node, { ports }]) => ports.map((port) => ({ node, port, side: "in" })))
      .toSorted((a, b) => distance(a) - distance(b))
    choose(0)
  }

  /** A port of the same name first, then near cards, those to the left, and wires that are there. */
  function distance(target) {
    const from = flow.at(card)
    const to = flow.at(target.node)
    const near = Math.hypot(to.x - from.x, to.y - from.y)
    const namesake = target.port === outputs[output] ? 1e4 : 0
    return near - namesake + (to.x < from.x ? 1e5 : 0) + (existing(target) ? 1e6 : 0)
  }

  function choose(index) {
    choice = wrap(index, targets.length)
    const target = targets[choice] ?? null
    show(target)
    if (target) flow.reveal(target.node)
    hint.value = sentence(target)
  }

  function sentence(target) {
    const from = `${graph.nodes.get(card).title} ${outputs[output]}`
    if (!target) return { text: `${from}: no card takes a ${draft.type}`, keys: "Esc" }
    const to = `${graph.nodes.get(target.node).title} ${target.port}`
    return existing(target)
      ? { text: `${from} is wired to ${to}`, keys: "Enter removes the wire, Esc leaves" }
      : { text: `${from} to ${to}`, keys: "↑ ↓ target, ← → output, Enter joins, Esc leaves" }
  }

  function existing(target) {
    return graph
      .edgesOf(card)
      .find(
        (edge) =>
          edge.source_port === outputs[output] &&
          edge.target === target.node &&
          edge.target_port === target.port,
      )
  }

  function commit() {
    const target = targets[choice]
    const { from } = draft
    const wire = target && existing(target)
    close()
    if (wire) actions.disconnect(wire.id)
    else if (target) join(from, target)
  }

  function close() {
    hint.value = null
    cancel()
  }

  return { onKey, start, hint, close }
}

const wrap = (index, count) => (count ? (index + count) % count : 0)
