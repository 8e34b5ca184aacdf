import assert from "node:assert/strict"
import { test } from "node:test"
import {
  boundsOf,
  cardHeight,
  nearestPort,
  portOffset,
  portY,
  viewportFor,
  wirePath,
} from "../src/geometry.js"
import { node, sample } from "./sample.js"

test("ports sit where the design puts them", () => {
  assert.deepEqual([portY(0, 1)], [74])
  assert.deepEqual([portY(0, 2), portY(1, 2)], [60, 88])
  assert.deepEqual([portY(0, 3), portY(1, 3), portY(2, 3)], [46, 74, 102])
})

test("a card grows by 28 per port above three", () => {
  const five = node("join", "Join", 0, 0, ["a:T", "b:T", "c:T", "d:T", "e:T"], ["out:T"])
  assert.equal(cardHeight(five), 204)
  assert.equal(cardHeight(sample().nodes[0]), 148)
})

test("a port that is gone has no place", () => {
  assert.deepEqual(portOffset(sample().nodes[1], "out", "test"), { x: 184, y: 88 })
  assert.equal(portOffset(sample().nodes[1], "out", "gone"), null)
})

test("wires leave level and arrive level", () => {
  assert.equal(wirePath(204, 224, 252, 224), "M204,224C238,224 218,224 252,224")
  assert.equal(wirePath(436, 252, 716, 252), "M436,252C576,252 576,252 716,252")
})

test("a card's height is shared between its ports at the midpoints", () => {
  const ports = [
    { name: "a", y: 46 },
    { name: "b", y: 102 },
  ]
  assert.equal(nearestPort(ports, 73).name, "a")
  assert.equal(nearestPort(ports, 75).name, "b")
})

test("the sample fits at 100 %, and a large graph above the controls", () => {
  const small = boundsOf([
    { x: 20, y: 150, height: 148 },
    { x: 716, y: 420, height: 148 },
  ])
  assert.deepEqual(viewportFor(small, 916, 702), { x: -2, y: -8, zoom: 1 })
  for (const high of [600, 660, 690, 4000]) {
    const { y, zoom } = viewportFor({ x: 0, y: 0, width: 100, height: high }, 916, 702)
    assert.ok(y >= 16 && y + high * zoom <= 702 - 56, `${high} stands clear of the controls`)
  }
  assert.equal(boundsOf([]), null)
})
