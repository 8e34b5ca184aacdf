import { integer } from "../format.js"

const WIDTH = 156
const MIDDLE = 17
const MARGIN = 6
const MOST_DOTS = 7
const MOST_LAYERS = 7
const DOTS_WHEN_UNKNOWN = 3
const RADIUS = 1.8

/** Paths for a picture of a network: each layer a column of dots, more dots for more units. */
export function drawNetwork(layers) {
  const shown =
    layers.length > MOST_LAYERS ? [...layers.slice(0, MOST_LAYERS - 1), layers.at(-1)] : layers
  const columns = shown.map((units, index) => column(units, index, shown.length))
  const lines = columns
    .slice(1)
    .flatMap((right, i) =>
      columns[i].points.flatMap(([x1, y1]) =>
        right.points.map(([x2, y2]) => `M${x1},${y1}L${x2},${y2}`),
      ),
    )
  const dots = (known) => columns.filter((c) => c.known === known).flatMap((c) => c.points.map(dot))
  return { lines: lines.join(""), dots: dots(true).join(""), open: dots(false).join("") }
}

/** How wide its ends are, as far as that is known: `13 in, 1 out`. */
export function endsOf(layers) {
  const ends = [
    [layers.at(0), "in"],
    [layers.at(-1), "out"],
  ]
  const known = ends.filter(([units]) => units !== null)
  return known.map(([units, end]) => `${integer(units)} ${end}`).join(", ")
}

function column(units, index, count) {
  const known = units !== null
  const dots = known ? dotsFor(units) : DOTS_WHEN_UNKNOWN
  const x = count < 2 ? WIDTH / 2 : MARGIN + (index * (WIDTH - 2 * MARGIN)) / (count - 1)
  const pitch = dots >= MOST_DOTS ? 5 : 5.28
  const points = Array.from({ length: dots }, (_, i) => [
    round(x),
    round(MIDDLE + (i - (dots - 1) / 2) * pitch),
  ])
  return { known, points }
}

const dotsFor = (units) => Math.min(MOST_DOTS, Math.max(1, Math.round(Math.log2(units))))

const dot = ([x, y]) =>
  `M${round(x - RADIUS)},${y}a${RADIUS},${RADIUS} 0 1 1 ${2 * RADIUS},0a${RADIUS},${RADIUS} 0 1 1 ${-2 * RADIUS},0z`

const round = (value) => Math.round(value * 10) / 10
