import { onBeforeUnmount, shallowRef } from "vue"

/** True while the window is too narrow to edit in. */
export function useNarrow() {
  const query = window.matchMedia("(max-width: 639px)")
  const narrow = shallowRef(query.matches)
  const update = () => (narrow.value = query.matches)
  query.addEventListener("change", update)
  onBeforeUnmount(() => query.removeEventListener("change", update))
  return narrow
}
