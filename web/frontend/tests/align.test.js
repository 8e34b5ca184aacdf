import assert from "node:assert/strict"
import { test } from "node:test"
import { aligned, distributed } from "../src/align.js"

const CARDS = [
  { id: "a", x: 0, y: 0, height: 148 },
  { id: "b", x: 300, y: 40, height: 176 },
  { id: "c", x: 1000, y: 300, height: 148 },
]

test("cards stand in a line; those that do already are not moved", () => {
  assert.deepEqual(aligned("left", CARDS), { b: { x: 0, y: 40 }, c: { x: 0, y: 300 } })
  assert.deepEqual(aligned("right", CARDS).a, { x: 1000, y: 0 })
  assert.deepEqual(aligned("centre", CARDS).b, { x: 500, y: 40 })
  assert.deepEqual(aligned("top", CARDS), { b: { x: 300, y: 0 }, c: { x: 1000, y: 0 } })
  assert.deepEqual(aligned("bottom", CARDS).b, { x: 300, y: 272 })
  assert.deepEqual(aligned("middle", CARDS).b, { x: 300, y: 136 })
})

test("cards stand evenly apart, the outermost where they were", () => {
  assert.deepEqual(distributed("across", CARDS), { b: { x: 500, y: 40 } })
  assert.deepEqual(distributed("down", CARDS), { b: { x: 300, y: 136 } })
  const elsewhere = CARDS.map((card) => Object.assign({}, card, { x: card.x + 400 }))
  const chosenInAnyOrder = [elsewhere[2], elsewhere[0], elsewhere[1]]
  assert.deepEqual(distributed("across", chosenInAnyOrder), { b: { x: 900, y: 40 } })
})
