import { h } from "vue"
import CardView from "./CardView.vue"

/**
 * What Vue Flow draws. It passes two dozen properties that change with every move;
 * only the id goes on, so a moving card is not drawn again.
 */
export default function CardNode({ id }) {
  return h(CardView, { id })
}

CardNode.props = ["id"]
CardNode.inheritAttrs = false
