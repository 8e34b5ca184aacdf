import { isBusy } from "./states.js"
import { inOrder } from "./order.js"

// A collapsed frame is drawn as one card: a composite. What it shows is made of what its cards are.

/**
 * The composites by the id each is drawn by, ({frame, members}), and in which of them a card is.
 *
 * What the server mends is mended here too: this is also what a gesture of one's own looks like.
 */
export function compositesOf(annotations, nodes) {
  const all = new Map()
  const home = new Map()
  for (const { id, collapsed, members } of annotations.values()) {
    const drawn = `composite:${id}`
    const inside = collapsed ? members.filter((each) => nodes.has(each) && !home.has(each)) : []
    if (!inside.length || nodes.has(drawn)) continue
    all.set(drawn, { frame: id, members: inside })
    for (const each of inside) home.set(each, drawn)
  }
  return { all, home }
}

/** One composite as a card; `cards` are its own, `last` those that feed no other of them. */
export function composed(drawn, frame, members, whole, wiresOf) {
  const inside = new Set(members)
  const wires = new Map()
  for (const id of members) for (const edge of wiresOf(id)) wires.set(edge.id, edge)
  const inner = [...wires.values()].filter(
    ({ source, target }) => inside.has(source) && inside.has(target),
  )
  const own = new Map(members.map((id) => [id, whole.nodes.get(id)]))
  const cards = inOrder(own, new Map(inner.map((edge) => [edge.id, edge]))).map((id) => own.get(id))
  const feeding = new Set(inner.map(({ source }) => source))
  const ports = portsOf(cards, [...wires.values()], inside)
  const last = cards.filter(({ id }) => !feeding.has(id)).map(({ id }) => id)
  const node = {
    ...ports,
    id: drawn,
    card: "composite",
    composite: { frame: frame.id, count: cards.length },
    title: frame.title || "Composite",
    summary: [counted(cards.length), listed(cards)].join(" · "),
    type: (ports.outputs[0] ?? cards.at(-1)).type,
    x: frame.position.x,
    y: frame.position.y,
    enabled: cards.some(({ enabled }) => enabled !== false),
    problems: cards.flatMap(problemsOf),
    price: onlyOne(cards.map(({ price }) => price)),
  }
  return { node, cards, last }
}

const counted = (count) => (count === 1 ? "1 card" : `${count} cards`)
const listed = (cards) => cards.map(({ title }) => title).join(", ")
const problemsOf = ({ title, problems, enabled }) =>
  enabled === false ? [] : (problems ?? []).map((each) => said(title, each))
const said = (title, each) => ({ ...each, message: `${title}: ${each.message}` })

function onlyOne(values) {
  const known = values.filter(Boolean)
  return known.length === 1 ? known[0] : null
}

/**
 * The ports that are wired to the outside, and the open ones that can be or must be: not those
 * that are wired inside alone, nor inputs that may be left out. `of` and `port` say whose each is.
 */
function portsOf(cards, wires, inside) {
  const crossing = new Set()
  const inner = new Set()
  for (const { source, source_port, target, target_port } of wires) {
    const kept = inside.has(source) && inside.has(target) ? inner : crossing
    kept.add(`out ${source} ${source_port}`).add(`in ${target} ${target_port}`)
  }
  const isOpen = (key, optional) => crossing.has(key) || !(inner.has(key) || optional)
  const of = (side, ports) =>
    named(
      [...cards]
        .toSorted((a, b) => a.y - b.y)
        .flatMap((card) =>
          card[ports]
            .filter(({ name, optional }) => isOpen(`${side} ${card.id} ${name}`, optional))
            .map((port) => Object.assign({}, port, { of: card.id, port: port.name })),
        ),
    )
  return { inputs: of("in", "inputs"), outputs: of("out", "outputs") }
}

/** A port keeps its name while it is the only one of that name; else its card's id goes before. */
function named(ports) {
  const known = new Set()
  const twice = new Set()
  for (const { port } of ports) (known.has(port) ? twice : known).add(port)
  return ports.map((each) =>
    twice.has(each.port) ? Object.assign({}, each, { name: `${each.of}.${each.port}` }) : each,
  )
}

/** A wire as it is drawn, or null between two cards of one composite. `real` is the wire itself. */
export function drawnEdge(edge, { all, home }) {
  const [from, into] = [home.get(edge.source), home.get(edge.target)]
  if (!from && !into) return edge
  if (from === into) return null
  const start = from && {
    source: from,
    source_port: portAt(all.get(from), "outputs", edge.source, edge.source_port),
  }
  const end = into && {
    target: into,
    target_port: portAt(all.get(into), "inputs", edge.target, edge.target_port),
  }
  return { ...edge, ...start, ...end, real: edge }
}

function portAt({ node }, side, id, name) {
  return node[side].find(({ of, port }) => of === id && port === name)?.name ?? `${id}.${name}`
}

const WORST = ["failed", "running", "queued", "cancelled", "blocked", "stale", "done"]

/** What a composite does or did: the worst of its cards, and the result of the last; undefined before a run. */
export function stateOf(cards, runtime) {
  const active = cards.filter(({ id, enabled }) => enabled !== false || isBusy(runtime.get(id)))
  const known = active.map(({ id, title }) => Object.assign({}, runtime.get(id), { title, id }))
  if (!known.some(({ state }) => state)) return undefined
  const of = (state) =>
    known.filter((each) => (WORST.includes(each.state) ? each.state : "stale") === state)
  const state = WORST.find((each) => of(each).length) ?? "stale"
  const [why] = of(state)
  const done = of("done").length
  return {
    state,
    reason: why.state ? why.reason : "not all have run",
    error: why.error && said(why.title, why.error),
    waiting: why.waiting,
    cancelling: known.filter(isBusy).every(({ cancelling }) => cancelling),
    cached: known.every(({ cached }) => cached),
    seconds: known.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    price: onlyOne(known.map(({ price }) => price)),
    face: known.findLast(({ face }) => face)?.face ?? null,
    ...(state === "running" && {
      word: "Running",
      note: `${done} of ${known.length} done`,
      progress: { done, total: known.length },
    }),
  }
}
