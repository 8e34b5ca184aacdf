import { onBeforeUnmount, onMounted, shallowRef } from "vue"

const STEP = 20
const FINE_STEP = 2
const REST = 400
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/**
 * The keyboard of the editor.
 *
 * Commands work from anywhere in the page but text fields, which keep their own undo; keys that
 * change the canvas only when it has the focus, or nothing has.
 */
export function useKeyboard({ root, flow, graph, selection, actions, wiring, refocus, enabled }) {
  const hand = shallowRef(false)
  const moving = new Set()
  let resting = 0

  function onKeyDown(event) {
    if (!enabled() || event.isComposing) return
    // Vue Flow takes Space for its own hand before it gets here.
    if (event.code === "Space" && !isEditable(event.target) && hasFocus()) hand.value = true
    else if (event.defaultPrevented) return
    const handled = isChord(event) ? chord(event) : plain(event)
    if (handled) event.preventDefault()
  }

  function chord(event) {
    const key = event.key.toLowerCase()
    if (key === "enter") return command("run")
    if (isWritten(event.target)) return false
    if (key === "z") return command(event.shiftKey ? "redo" : "undo")
    if (key === "y") return command("redo")
    if (!hasFocus()) return false
    if (key === "a") {
      selection.set([...graph.nodes.keys()], [...graph.edges.keys()])
      return command("select_all")
    }
    return key === "d" ? command("duplicate") : false
  }

  function plain(event) {
    if (isEditable(event.target)) return false
    if (wiring.onKey(event)) return true
    if (event.key === "/") return command("palette_search")
    if (!hasFocus()) return false
    if (event.key in ARROWS) return nudge(event)
    if (event.key === "Delete" || event.key === "Backspace") return remove()
    if (event.key === "Escape") return clear()
    if (event.key === "Enter" || event.key === " ") return choose(event)
    return false
  }

  function command(name) {
    settle()
    actions.command(name)
    return true
  }

  function remove() {
    settle()
    actions.removeSelected()
    refocus()
    return true
  }

  function clear() {
    selection.set([])
    return true
  }

  /** Enter and Space select the card that has the focus; with Shift they add it or take it away. */
  function choose(event) {
    const id = event.target.closest?.("[data-node]")?.dataset.node
    if (!id || event.target.closest("button")) return false
    if (event.shiftKey) selection.toggleCard(id)
    else selection.set([id])
    return true
  }

  function nudge(event) {
    const ids = selection.cards()
    if (!ids.length) return false
    const [dx, dy] = ARROWS[event.key]
    const step = event.altKey ? FINE_STEP : STEP
    for (const id of ids) {
      const { x, y } = flow.at(id)
      flow.place(id, { x: x + dx * step, y: y + dy * step })
      moving.add(id)
    }
    clearTimeout(resting)
    resting = setTimeout(settle, REST)
    return true
  }

  /** A row of arrow keys is one move: told when they rest, or before anything else is. */
  function settle() {
    clearTimeout(resting)
    if (moving.size) actions.moved([...moving])
    moving.clear()
  }

  function hasFocus() {
    const active = document.activeElement
    return !active || active === document.body || root.value?.contains(active)
  }

  /** While Space is held, the hand takes hold of the plane through the cards. */
  function dropHand({ type, code }) {
    if (type === "blur" || code === "Space") hand.value = false
  }

  onMounted(() => {
    window.addEventListener("keydown", onKeyDown)
    window.addEventListener("keyup", dropHand)
    window.addEventListener("blur", dropHand)
  })
  onBeforeUnmount(() => {
    settle()
    window.removeEventListener("keydown", onKeyDown)
    window.removeEventListener("keyup", dropHand)
    window.removeEventListener("blur", dropHand)
  })

  return { hand }
}

/** Lists and boxes have no undo of their own, unlike all that is written. */
const isWritten = (target) =>
  isEditable(target) && !(target.matches("select, [type=checkbox]") && !inDialog(target))

const inDialog = (target) => target.closest("[role=dialog]")

const isChord = (event) => (event.ctrlKey || event.metaKey) && !event.altKey

function isEditable(target) {
  return Boolean(
    target?.closest?.(
      "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=dialog]",
    ),
  )
}
