import { nextTick, onMounted } from "vue"
import { drag } from "d3-drag"
import { select } from "d3-selection"
import { useCanvas } from "../context.js"
import { useDragging } from "../dragging.js"
import { edgePan } from "../edge-pan.js"

/** Pixels that a press may waver before it is a drag. */
const WAVERS = { mouse: 1, touch: 8 }

const cardOf = (target) => target.closest("[data-id]")
const canHold = (target) => cardOf(target) && !target.closest(".nodrag")
const isMore = (event) => event.shiftKey || event.ctrlKey || event.metaKey
const pointerOf = (event) => event.touches?.[0] ?? event.changedTouches?.[0] ?? event

/**
 * Taking hold of cards: a click selects, a drag moves what is selected. One listener hears for all
 * of them; Vue Flow's own nodes have a dozen each, which takes long at a thousand cards.
 */
export function useHolding(plane) {
  const { flow, selection, readonly } = useCanvas()
  const dragging = useDragging()
  const pan = edgePan(flow, () => held?.nodes && carry())
  let held = null

  const gesture = drag()
    .filter(({ button, target }) => !readonly && !button && canHold(target))
    .subject(({ sourceEvent }) => ({ id: cardOf(sourceEvent.target).dataset.id }))
    .on("start", press)
    .on("drag", move)
    .on("end", release)
  onMounted(() => select(plane.value).call(gesture))

  function placeOf(event) {
    const { clientX: x, clientY: y } = pointerOf(event)
    return flow.screenToFlowCoordinate({ x, y })
  }

  function press({ subject: { id }, sourceEvent: event }) {
    letGo() // of a card that was taken away under a finger, which nobody heard rise
    const waver = (event.touches ? WAVERS.touch : WAVERS.mouse) / flow.viewport.value.zoom
    held = { id, event, from: placeOf(event), before: selection.cards(), waver, nodes: null }
  }

  function move({ sourceEvent: event }) {
    if (!held) return
    held.event = event
    if (!held.nodes && reach(event) > held.waver) take()
    if (!held.nodes) return
    pan.steer(pointerOf(event))
    carry()
  }

  function reach(event) {
    const { x, y } = placeOf(event)
    return Math.hypot(x - held.from.x, y - held.from.y)
  }

  /** From here on it is a drag, of all that is selected. */
  function take() {
    const { id, event, before } = held
    const node = flow.findNode(id)
    if (!node) return letGo()
    choose(node)
    held.nodes = flow.nodes.value.filter((each) => each.selected || each.id === id)
    held.starts = held.nodes.map((each) => flow.at(each.id))
    held.from = placeOf(event)
    dragging.start({ event, node, nodes: held.nodes, before })
  }

  function carry() {
    const { id, event, from, starts } = held
    const { x, y } = placeOf(event)
    const nodes = held.nodes.filter((node) => flow.at(node.id))
    held.nodes.forEach((node, index) => {
      const start = starts[index]
      flow.place(node.id, { x: start.x + x - from.x, y: start.y + y - from.y })
    })
    const node = nodes.find((each) => each.id === id)
    if (node) dragging.move({ event, node, nodes })
  }

  /** One that wavered a little was a click; the browser takes it for none. */
  function release({ sourceEvent: event }) {
    const wavered = held && !held.nodes && reach(event)
    if (wavered) clicked(held.id, event)
    letGo()
  }

  function letGo() {
    pan.stop()
    if (held?.nodes) dragging.stop({ nodes: held.nodes.filter((node) => flow.at(node.id)) })
    held = null
  }

  function click(event) {
    const card = cardOf(event.target)
    if (card) clicked(card.dataset.id, event)
  }

  /** A plain click on one of several selected cards selects it alone. */
  function clicked(id, event) {
    const node = flow.findNode(id)
    if (!node) return
    choose(node)
    if (!isMore(event)) selection.set([id])
  }

  function choose(node) {
    flow.nodesSelectionActive.value = false
    if (!node.selected) return flow.addSelectedNodes([node])
    if (!flow.multiSelectionActive.value) return
    flow.removeSelectedNodes([node])
    nextTick(() => document.activeElement?.closest("[data-id]")?.querySelector(".tr-card")?.blur())
  }

  return { click, copies: dragging.copies }
}
