import { onBeforeUnmount, onMounted, shallowRef } from "vue"

/**
 * The keyboard of the editor: finds the command of a key, and where its keys are heard.
 *
 * Text fields keep their own keys, and their own undo. A canvas that is not `seen` hears none.
 */
export function useKeyboard({ root, commands, wiring, moving, enabled, seen }) {
  const hand = shallowRef(false)

  function onKeyDown(event) {
    if (!enabled() || event.isComposing || root.value?.closest("[inert]")) return
    // Vue Flow takes Space for its own hand before it gets here.
    if (event.code === "Space" && isOnCanvas(event.target)) hand.value = true
    else if (event.defaultPrevented) return
    if (handle(event)) event.preventDefault()
  }

  function handle(event) {
    if (!isChord(event) && seen() && !isEditable(event.target) && wiring.onKey(event)) return true
    const command = commands.pressed(event)
    if (!command || !isHeard(command, event)) return false
    if (!command.goesOn) moving.settle()
    takeTyped(event.target)
    return command.run(event) !== false
  }

  const isOnCanvas = (target) => seen() && !isEditable(target) && hasFocus()

  function isHeard({ where = "canvas", onCanvas = where === "canvas" }, event) {
    if (onCanvas && !seen()) return false
    if (where === "anywhere") return true
    if (isChord(event) ? isWritten(event.target) : isEditable(event.target)) return false
    return where === "page" || hasFocus()
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
    moving.settle()
    window.removeEventListener("keydown", onKeyDown)
    window.removeEventListener("keyup", dropHand)
    window.removeEventListener("blur", dropHand)
  })

  return { hand }
}

/** A value that is still being typed is meant by what is done now: "Run" runs with it. */
function takeTyped(target) {
  if (target.dataset?.typed) target.dispatchEvent(new Event("focusout", { bubbles: true }))
}

/** Lists and boxes have no undo of their own, unlike all that is written. */
const isWritten = (target) =>
  isEditable(target) && !(target.matches("select, [type=checkbox]") && !inDialog(target))

const inDialog = (target) => target.closest("[role=dialog], dialog")

const isChord = (event) => (event.ctrlKey || event.metaKey) && !event.altKey

export function isEditable(target) {
  return Boolean(
    target?.closest?.(
      "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=dialog], dialog",
    ),
  )
}
