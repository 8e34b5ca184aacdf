import { inject, provide } from "vue"

const KEY = Symbol("canvas")

/** Hand the parts that the whole canvas shares (graph, flow, gestures) down the tree. */
export function provideCanvas(canvas) {
  provide(KEY, canvas)
}

export function useCanvas() {
  return inject(KEY)
}
