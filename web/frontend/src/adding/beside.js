import { COARSE } from "../touch/coarse.js"

export const MENU_WIDTH = 320

const EDGE = 12
const ROW = COARSE ? 40 : 30
const MOST_HIGH = 230
const AROUND_ROWS = COARSE ? 94 : 80

/** Where a menu of cards lies that belongs at `at` (pixels of the canvas): within the canvas. */
export function besideOnCanvas(flow, at, rows) {
  const { width, height } = flow.dimensions.value
  const tall = AROUND_ROWS + Math.min(Math.max(rows, 1) * ROW, MOST_HIGH)
  return {
    left: `${Math.min(Math.max(at.x, EDGE), width - MENU_WIDTH - EDGE)}px`,
    top: `${Math.min(Math.max(at.y, EDGE), Math.max(height - tall - EDGE, EDGE))}px`,
  }
}
