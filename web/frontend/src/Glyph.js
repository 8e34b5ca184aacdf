import { h } from "vue"
import { typeClass } from "./types.js"

/** The small shape of a port type, in its colour. */
export default function Glyph({ types, type }) {
  return h("i", { class: `tr-glyph ${typeClass(types, type)}`, "aria-hidden": "true" })
}

Glyph.props = ["types", "type"]
