import { onBeforeUnmount, onMounted, shallowRef } from "vue"
import { isEditable } from "../keyboard.js"

const LONG = 500
const STILL = 8

/**
 * The menu of a right click, of the menu key, or of a finger that stays: for the card or the wire
 * that it is about, which is selected by that, or for the canvas.
 */
export function useMenu({ root, graph, selection, refocus, enabled }) {
  const open = shallowRef(null)
  let pressing = null
  /** The finger that opened the menu is still down, or was lifted last: it clicks nothing. */
  let held = false

  function onContextMenu(event) {
    if (event.target.closest(".tr-context")) return event.preventDefault()
    if (!enabled() || isEditable(event.target)) return
    event.preventDefault()
    const byHand = event.button === 2 || event.pointerType === "touch"
    show(event.target, byHand ? event : null)
  }

  function show(target, point) {
    const card = target.closest("[data-node]")
    const wire = target.closest("[data-edge]")
    const note = target.closest("[data-note]")
    if (card) chooseCard(card.dataset.node)
    else if (wire) chooseWire(wire.dataset.edge)
    else if (note) chooseNote(note.dataset.note)
    const box = root.value.getBoundingClientRect()
    const { clientX, clientY } = point ?? middleOf(card ?? wire ?? note ?? root.value)
    const isOne = selection.cards().length === 1 && graph.frameOf(card?.dataset.node)
    const kind = isOne ? "composite" : kindOf(card, wire, note)
    open.value = { kind, x: clientX - box.left, y: clientY - box.top }
  }

  /** The menu is about all that is selected, if the card is one of them. */
  function chooseCard(id) {
    if (!selection.cards().includes(id)) selection.set([id])
  }

  /** That of a wire is about it alone. */
  function chooseWire(id) {
    if (graph.edges.has(id)) selection.set([], [id])
  }

  function chooseNote(id) {
    if (!selection.notes.has(id)) selection.set([], [], [id])
  }

  /** By key: for the card that has the focus, else for the selected one, else for the canvas. */
  function showByKey() {
    const [selected] = selection.cards()
    const focused = document.activeElement?.closest?.("[data-node], [data-note], [data-edge]")
    const card = selected && root.value.querySelector(`[data-node="${CSS.escape(selected)}"]`)
    show(focused ?? card ?? root.value, null)
  }

  function close() {
    if (!open.value) return
    open.value = null
    refocus()
  }

  function onPointerDown(event) {
    if (open.value && !event.target.closest?.(".tr-context")) open.value = null
    held = false
    if (event.pointerType !== "touch" || !root.value.contains(event.target) || !enabled()) return
    if (pressing || !event.isPrimary) return lift() // two fingers zoom
    const { clientX, clientY, target } = event
    pressing = { clientX, clientY }
    pressing.timer = setTimeout(() => {
      held = true
      show(target, { clientX, clientY })
    }, LONG)
  }

  function onClick(event) {
    if (!held) return
    held = false
    event.stopPropagation()
    event.preventDefault()
  }

  function onPointerMove({ clientX, clientY }) {
    if (!pressing) return
    if (Math.hypot(clientX - pressing.clientX, clientY - pressing.clientY) > STILL) lift()
  }

  function lift() {
    clearTimeout(pressing?.timer)
    pressing = null
  }

  const heard = [
    ["pointerdown", onPointerDown],
    ["pointermove", onPointerMove],
    ["pointerup", lift],
    ["pointercancel", lift],
  ]
  onMounted(() => {
    root.value.addEventListener("contextmenu", onContextMenu)
    window.addEventListener("click", onClick, true)
    for (const [name, handler] of heard)
      window.addEventListener(name, handler, { capture: true, passive: true })
  })
  onBeforeUnmount(() => {
    lift()
    window.removeEventListener("click", onClick, true)
    for (const [name, handler] of heard)
      window.removeEventListener(name, handler, { capture: true })
  })

  return { open, close, showByKey }
}

function middleOf(element) {
  const { left, top, width, height } = element.getBoundingClientRect()
  return { clientX: left + width / 2, clientY: top + height / 2 }
}

function kindOf(card, wire, note) {
  if (card) return "card"
  if (wire) return "wire"
  return note ? note.dataset.kind : "canvas"
}
