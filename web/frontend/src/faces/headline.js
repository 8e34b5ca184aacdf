import { compact, decimal, integer } from "../format.js"

/**
 * A result in a few words, as [[text, style], …] with style "b" (strong), "u" (faint) or "".
 * A face of an unknown kind has none.
 */
export function headline(face) {
  return HEADLINES[face?.kind]?.(face) ?? []
}

export function headlineText(face) {
  return headline(face)
    .map(([text]) => text)
    .join("")
}

const HEADLINES = {
  table: ({ rows, columns }) => [
    [integer(rows), "b"],
    [" × ", "u"],
    [integer(columns), "b"],
  ],
  split: ({ parts }) =>
    parts.flatMap(({ rows }, index) => [...(index ? [[" / ", "u"]] : []), [integer(rows), ""]]),
  network: ({ parameters }) => [
    [compact(parameters), "b"],
    [" params", "u"],
  ],
  curve: ({ left, right }) => measured(right ?? left),
  score: ({ label, value }) => measured({ label, value }),
  numbers: ({ items }) => measured(items[0]),
  text: ({ lines }) => (lines[0] ? [[lines[0], ""]] : []),
}

function measured(item) {
  if (!item) return []
  const unit = item.unit ? [[`\u00a0${item.unit}`, "u"]] : []
  return [[`${item.label} `, ""], [decimal(item.value), "b"], ...unit]
}
