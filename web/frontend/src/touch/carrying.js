import { onBeforeUnmount, onMounted } from "vue"

const STARTS_AFTER = 10
const RAIL = 100

const cardOf = ({ target }) => target.closest?.("[data-card][draggable=true]")

function fold(palette, away) {
  palette?.classList.toggle("folded", away)
  palette?.classList.toggle("unfolded", !away)
}

/**
 * A finger takes cards out of the palette: to the side it carries one to the canvas, up and down it
 * scrolls, and a tap puts the card into the middle of what is seen. Where the palette is a rail, the
 * first tap unfolds it, and one elsewhere folds it: browsers leave the pointer of a finger behind.
 */
export function useCarrying({ root, drops, quickAdd, enabled }) {
  let held = null
  let touched = null

  function onPointerDown(event) {
    letGo()
    if (event.pointerType !== "touch") return
    const palette = (touched = document.querySelector(".pal"))
    const folded = palette?.offsetWidth < RAIL && !palette.classList.contains("unfolded")
    fold(palette, !palette?.contains(event.target))
    const source = enabled() && cardOf(event)
    if (!source) return
    held = { id: event.pointerId, card: source.dataset.card, x: event.clientX, y: event.clientY }
    Object.assign(held, { palette, folded, carried: false })
    drops.noteCard(event)
  }

  function onPointerMove(event) {
    if (touched && event.pointerType === "mouse") {
      touched.classList.remove("folded", "unfolded") // a mouse need only be over it
      touched = null
    }
    if (event.pointerId !== held?.id) return
    const across = Math.abs(event.clientX - held.x)
    held.carried ||= across > STARTS_AFTER && across > Math.abs(event.clientY - held.y)
    if (!held.carried) return
    held.palette?.classList.add("dragging")
    if (isOver(event)) drops.hover(event)
    else drops.away()
  }

  function onPointerUp(event) {
    if (event.pointerId !== held?.id || !held.carried) return
    const target = drops.away()
    if (isOver(event)) drops.put(held.card, target, event)
    fold(held.palette, true)
    letGo()
  }

  function onCancel({ pointerId }) {
    if (pointerId === held?.id) letGo()
  }

  function letGo() {
    if (!held) return
    held.palette?.classList.remove("dragging")
    if (held.carried) drops.away()
    drops.forget()
    held = null
  }

  function onClick(event) {
    const source = event.pointerType === "touch" && enabled() && cardOf(event)
    if (!source) return
    event.stopPropagation()
    if (!held?.folded) quickAdd.addInMiddle({ card: source.dataset.card })
    letGo()
  }

  function isOver({ clientX, clientY }) {
    const { left, right, top, bottom } = root.value.getBoundingClientRect()
    return clientX > left && clientX < right && clientY > top && clientY < bottom
  }

  const heard = [
    ["pointerdown", onPointerDown],
    ["pointermove", onPointerMove],
    ["pointerup", onPointerUp],
    ["pointercancel", onCancel],
    ["click", onClick],
  ]
  onMounted(() => {
    for (const [name, handler] of heard) window.addEventListener(name, handler, true)
  })
  onBeforeUnmount(() => {
    for (const [name, handler] of heard) window.removeEventListener(name, handler, true)
  })
}
