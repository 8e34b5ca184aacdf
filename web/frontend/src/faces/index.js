import TableFace from "./TableFace.vue"
import SplitFace from "./SplitFace.vue"
import NetworkFace from "./NetworkFace.vue"
import CurveFace from "./CurveFace.vue"
import ScoreFace from "./ScoreFace.vue"
import NumbersFace from "./NumbersFace.vue"
import TextFace from "./TextFace.vue"

/** Results in small, by kind. A kind that is not here draws nothing. */
export const FACES = {
  table: TableFace,
  split: SplitFace,
  network: NetworkFace,
  curve: CurveFace,
  score: ScoreFace,
  numbers: NumbersFace,
  text: TextFace,
}
