import { h } from "vue"
import { written } from "./keys.js"

/** A shortcut as keyboards have it: one small box for each key. */
export default function Keys({ name }) {
  return h(
    "span",
    { class: "tr-keys" },
    written(name).map((key) => h("kbd", key)),
  )
}

Keys.props = ["name"]
