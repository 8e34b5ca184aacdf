import { h } from "vue"
import { ICONS } from "./icons.js"

/** One icon of the set; the words beside it say what it means. */
export default function Icon({ name }) {
  return h("svg", { class: `tr-ic tr-ic-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, [
    name === "running" ? h("path", { d: ICONS.idle, opacity: ".25" }) : null,
    h("path", { d: ICONS[name] }),
  ])
}

Icon.props = ["name"]
