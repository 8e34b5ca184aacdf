// The parts of the page, so that a key leads from one to the next.

const PARTS = [".sheetview", ".tr-canvas", ".insp", ".strip", ".top", ".pal"]
const FIRST = [
  "[data-node].tr-selected",
  "[role=tab][aria-selected=true]",
  "[data-node], a[href], button:not(:disabled), input:not([tabindex='-1'])",
]

/** Put the focus into the next part of the page, or (`step` -1) into the one before. */
export function toNextPart(step = 1) {
  const parts = PARTS.map((part) => document.querySelector(part)).filter(isSeen)
  const at = parts.findIndex((part) => part.contains(document.activeElement))
  const next = at < 0 ? 0 : (at + step + parts.length) % parts.length
  enter(parts[next])
}

/** Put the focus on the open tab of the inspector. */
export function toInspector() {
  enter(document.querySelector(".insp"))
}

function enter(part) {
  for (const first of FIRST) {
    const found = [...part.querySelectorAll(first)].find(isSeen)
    if (found) return found.focus()
  }
  part.focus()
}

const isSeen = (element) => element?.getClientRects().length > 0 && !element.closest("[inert]")
