import { compact, decimal, figure, integer } from "../format.js"

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
  numbers: ({ items }) => measured(items[0], figure),
  text: ({ lines }) => (lines[0] ? [[lines[0], ""]] : []),
}

function measured(item, written = ({ value }) => decimal(value)) {
  if (!item) return []
  const unit = item.unit ? [[`\u00a0${item.unit}`, "u"]] : []
  return [[`${item.label} `, ""], [written(item), "b"], ...unit]
}
