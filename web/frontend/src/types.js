// Port types: their shape and colours. Names and colours come from files, so nothing is trusted.

import { picture } from "./images.js"

const HEX = /^#[0-9a-f]{6}$/i
// Outlines around a centre, in units of half the shape's nominal size (4.5 px in a 9 px box).
const SHAPES = {
  square: [
    ["M", -3.8, -2.4],
    ["q", 0, -1.4, 1.4, -1.4],
    ["h", 4.8],
    ["q", 1.4, 0, 1.4, 1.4],
    ["v", 4.8],
    ["q", 0, 1.4, -1.4, 1.4],
    ["h", -4.8],
    ["q", -1.4, 0, -1.4, -1.4],
  ],
  diamond: [
    ["M", 0, -5],
    ["l", 5, 5],
    ["l", -5, 5],
    ["l", -5, -5],
  ],
  circle: [
    ["M", 0, -4.3],
    ["a", 4.3, 4.3, 0, 1, 1, 0, 8.6],
    ["a", 4.3, 4.3, 0, 1, 1, 0, -8.6],
  ],
  triangle: [
    ["M", 0, -4.3],
    ["l", 4.8, 8.4],
    ["h", -9.6],
  ],
}
const FLAGS_OF_ARC = new Set([2, 3, 4])

/**
 * The outline of a type's shape around a point.
 *
 * Scaled and placed in numbers, not by a transform: each transform is a layer for the browser.
 */
export function shapeAt(types, name, x, y, scale = 1) {
  const steps = SHAPES[types[name]?.shape] ?? SHAPES.circle
  const [[, dx, dy], ...rest] = steps
  const start = `M${round(x + dx * scale)},${round(y + dy * scale)}`
  return start + rest.map((step) => scaled(step, scale)).join("") + "z"
}

function scaled([letter, ...numbers], scale) {
  const kept = (index) => letter === "a" && FLAGS_OF_ARC.has(index)
  return letter + numbers.map((n, index) => (kept(index) ? n : round(n * scale))).join(" ")
}

const round = (value) => Math.round(value * 100) / 100

/** A class that sets `--c`: made of a number only, whatever the type is called. */
export function typeClass(types, name) {
  const index = Object.keys(types).indexOf(name)
  return index < 0 ? "tr-type" : `tr-type tr-type-${index}`
}

/** Rules for colours and head glyphs; the glyph is a picture, see images.js. */
export function typeStyles(types) {
  return Object.entries(types)
    .map(([name, { light, dark }], index) => {
      const shape = shapeAt(types, name, 4.5, 4.5)
      return rules("", index, light, shape) + rules("[data-theme=dark] ", index, dark, shape)
    })
    .join("")
}

function rules(theme, index, colour, shape) {
  if (!HEX.test(colour)) return ""
  const glyph = picture("-1 -1 11 11", `<path d="${shape}" fill="${colour}"/>`)
  return (
    `${theme}.tr-type-${index}{--c:${colour}}` +
    `${theme}.tr-glyph.tr-type-${index}{background-image:${glyph}}`
  )
}
