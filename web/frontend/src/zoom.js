import { shallowRef, watch } from "vue"

// Below the first zoom a card is its title and its state, for the rest could not be read; below the
// second no word could, and the icon of the state is left. Coming back takes a little more, so that
// a wheel that turns to and fro does not redraw every card at each step. At once (`sync`): who asks
// how far away the cards are in the same tick must not hear of the zoom before.
const FAR = { enter: 0.48, leave: 0.54 }
const TINY = { enter: 0.22, leave: 0.26 }

export function useZoomSteps(viewport) {
  const far = shallowRef(false)
  const tiny = shallowRef(false)
  watch(
    () => viewport.value.zoom,
    (zoom) => {
      far.value = zoom < (far.value ? FAR.leave : FAR.enter)
      tiny.value = zoom < (tiny.value ? TINY.leave : TINY.enter)
    },
    { immediate: true, flush: "sync" },
  )
  return { far, tiny }
}
