import { wireReach } from "./geometry.js"

/**
 * How far down its way (0 to 1) a wire is where it comes to each column, and where it leaves it.
 * That hangs on none of the heights: a wire falls as 3t² − 2t³, whatever its ends.
 */
export function passagesOf(x1, x2, columns, width) {
  const fall = (x) => {
    const t = timeAt(x - x1, x2 - x1)
    return t * t * (3 - 2 * t)
  }
  return columns.map((column) => {
    const { x } = column[0]
    return { column, enters: fall(x), exits: fall(x + width) }
  })
}

/** The parameter of the curve at which it has come so far across: found by halving. */
function timeAt(x, across) {
  const reach = wireReach(across)
  const at = (t) =>
    3 * t * (1 - t) ** 2 * reach + 3 * t ** 2 * (1 - t) * (across - reach) + t ** 3 * across
  let [low, high] = [0, 1]
  for (let step = 0; step < 24; step += 1) {
    const middle = (low + high) / 2
    if (at(middle) < x) low = middle
    else high = middle
  }
  return low
}
