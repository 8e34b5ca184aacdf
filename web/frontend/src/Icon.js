import { h } from "vue"
import { ICONS } from "./icons.js"

/** One icon of the set, in the colour of the text; a label beside it says what it means. */
export default function Icon({ name }) {
  return h("svg", { class: `tr-ic tr-ic-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, [
    h("path", { d: ICONS[name] }),
  ])
}

Icon.props = ["name"]
