const TOP = 2.6
const END_ROOM = 3
const PIXELS_PER_POINT = 3

/**
 * Paths for a learning curve. `face.length` is how many steps the whole axis stands for, so that
 * a curve still being drawn keeps its scale, and `face.at` which of them the values are of, from 1
 * on: all in turn by default. The scale of y starts at zero where that shows enough.
 */
export function drawCurve(face, width, height) {
  const known = [...face.values, ...(face.validation ?? [])].filter(Number.isFinite)
  if (!known.length) return { values: "", validation: "", end: null }
  const top = Math.max(...known)
  const bottom = Math.min(...known)
  const floor = bottom >= 0 && bottom < top * 0.6 ? 0 : bottom
  const span = top - floor || 1
  const steps = Math.max(face.length ?? face.values.length, 2)
  const step = (index) => (face.at ? Math.max(face.at[index] - 1, 0) : index)
  const place = (value, index) => [
    round(1 + (step(index) * (width - 1 - END_ROOM)) / (steps - 1)),
    round(
      height -
        0.5 -
        ((value - floor) / span) * (height - 0.5 - TOP) -
        (floor ? END_ROOM : 0) * (1 - (value - floor) / span),
    ),
  ]
  const main = points(face.values, place, width)
  return {
    values: path(main),
    validation: path(points(face.validation ?? [], place, width)),
    end: main.at(-1) ?? null,
  }
}

/** Places of the values, thinned to what can be told apart; the last is always there. */
function points(values, place, width) {
  const stride = Math.max(1, Math.ceil((values.length * PIXELS_PER_POINT) / width))
  return values
    .map((value, index) => [value, index])
    .filter(([value, i]) => Number.isFinite(value) && (i % stride === 0 || i === values.length - 1))
    .map(([value, index]) => place(value, index))
}

const path = (list) => (list.length ? `M${list.map(([x, y]) => `${x},${y}`).join(" ")}` : "")
const round = (value) => Math.round(value * 10) / 10
