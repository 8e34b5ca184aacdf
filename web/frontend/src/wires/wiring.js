import { shallowReactive, shallowRef, watch } from "vue"
import { CARD_WIDTH, COLUMN_PITCH, nearestPort, portOffset } from "../geometry.js"
import { freePlace } from "../adding/free-place.js"
import { coverPage } from "../cover.js"
import { edgePan } from "../edge-pan.js"
import { judge } from "../fit.js"
import { aim, mark, unmark } from "./marks.js"
import { createKeyWiring } from "./key-wiring.js"

const STARTS_AFTER = { touch: 8, mouse: 4, pen: 4 }
const REACH = 14

const opposite = (side) => (side === "out" ? "in" : "out")

/**
 * Drawing a wire from a port: what fits is ringed, what does not is dimmed, and the whole card is
 * the target. A wire already in a single input is picked up at that end.
 */
export function createWiring({ root, graph, flow, inView, actions, emit }) {
  const active = shallowRef(false)
  const menuOpen = shallowRef(false)
  const draft = shallowReactive({
    from: null,
    start: null,
    end: null,
    type: null,
    target: null,
    why: "",
    pointer: null,
  })
  let pressed = null
  let verdicts = new Map()
  let uncover = null
  const pan = edgePan(flow, () => pressed && follow(pressed.last))

  function press(event, end) {
    if (event.button !== 0 || active.value) return
    event.preventDefault()
    const from = event.pointerType === "touch" ? underFinger(end, event) : end
    pressed = { x: event.clientX, y: event.clientY, end: from, last: event }
    window.addEventListener("pointermove", onMove)
    window.addEventListener("pointerup", onUp)
    window.addEventListener("pointercancel", onCancel)
  }

  /** A finger covers several ports: the nearest on this side of the card is meant. */
  function underFinger({ node, side }, event) {
    const { inputs, outputs } = graph.nodes.get(node)
    const names = (side === "in" ? inputs : outputs).map(({ name }) => name)
    return portUnder(flow.findNode(node), names, placeUnder(event).y, side)
  }

  const placeUnder = ({ clientX, clientY }) =>
    flow.screenToFlowCoordinate({ x: clientX, y: clientY })

  /** A wire follows what drew it: beside a finger there may be a mouse, or another finger. */
  const isAnother = ({ pointerId }) => pointerId !== pressed.last.pointerId

  function onMove(event) {
    if (isAnother(event)) return
    const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y)
    if (!active.value && far < (STARTS_AFTER[event.pointerType] ?? STARTS_AFTER.mouse)) return
    pressed.last = event
    if (!active.value) {
      begin(pressed.end)
      uncover = coverPage("crosshair")
    }
    pan.steer(event)
    follow(event)
  }

  function begin(end) {
    const picked = wireToPickUp(end)
    const from = picked
      ? { node: picked.source, port: picked.source_port, side: "out" }
      : { ...end }
    from.released = picked?.id ?? null
    const { node } = graph.endOf(from.node, from.side, from.port)
    from.upstream = graph.wholeReach(node, "up")
    from.downstream = graph.wholeReach(node, "down")
    verdicts = new Map([...graph.nodes.keys()].map((id) => [id, judge(graph, from, id)]))
    verdicts.delete(from.node)
    Object.assign(draft, {
      from,
      start: placeOf(from),
      type: typeOf(from),
      target: null,
      why: "",
      pointer: null,
    })
    draft.end = draft.start
    mark(root.value, graph, from, verdicts, from.released)
    active.value = true
  }

  /** A card that comes near in the middle of it has its ports only then. */
  function markAgain() {
    if (!active.value) return
    unmark(root.value)
    mark(root.value, graph, draft.from, verdicts, draft.from.released)
  }
  watch(() => inView.named.size, markAgain, { flush: "post" })

  function wireToPickUp({ node, port, side }) {
    if (side !== "in") return null
    const input = graph.nodes.get(node).inputs.find(({ name }) => name === port)
    if (input.many) return null
    return (
      graph.edgesOf(node).find((edge) => edge.target === node && edge.target_port === port) ?? null
    )
  }

  function follow(event) {
    const point = placeUnder(event)
    const card = cardAt(point)
    const verdict = card && verdicts.get(card.id)
    const target = verdict?.ports.length
      ? portUnder(card, verdict.ports, point.y, opposite(draft.from.side))
      : null
    const box = root.value.getBoundingClientRect()
    draft.pointer = { x: event.clientX - box.left, y: event.clientY - box.top }
    draft.why = verdict?.why ?? ""
    setTarget(target)
    draft.end = target ? placeOf(target) : point
  }

  function setTarget(target) {
    if (target?.node === draft.target?.node && target?.port === draft.target?.port) return
    draft.target = target
    aim(root.value, target, target?.side)
  }

  /** The topmost card under a point, with room at its sides for the ports that stick out. */
  function cardAt({ x, y }) {
    let found = null
    for (const node of flow.nodes.value) {
      const { x: left, y: top } = node.position
      const inside =
        x > left - REACH &&
        x < left + CARD_WIDTH + REACH &&
        y > top &&
        y < top + node.dimensions.height
      if (inside && !(found?.selected && !node.selected)) found = node
    }
    return found
  }

  function portUnder(card, names, y, side) {
    const node = graph.nodes.get(card.id)
    const ports = names.map((name) => ({
      name,
      y: card.position.y + portOffset(node, side, name).y,
    }))
    return { node: card.id, port: nearestPort(ports, y).name, side }
  }

  function onUp(event) {
    if (isAnother(event)) return
    const { from, target, why } = draft
    if (!active.value) return clicked(pressed.end, event)
    if (target) join(from, target)
    else if (why) emit("rejected", { message: `${why}.` })
    else if (from.released && !overOwnCard()) actions.disconnect(from.released)
    else if (!from.released && !overOwnCard() && graph.catalog.value.length) return offerCards()
    cancel()
  }

  /** A click on a port asks what goes there: the wire leads to the next place with room. */
  function clicked(end, { pointerType }) {
    const asks = pointerType !== "touch" && !wireToPickUp(end) && graph.catalog.value.length
    if (!asks) return cancel()
    begin(end)
    const own = flow.at(end.node)
    const out = end.side === "out"
    const beside = { x: own.x + (out ? COLUMN_PITCH : -COLUMN_PITCH), y: own.y }
    const { x, y } = freePlace({ graph, flow }, beside)
    draft.end = { x: out ? x : x + CARD_WIDTH, y: y + draft.start.y - own.y }
    offerCards()
  }

  /** The wire hangs in the air: keep it, and offer the cards that it fits. */
  function offerCards() {
    letGo()
    menuOpen.value = true
    window.addEventListener("pointerdown", onPointerElsewhere, true)
  }

  function onPointerElsewhere({ target }) {
    if (!target.closest?.(".tr-menu")) cancel()
  }

  function join(from, target) {
    const [out, into] = from.side === "out" ? [from, target] : [target, from]
    actions.connect(out.node, out.port, into.node, into.port, from.released)
  }

  const onCancel = (event) => isAnother(event) || cancel()

  const overOwnCard = () => cardAt(draft.end)?.id === draft.from.node

  function cancel() {
    letGo()
    if (menuOpen.value) root.value.focus({ preventScroll: true })
    menuOpen.value = false
    window.removeEventListener("pointerdown", onPointerElsewhere, true)
    if (!active.value) return
    setTarget(null)
    unmark(root.value)
    active.value = false
  }

  function letGo() {
    window.removeEventListener("pointermove", onMove)
    window.removeEventListener("pointerup", onUp)
    window.removeEventListener("pointercancel", onCancel)
    pan.stop()
    uncover?.()
    uncover = null
    pressed = null
  }

  function placeOf({ node, port, side }) {
    const place = flow.at(node)
    const offset = portOffset(graph.nodes.get(node), side, port)
    return { x: place.x + offset.x, y: place.y + offset.y }
  }

  function typeOf({ node, port, side }) {
    const { inputs, outputs } = graph.nodes.get(node)
    return (side === "in" ? inputs : outputs).find(({ name }) => name === port)?.type ?? null
  }

  function show(target) {
    setTarget(target)
    draft.end = target ? placeOf(target) : draft.start
  }

  const keys = createKeyWiring({
    graph,
    flow,
    actions,
    active,
    draft,
    begin,
    show,
    join,
    cancel,
    fits: () => verdicts,
  })

  function onKey(event) {
    if (active.value && event.key === "Escape") {
      cancel()
      return true
    }
    return pressed ? false : keys.onKey(event)
  }

  const start = (focused) => !pressed && !active.value && keys.start(focused)

  return { active, draft, menuOpen, press, cancel, onKey, start, hint: keys.hint }
}
