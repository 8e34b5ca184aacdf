import { shallowReactive, toRaw, watch } from "vue"
import { CARD_WIDTH } from "./geometry.js"

const MARGIN = 240

/**
 * Keeps the browser's work to what is in view, a margin included.
 *
 * A card out of view is marked `data-away`: its contents are neither styled nor painted. A card is
 * built step by step: its title and ports when it first comes near enough for them to be seen
 * (`named`), the rest, result and all, when it can be read (`drawn`). The marks are set on the
 * elements by hand: a thousand cards asking where they are at each step of a pan would cost
 * more than they save.
 */
export function createInView(flow, { far, tiny }) {
  const named = shallowReactive(new Set())
  const drawn = shallowReactive(new Set())
  const elements = new Map()
  const away = new Map()

  watch(
    [flow.viewport, flow.dimensions, flow.moves, far, tiny, () => flow.nodes.value.length],
    check,
  )

  function check() {
    const { x, y, zoom } = flow.viewport.value
    const { width, height } = flow.dimensions.value
    const left = (-x - MARGIN) / zoom - CARD_WIDTH
    const right = (width - x + MARGIN) / zoom
    const top = (-y - MARGIN) / zoom
    const bottom = (height - y + MARGIN) / zoom
    for (const node of toRaw(flow.nodes.value)) {
      const { id, position, dimensions } = toRaw(node)
      const near =
        position.x > left &&
        position.x < right &&
        position.y < bottom &&
        position.y + dimensions.height > top
      if (near && !tiny.value) named.add(id)
      if (near && !far.value) drawn.add(id)
      note(id, !near)
    }
  }

  function note(id, isAway) {
    if (away.get(id) === isAway) return
    away.set(id, isAway)
    elements.get(id)?.toggleAttribute("data-away", isAway)
  }

  function add(id, element) {
    elements.set(id, element)
    element.toggleAttribute("data-away", away.get(id) ?? false)
  }

  function remove(id) {
    elements.delete(id)
    away.delete(id)
  }

  return { named, drawn, add, remove }
}
