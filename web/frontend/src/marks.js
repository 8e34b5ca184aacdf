import { ICONS } from "./icons.js"
import { picture } from "./images.js"

// The icons of the states, as pictures in the colours of the page.

const COLOURS = {
  done: "--done",
  error: "--error",
  stale: "--stale",
  running: "--run",
  queued: "--idle",
  cancelled: "--idle",
  stopping: "--idle",
  blocked: "--idle",
  bypassed: "--idle",
  idle: "--idle",
}

/** Rules for `.tr-mark-…` in both themes, from the page's variables as they are now. */
export function markStyles() {
  return ["light", "dark"].map((theme) => withColours(theme, rulesFor)).join("")
}

function withColours(theme, use) {
  const probe = document.createElement("div")
  probe.dataset.theme = theme
  document.body.append(probe)
  const style = getComputedStyle(probe)
  const rules = use(theme, (name) => style.getPropertyValue(name).trim())
  probe.remove()
  return rules
}

function rulesFor(theme, colour) {
  const where = theme === "dark" ? "[data-theme=dark] " : ""
  return Object.entries(COLOURS)
    .map(
      ([name, variable]) =>
        `${where}.tr-mark-${name}{background-image:${draw(name, colour(variable))}}`,
    )
    .join("")
}

function draw(name, colour) {
  const line = `fill="none" stroke="${colour}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"`
  const dashes = name === "idle" ? ' stroke-dasharray="2.2 2.67"' : ""
  const ring = name === "running" ? `<path d="${ICONS.idle}" ${line} opacity=".25"/>` : ""
  return picture("0 0 16 16", `${ring}<path d="${ICONS[name]}" ${line}${dashes}/>`)
}
