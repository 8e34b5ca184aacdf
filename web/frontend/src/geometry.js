// Sizes and places on the canvas, in flow units (pixels at 100 %). No DOM is ever measured for them.

export const CARD_WIDTH = 184
export const CARD_HEIGHT = 148
const PORT_PITCH = 28
export const GRID = 2
export const COLUMN_PITCH = 232

const ROWS_IN_A_PLAIN_CARD = 3
const FIRST_PORT_Y = { 1: 74, 2: 60 }

export function cardHeight(node) {
  const rows = Math.max(node.inputs.length, node.outputs.length, ROWS_IN_A_PLAIN_CARD)
  return CARD_HEIGHT + PORT_PITCH * (rows - ROWS_IN_A_PLAIN_CARD)
}

/** How far below the top edge of the card the centre of a port lies. */
export function portY(index, count) {
  return (FIRST_PORT_Y[count] ?? 46) + index * PORT_PITCH
}

/** Where a port sits on its card, or null when the card has no such port. */
export function portOffset(node, side, name) {
  const ports = side === "in" ? node.inputs : node.outputs
  const index = ports.findIndex((port) => port.name === name)
  if (index < 0) return null
  return { x: side === "in" ? 0 : CARD_WIDTH, y: portY(index, ports.length) }
}

/** Path of a wire that leaves to the right and arrives from the left. */
export function wirePath(x1, y1, x2, y2) {
  const reach = wireReach(x2 - x1)
  return `M${x1},${y1}C${x1 + reach},${y1} ${x2 - reach},${y2} ${x2},${y2}`
}

/** Points along a wire, near enough to one another to measure how far something lies from it. */
export function wirePoints({ x1, y1, x2, y2 }, steps = 16) {
  const reach = wireReach(x2 - x1)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const t = step / steps
    const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3]
    return {
      x: a * x1 + b * (x1 + reach) + c * (x2 - reach) + d * x2,
      y: (a + b) * y1 + (c + d) * y2,
    }
  })
}

/** How far a point lies from a line through points. */
export function distanceTo(points, { x, y }) {
  let best = Infinity
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1]
    const dx = points[index].x - from.x
    const dy = points[index].y - from.y
    const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1)
    const t = Math.min(1, Math.max(0, along))
    best = Math.min(best, Math.hypot(from.x + t * dx - x, from.y + t * dy - y))
  }
  return best
}

/** How far the handles of a wire's curve stand from its ends. */
export function wireReach(dx) {
  return dx >= 0 ? Math.max(34, dx / 2) : Math.min(34 - dx / 2, 180)
}

export function snap(value, step = GRID) {
  return Math.round(value / step) * step
}

/** The rectangle around cards ({x, y, height}), and what has a width of its own, or null when there are none. */
export function boundsOf(cards) {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (const card of cards) {
    left = Math.min(left, card.x)
    top = Math.min(top, card.y)
    right = Math.max(right, card.x + (card.width ?? CARD_WIDTH))
    bottom = Math.max(bottom, card.y + card.height)
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top }
}

export const MIN_ZOOM = 0.05
export const MAX_ZOOM = 2
const MARGIN = 16
const CONTROLS = 56

/** The viewport that shows `bounds` whole and centred, at most at 100 %, clear of the controls. */
export function viewportFor(bounds, width, height, minZoom = MIN_ZOOM) {
  const room = { width: width - 2 * MARGIN, height: height - MARGIN - CONTROLS }
  const whole = Math.min(1, room.width / bounds.width, room.height / bounds.height)
  const zoom = Math.max(whole, minZoom)
  const spare = height - bounds.height * zoom
  return {
    x: Math.round((width - bounds.width * zoom) / 2 - bounds.x * zoom),
    y: Math.round(Math.min(spare / 2, spare - CONTROLS) - bounds.y * zoom),
    zoom,
  }
}

/** Of ports ({y}), the one whose stretch of the card's height holds `y`: they meet at midpoints. */
export function nearestPort(ports, y) {
  let best = null
  for (const port of ports) {
    if (!best || Math.abs(port.y - y) < Math.abs(best.y - y)) best = port
  }
  return best
}
