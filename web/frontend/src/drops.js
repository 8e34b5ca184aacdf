import { onBeforeUnmount, onMounted, shallowRef } from "vue"
import { CARD_WIDTH, snap } from "./geometry.js"
import { intoWire } from "./making-room.js"

const CARD = "application/x-tensorrag-card"
const MAX_CARD_FILE = 500_000
const GRIP = { x: CARD_WIDTH / 2, y: 17 }

/** Cards from the palette and files from the desktop, dropped on the canvas. */
export function useDrops({ graph, flow, splicing, actions, emit, enabled }) {
  const ghost = shallowRef(null)
  let held = null

  /** Until it is dropped, a browser does not say which card it is. */
  function noteCard({ target }) {
    const id = target.closest?.("[data-card][draggable=true]")?.dataset.card
    held = graph.catalog.value.find(({ card }) => card === id) ?? null
  }
  const forget = () => (held = null)
  onMounted(() => {
    window.addEventListener("dragstart", noteCard)
    window.addEventListener("dragend", forget)
  })
  onBeforeUnmount(() => {
    window.removeEventListener("dragstart", noteCard)
    window.removeEventListener("dragend", forget)
  })

  function placeAt(event) {
    const { x, y } = flow.screenToFlowCoordinate({ x: event.clientX, y: event.clientY })
    return { x: snap(x - GRIP.x), y: snap(y - GRIP.y) }
  }

  function over(event) {
    const types = event.dataTransfer?.types ?? []
    const isCard = types.includes(CARD)
    if (!enabled() || !(isCard || types.includes("Files"))) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "copy"
    if (isCard) hover(event)
  }

  function hover(event) {
    if (!ghost.value && held) splicing.begin(held)
    ghost.value = placeAt(event)
    splicing.follow(ghost.value, event)
  }

  function leave(event) {
    if (!event.currentTarget.contains(event.relatedTarget)) away()
  }

  function away() {
    ghost.value = null
    return splicing.end()
  }

  function drop(event) {
    const target = away()
    if (!enabled()) return
    const card = event.dataTransfer.getData(CARD)
    const files = [...event.dataTransfer.files]
    if (!card && !files.length) return
    event.preventDefault()
    if (card) put(card, target, event)
    emit("rejected", { message: "" }) // what was wrong with other files is past
    for (const file of files) take(file, placeAt(event))
  }

  function put(card, target, event) {
    const place = placeAt(event)
    actions.spawn({ card, ...(target ? intoWire({ graph, flow }, target, held, place) : place) })
  }

  async function take(file, place) {
    try {
      if (/\.json$/i.test(file.name)) await openPipeline(file)
      else if (/\.py$/i.test(file.name)) await offerCard(file)
      else await upload(file, place)
    } catch (error) {
      emit("rejected", { message: `${file.name}: ${error.message}` })
    }
  }

  async function offerCard(file) {
    if (file.size >= MAX_CARD_FILE) {
      throw new Error("It is too large for a card: 500 kB at most.")
    }
    emit("drop_card", { name: file.name, text: await file.text() })
  }

  async function upload(file, place) {
    const body = new FormData()
    body.append("file", file)
    const answer = await post("/api/uploads", { body })
    emit("upload", { name: file.name, upload: answer.upload, ...place })
  }

  return { ghost, noteCard, forget, hover, away, put, over, leave, drop }
}

/** A pipeline file becomes a pipeline of its own, and the page goes there. */
async function openPipeline(file) {
  const headers = { "Content-Type": "application/json" }
  const { id } = await post("/api/pipelines", { headers, body: await file.text() })
  window.location.assign(`/edit/${encodeURIComponent(id)}`)
}

/** POST and read JSON; an RFC 9457 problem becomes an Error: what is wrong, and what to do. */
async function post(url, options) {
  const response = await fetch(url, { method: "POST", ...options })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const wrong = answer.detail ?? answer.title ?? `The server answered ${response.status}.`
  throw new Error([wrong, answer.hint].filter(Boolean).join(" "))
}
