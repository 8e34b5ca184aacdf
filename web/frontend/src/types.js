// Port types: their shape and colours. Names and colours come from files, so nothing is trusted.

const HEX = /^#[0-9a-f]{6}$/i
const SHAPES = {
  square: "M2.1.7h4.8a1.4 1.4 0 0 1 1.4 1.4v4.8a1.4 1.4 0 0 1-1.4 1.4H2.1A1.4 1.4 0 0 1 .7 6.9V2.1A1.4 1.4 0 0 1 2.1.7z",
  diamond: "M4.5-.5 9.5 4.5 4.5 9.5-.5 4.5z",
  circle: "M4.5.2a4.3 4.3 0 1 1 0 8.6a4.3 4.3 0 1 1 0-8.6z",
  triangle: "M4.5.2 9.3 8.6H-.3z",
}

/** The outline of a type's shape in a 9 × 9 box. */
export function shapeOf(types, name) {
  return SHAPES[types[name]?.shape] ?? SHAPES.circle
}

/** A class that sets `--c`: made of a number only, whatever the type is called. */
export function typeClass(types, name) {
  const index = Object.keys(types).indexOf(name)
  return index < 0 ? "tr-type" : `tr-type tr-type-${index}`
}

export function typeStyles(types) {
  return Object.values(types)
    .map(({ light, dark }, index) => {
      const rules = []
      if (HEX.test(light)) rules.push(`.tr-type-${index}{--c:${light}}`)
      if (HEX.test(dark)) rules.push(`[data-theme=dark] .tr-type-${index}{--c:${dark}}`)
      return rules.join("")
    })
    .join("")
}
