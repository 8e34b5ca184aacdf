import assert from "node:assert/strict"
import test from "node:test"
import { nextTick, shallowRef } from "vue"
import { createInView } from "../src/in-view.js"
import { useZoomSteps } from "../src/zoom.js"

const card = (id, x) => ({ id, position: { x, y: 0 }, dimensions: { width: 184, height: 148 } })

function canvas() {
  const viewport = shallowRef({ x: 0, y: 0, zoom: 1 })
  const flow = {
    viewport,
    dimensions: shallowRef({ width: 1000, height: 600 }),
    moves: shallowRef(0),
    nodes: shallowRef([]),
  }
  const inView = createInView(flow, useZoomSteps(viewport))
  const look = (x, zoom) => {
    viewport.value = { x, y: 0, zoom }
    return nextTick()
  }
  return { flow, inView, look }
}

test("a card is built no further than it can be seen", async () => {
  const { flow, inView, look } = canvas()
  flow.nodes.value = [card("near", 0), card("off", 9000)]

  await look(0, 0.1)
  assert.deepEqual([...inView.named], [])
  await look(0, 0.3)
  assert.deepEqual([...inView.named], ["near"])
  assert.deepEqual([...inView.drawn], [])
  await look(0, 1)
  assert.deepEqual([...inView.drawn], ["near"])
  await look(-9000, 1)
  assert.deepEqual([...inView.drawn], ["near", "off"])
})
