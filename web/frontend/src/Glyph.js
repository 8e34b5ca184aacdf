import { h } from "vue"
import { shapeOf, typeClass } from "./types.js"

/** The small shape of a port type, in its colour. */
export default function Glyph({ types, type }) {
  return h(
    "svg",
    { class: `tr-glyph ${typeClass(types, type)}`, viewBox: "0 0 9 9", "aria-hidden": "true" },
    [h("path", { d: shapeOf(types, type) })],
  )
}

Glyph.props = ["types", "type"]
