import { h } from "vue"

/** A number with its name before and its unit after, on one line. */
export default function Figure({ label, value, unit, strong }) {
  return h("span", { class: "tr-figure" }, [
    label ? h("span", { class: "tr-m2" }, label) : null,
    h(strong ? "b" : "span", value),
    unit ? h("span", { class: "tr-u" }, unit) : null,
  ])
}

Figure.props = { label: String, value: String, unit: String, strong: Boolean }
