import { onBeforeUnmount, onMounted } from "vue"
import { written } from "./commands/keys.js"
import { clipOf, createPlacing, sendable } from "./clip.js"
import { isEditable } from "./keyboard.js"

const TOO_MUCH =
  "What was copied is too large to be pasted at once: paste it in parts, or export it and drop the file on the list of pipelines."

/**
 * Copy, cut and paste, by the browser's own events: they need no permission, and their keys are
 * those that people know. From a menu the browser is asked to do the same.
 */
export function useClipboard({ root, graph, flow, selection, actions, emit, enabled }) {
  const sources = {}
  const placing = createPlacing()
  let pointer = null
  let asked = false
  let awaited = false // whether the server was asked for the text of what was copied last
  let answer = null

  /** Text that is selected, or written in, is what is meant; and nothing while the page is away. */
  const isOurs = ({ target }) =>
    enabled() &&
    !root.value.closest("[inert]") &&
    (asked || !(isEditable(target) || String(window.getSelection())))

  function onCopy(event) {
    if (answer !== null) {
      event.preventDefault()
      return event.clipboardData.setData("text/plain", answer)
    }
    awaited = false
    const { nodes: ids, annotations: notes } = selection.whole()
    if (!isOurs(event) || !(ids.length || notes.length)) return
    event.preventDefault()
    event.clipboardData.setData("text/plain", clipOf({ graph, flow, sources }, ids, notes))
    awaited = isBehind()
    if (awaited) emit("command", { name: "copy", nodes: ids, annotations: notes })
    if (event.type === "cut") actions.removeSelected("Cut")
  }

  function onPaste(event) {
    if (!isOurs(event)) return
    const text = event.clipboardData.getData("text/plain")
    const file = [...event.clipboardData.files].find(({ name }) => /\.json$/i.test(name))
    if (!text && !file) return
    event.preventDefault()
    if (text) paste(text)
    else file.text().then(paste)
  }

  function paste(text) {
    const sent = sendable(text)
    if (sent === null) return emit("rejected", { message: TOO_MUCH })
    emit("paste", { text: sent, ...placing.cornerFor(text, place()) })
  }

  /** Where the pointer is on the plane, if it is on the canvas. */
  function place() {
    return pointer && flow.screenToFlowCoordinate(pointer)
  }

  function follow({ clientX, clientY }) {
    pointer = { x: clientX, y: clientY }
  }

  /** What a menu does: the same events, asked for. Returns whether the browser did it. */
  function ask(name) {
    asked = true
    const done = document.execCommand(name)
    asked = false
    return done
  }

  /** What was copied, as the server has it; too late where something else was copied meanwhile. */
  function put(text) {
    if (!awaited) return
    answer = text
    ask("copy")
    answer = null
    awaited = false
  }

  /** Without anything selected, a browser asks first whether there is something to copy. */
  const before = (event) => asked && event.preventDefault()

  async function pasteFromMenu() {
    try {
      paste(await navigator.clipboard.readText())
    } catch {
      const keys = written("mod+v").join("+")
      emit("rejected", { message: `The browser keeps the clipboard to itself: press ${keys}.` })
    }
  }

  const heard = [
    ["copy", onCopy],
    ["cut", onCopy],
    ["paste", onPaste],
    ["beforecopy", before],
    ["beforecut", before],
  ]
  onMounted(() => {
    for (const [name, handler] of heard) document.addEventListener(name, handler)
    root.value.addEventListener("pointermove", follow, { passive: true })
    root.value.addEventListener("pointerleave", leave)
  })
  onBeforeUnmount(() => {
    for (const [name, handler] of heard) document.removeEventListener(name, handler)
  })

  function leave() {
    pointer = null
  }

  const setSources = (more) => Object.assign(sources, more)

  return { copy: () => ask("copy"), cut: () => ask("cut"), pasteFromMenu, place, put, setSources }
}

/** An edit that is on its way is not in what the canvas knows: the server has it, a moment later. */
const isBehind = () => document.documentElement.hasAttribute("data-unanswered")
