import { shallowRef, watch } from "vue"

/** On for one box: then a finger that is drawn over the empty canvas selects, and does not pan. */
export function useBoxing(flow) {
  const boxing = shallowRef(false)
  watch(flow.userSelectionActive, (drawing, before) => {
    if (before && !drawing) boxing.value = false
  })
  return boxing
}
