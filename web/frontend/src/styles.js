import { addStyle, removeStyles } from "./head.js"
import flow from "@vue-flow/core/dist/style.css?inline"
import base from "./styles/base.css?inline"
import small from "./styles/small.css?inline"
import plane from "./styles/plane.css?inline"
import card from "./styles/card.css?inline"
import composite from "./styles/composite.css?inline"
import results from "./styles/results.css?inline"
import ports from "./styles/ports.css?inline"
import wires from "./styles/wires.css?inline"
import wiring from "./styles/wiring.css?inline"
import menu from "./styles/menu.css?inline"
import notes from "./styles/notes.css?inline"
import context from "./styles/context.css?inline"
import palette from "./styles/palette.css?inline"
import shortcuts from "./styles/shortcuts.css?inline"
import controls from "./styles/controls.css?inline"
import far from "./styles/far.css?inline"
import list from "./styles/list.css?inline"
import touch from "./styles/touch.css?inline"
import still from "./styles/still.css?inline"

const CANVAS = [
  flow,
  base,
  small,
  plane,
  card,
  composite,
  results,
  ports,
  wires,
  wiring,
  menu,
  context,
  palette,
  notes,
  shortcuts,
  controls,
  far,
  list,
  touch,
  still,
].join("")

let canvases = 0 // that use the styles: the last one takes them away

export function useStyles() {
  canvases += 1
  addStyle("canvas", CANVAS)
}

export function removeStyle() {
  canvases -= 1
  if (canvases === 0) removeStyles()
}
