import { h } from "vue"
import { shapeAt, typeClass } from "./types.js"

/** The small shape of a port type, in its colour. */
export default function Glyph({ types, type }) {
  return h(
    "svg",
    { class: `tr-glyph ${typeClass(types, type)}`, viewBox: "0 0 9 9", "aria-hidden": "true" },
    [h("path", { d: shapeAt(types, type, 4.5, 4.5) })],
  )
}

Glyph.props = ["types", "type"]
