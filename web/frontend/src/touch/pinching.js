import { onMounted } from "vue"
import { MAX_ZOOM, MIN_ZOOM } from "../geometry.js"

const CONTROLS = ".tr-context, .tr-menu, .tr-ctl, .tr-mini, textarea, input"

/**
 * Two fingers move and zoom the canvas, wherever on it they are: also on cards and wires, of which
 * Vue Flow would drag one with each. What the first finger had begun gets no further.
 *
 * A menu that a finger opened by staying holds that finger, too: it must not drag a card now.
 */
export function usePinching({ root, flow, menu, wiring }) {
  let pinch = null

  function onTouchStart(event) {
    if (event.touches.length < 2) pinch = null
    const fingers = [...event.touches].filter(isOnPlane)
    if (fingers.length < 2) return
    event.stopPropagation()
    wiring.cancel()
    pinch = begin(fingers)
  }

  function begin([a, b]) {
    const { x, y, zoom } = flow.viewport.value
    const { middle, apart } = measure(a, b)
    const under = { x: (middle.x - x) / zoom, y: (middle.y - y) / zoom }
    return { ids: [a.identifier, b.identifier], under, zoom, apart }
  }

  function onTouchMove(event) {
    if (!pinch && !menu.open.value) return
    event.stopPropagation()
    if (!pinch) return
    const held = [...event.touches].filter(({ identifier }) => pinch.ids.includes(identifier))
    if (held.length === 2) follow(held)
  }

  function follow([a, b]) {
    const { middle, apart } = measure(a, b)
    const zoom = pinchedZoom(pinch, apart)
    const x = middle.x - pinch.under.x * zoom
    const y = middle.y - pinch.under.y * zoom
    flow.setViewport({ x, y, zoom })
  }

  function measure(a, b) {
    const box = root.value.getBoundingClientRect()
    const middle = {
      x: (a.clientX + b.clientX) / 2 - box.left,
      y: (a.clientY + b.clientY) / 2 - box.top,
    }
    return { middle, apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) }
  }

  /** A finger that is left alone goes on with nothing: the next touch begins anew. */
  function onPointerMove(event) {
    if (pinch && event.pointerType === "touch") event.stopPropagation()
  }

  const isOnPlane = ({ target }) => root.value.contains(target) && !target.closest(CONTROLS)

  const heard = [
    ["touchstart", onTouchStart],
    ["touchmove", onTouchMove],
    ["pointermove", onPointerMove],
  ]
  // They go with the element.
  onMounted(() => {
    for (const [name, handler] of heard)
      root.value.addEventListener(name, handler, { capture: true, passive: true })
  })
}

/** The zoom at which two fingers hold what they took hold of. */
function pinchedZoom({ zoom, apart: before }, apart) {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, (zoom * apart) / Math.max(before, 1)))
}
