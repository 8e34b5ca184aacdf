import { bytes, integer, seconds, timeLeft } from "./format.js"

// What a card says about itself: one icon, one word, one short note, one tone (colour).

const STATES = {
  stale: { icon: "stale", tone: "stale", word: "Stale" },
  queued: { icon: "queued", tone: "idle", word: "Queued" },
  running: { icon: "running", tone: "run", word: "Running" },
  done: { icon: "done", tone: "done", word: "Done" },
  failed: { icon: "error", tone: "error", word: "Failed" },
  cancelled: { icon: "cancelled", tone: "idle", word: "Cancelled" },
  blocked: { icon: "blocked", tone: "idle", word: "Blocked" },
  bypassed: { icon: "bypassed", tone: "idle", word: "Bypassed" },
}
const NEVER_RUN = { icon: "idle", tone: "idle", word: "Not run yet" }
const NOTHING = { icon: "", tone: "idle", word: "", note: "" }
const INTERRUPTED = { icon: "cancelled", tone: "stale", word: "Interrupted", note: "" }
const STOPPING = { icon: "stopping", tone: "idle", word: "Stopping…", note: "" }
const NO_ROOM = { icon: "queued", tone: "stale", word: "Waits for room" }
const UNKNOWN = { icon: "error", tone: "error", word: "Not installed" }
const BUSY = new Set(["queued", "running"])

export const isBusy = (runtime) => BUSY.has(runtime?.state)
const waitsForRoom = (runtime) => isBusy(runtime) && runtime.waiting?.needed !== undefined
export const isStopping = (runtime) => isBusy(runtime) && Boolean(runtime.cancelling)

/**
 * Errors before a run outrank the state of the last one, but not a run in progress. Of a card as
 * it was (`past`), no word stands for what nobody knows. A composite brings its own words.
 */
export function describe(node, runtime, past = false) {
  if (node.unknown) {
    const here = node.broken ? "Broken file" : UNKNOWN.word
    const word = node.off ? "Not trusted yet" : here
    return { ...UNKNOWN, word, note: "", face: false }
  }
  if (!isBusy(runtime) && node.enabled !== false) {
    const errors = node.problems?.filter((problem) => problem.level === "error").length ?? 0
    if (errors) return { icon: "error", tone: "error", word: counted(errors), note: "blocked" }
  }
  if (node.enabled === false && !isBusy(runtime)) return { ...STATES.bypassed, note: "" }
  if (!runtime) return past ? NOTHING : { ...NEVER_RUN, note: "" }
  if (isStopping(runtime)) return STOPPING
  if (runtime.state === "cancelled" && runtime.reason === "interrupted") return INTERRUPTED
  const state = STATES[runtime.state] ?? NEVER_RUN
  if (waitsForRoom(runtime)) return { ...NO_ROOM, note: bytes(runtime.waiting.needed) }
  const word = runtime.word ?? progressWord(runtime) ?? state.word
  return { ...state, word, note: runtime.note ?? noteOf(runtime) }
}

const counted = (count) => (count === 1 ? "1 problem" : `${count} problems`)

function progressWord({ state, progress }) {
  if (state !== "running" || !progress) return null
  const unit = progress.unit ? progress.unit[0].toUpperCase() + progress.unit.slice(1) : "Step"
  const of = progress.total ? `/${integer(progress.total)}` : ""
  return `${unit}\u00a0${integer(progress.done)}${of}`
}

function noteOf(runtime) {
  switch (runtime.state) {
    case "done":
      return [runtime.device, runtime.cached ? "reused" : seconds(runtime.seconds)]
        .filter(Boolean)
        .join(" · ")
    case "running":
      return timeLeft(runtime.progress?.left) || seconds(runtime.seconds)
    case "failed":
    case "cancelled":
      return seconds(runtime.seconds)
    case "stale":
      return runtime.reason ?? ""
    case "queued":
      return runtime.reason?.startsWith("Waits") ? "" : (runtime.reason ?? "")
    default:
      return ""
  }
}

/** What is said of money: what it costs or has cost, else what it would cost; null for nothing. */
export const priceOf = (node, runtime) => runtime?.price ?? node.price ?? null

/** Share of the work that is done, 0 to 1, or null when nobody knows. */
export function shareDone(runtime) {
  const { done, total } = runtime?.progress ?? {}
  return runtime?.state === "running" && total > 0 ? Math.min(1, Math.max(0, done / total)) : null
}

/** The count in the corner: errors and warnings, red when there is an error. */
export function badgeOf(node) {
  if (node.enabled === false) return null // they are in nobody's way
  const counting = (node.problems ?? []).filter((problem) => problem.level !== "info")
  if (!counting.length) return null
  const tone = counting.some((problem) => problem.level === "error") ? "error" : "stale"
  return { count: counting.length, tone, text: counting.map((p) => p.message).join("\n") }
}

/** A wire is solid once data has gone through it. */
export function hasFlowed(runtime) {
  if (!runtime) return false
  return (
    runtime.state === "done" ||
    (runtime.state === "stale" && Boolean(runtime.face ?? runtime.ports))
  )
}

const METRIC_NAMES = { val_loss: "val.", validation_loss: "val.", validation: "val.", r2: "R²" }

/** The curve face of a card that is still at work, drawn over the whole range it will cover. */
export function liveFace(runtime) {
  const progress = runtime?.state === "running" ? runtime.progress : null
  if (!progress?.curve?.length) return null
  const [left, right] = Object.entries(progress.metrics ?? {}).map(([name, value]) => ({
    label: METRIC_NAMES[name] ?? name.replaceAll("_", " "),
    value,
  }))
  const { curve: values, curve_at: at, total: length } = progress
  return { kind: "curve", values, at, length, left, right }
}

/**
 * What stands where the result will be, if something has to be said: [[text, faint], …].
 * `waitsFor` are the titles of the cards that a queued one waits for.
 */
export function linesOf(node, runtime, waitsFor, lastResult = "") {
  if (node.off) return [["It came along, and is off until you trust it.", false]]
  if (node.broken) return [[node.broken, false]]
  if (node.unknown) return [[`The card ${node.card} is not installed here.`, false]]
  const error = !isBusy(runtime) && node.problems?.find((problem) => problem.level === "error")
  if (error) return sentences(error)
  if (runtime?.state === "failed" && runtime.error) return sentences(runtime.error)
  if (waitsForRoom(runtime) && !isStopping(runtime))
    return [
      [ROOM, false],
      [UNPAID, true],
    ]
  const why = waitingSentence(runtime, waitsFor)
  return why && [[why, false], ...(lastResult ? [[`Last run: ${lastResult}`, true]] : [])]
}

const ROOM = "Its result waits at Modal for room on this disk."
const UNPAID = "Nothing is paid meanwhile."

function waitingSentence(runtime, waitsFor) {
  if (isStopping(runtime)) return runtime.state === "queued" ? "It is being stopped." : null
  if (runtime?.waiting) return `No ${runtime.waiting.gpu ?? "container"} has come yet. It waits.`
  if (runtime?.state === "queued") return `Waits for ${waitsFor.join(", ") || "its turn"}.`
  return runtime?.state === "blocked" && runtime.reason ? ended(runtime.reason) : null
}

const sentences = ({ message, hint }) => [[ended(message), false], ...(hint ? [[hint, true]] : [])]

const ended = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`)
