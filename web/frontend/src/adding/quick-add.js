import { shallowRef } from "vue"
import { intoWire } from "../making-room.js"
import { endsOf } from "../wires/ends.js"
import { CARD_HEIGHT, CARD_WIDTH, COLUMN_PITCH } from "../geometry.js"
import { wiresOf } from "./companions.js"
import { freePlace, goodPlace } from "./free-place.js"

/**
 * The search of cards that opens where a card is wanted: under the pointer, else beside the
 * selected card, else in the middle of what is seen.
 */
export function createQuickAdd({ root, graph, flow, selection, actions }) {
  /** While it is open: where the card would lie, the card it goes on `from`, or its `wire`. */
  const place = shallowRef(null)
  let pointer = null
  let before = null
  let chosenBefore = null

  const follow = ({ clientX, clientY }) => (pointer = { x: clientX, y: clientY })
  const forget = () => (pointer = null)

  function open() {
    const from = onlySelected()
    const pointed = underPointer()
    return openAt(pointed ?? besideSelected(from), from, !pointed)
  }

  /** Of a double click the first click has taken the selection away: it is `clicked` before that. */
  function onDoubleClick({ clientX, clientY, target }) {
    if (!target.classList.contains("vue-flow__pane")) return
    openAt(flow.screenToFlowCoordinate({ x: clientX, y: clientY }), chosenBefore)
  }
  function clicked({ detail }) {
    if (detail === 1) chosenBefore = onlySelected()
  }

  /** Where nobody pointed (`loose`), the card goes to where it stands well with its wires. */
  function openAt(at, from, loose = false) {
    if (place.value) return false
    before = document.activeElement
    place.value = { ...free(at), from: graph.nodes.has(from) ? from : null, loose }
    window.addEventListener("pointerdown", onPointerElsewhere, true)
    return true
  }

  /** The card that is chosen goes into this wire. */
  function openInWire(id) {
    const { x1, y1, x2, y2 } = endsOf(graph.edges.get(id), graph, flow)
    const middle = { x: (x1 + x2 - CARD_WIDTH) / 2, y: (y1 + y2 - CARD_HEIGHT) / 2 }
    if (openAt(middle, null)) place.value = { ...place.value, ...middle, wire: id }
  }

  function onlySelected() {
    const ids = selection.cards()
    return ids.length === 1 ? ids[0] : null
  }

  /** Only bare ground says where: a pointer that rests on a card was used for that one. */
  function underPointer() {
    const target = pointer && document.elementFromPoint(pointer.x, pointer.y)
    const bare = target && root.value.contains(target) && !target.closest("[data-node], button")
    return bare ? flow.screenToFlowCoordinate(pointer) : null
  }

  function besideSelected(id) {
    return id ? { x: flow.at(id).x + COLUMN_PITCH, y: flow.at(id).y } : inMiddle()
  }

  function inMiddle() {
    const { width, height } = flow.dimensions.value
    const middle = flow.canvasToFlow({ x: width / 2, y: height / 2 })
    return { x: middle.x - CARD_WIDTH / 2, y: middle.y - CARD_HEIGHT / 2 }
  }

  const free = (corner) => freePlace({ graph, flow }, corner)

  function choose(offer) {
    const at = place.value
    close(root.value)
    forget()
    spawn(offer, at)
  }

  /** Add a card without a look at where: beside the selected card, or in the middle. */
  function add(offer) {
    root.value.focus({ preventScroll: true })
    spawn(offer, { ...besideSelected(onlySelected()), loose: true })
  }

  function addInMiddle(offer) {
    root.value.focus({ preventScroll: true })
    actions.spawn({ card: offer.card, ...free(inMiddle()) })
  }

  function spawn({ card, connect, splice, params }, { x, y, wire, loose }) {
    const edge = graph.edges.get(wire)
    const known = graph.catalog.value.find((each) => each.card === card)
    if (splice && edge)
      actions.spawn({
        card,
        params,
        ...intoWire({ graph, flow }, { edge, ...splice }, known, { x, y }),
      })
    else {
      const wires = known ? wiresOf(graph, known, connect) : []
      const at = loose && known ? goodPlace({ graph, flow }, known, wires, { x, y }) : { x, y }
      actions.spawn({ card, ...at, connect: wires, params })
    }
  }

  const cancel = () => close(before?.isConnected ? before : root.value)

  function close(focus) {
    window.removeEventListener("pointerdown", onPointerElsewhere, true)
    place.value = null
    focus.focus({ preventScroll: true })
  }

  function onPointerElsewhere({ target }) {
    if (!target.closest?.(".tr-menu")) cancel()
  }

  return {
    place,
    open,
    openInWire,
    onDoubleClick,
    clicked,
    add,
    addInMiddle,
    choose,
    cancel,
    follow,
    forget,
  }
}
