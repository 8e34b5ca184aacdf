import assert from "node:assert/strict"
import { test } from "node:test"
import { layout } from "../src/layout.js"

const wire = (source, target, leaves = 74, arrives = 74) => ({ source, target, leaves, arrives })

function tidy(ids, wires) {
  const nodes = ids.map((id) => ({ id, height: 148 }))
  return layout({ nodes, wires, width: 184, columnGap: 48 })
}

test("columns run from left to right, one pitch apart", () => {
  const places = tidy(["a", "b", "c"], [wire("a", "b"), wire("b", "c")])
  assert.deepEqual([places.b.x - places.a.x, places.c.x - places.b.x], [232, 232])
})

test("wires run level where there is room", () => {
  const places = tidy(["a", "b"], [wire("a", "b", 102, 60)])
  assert.equal(places.a.y + 102, places.b.y + 60)
})

test("cards of one column do not overlap", () => {
  const places = tidy(["a", "b", "c", "d"], [wire("a", "b"), wire("a", "c"), wire("a", "d")])
  const tops = [places.b.y, places.c.y, places.d.y].toSorted((a, b) => a - b)
  assert.ok(tops[1] - tops[0] >= 148 && tops[2] - tops[1] >= 148)
})

test("a card does not stand on a wire that passes it by", () => {
  const wires = [
    wire("split", "train", 46, 46),
    wire("split", "evaluate", 102, 60),
    wire("model", "train", 74, 102),
    wire("train", "evaluate", 74, 88),
  ]
  const places = tidy(["split", "model", "train", "evaluate"], wires)
  const passing = places.split.y + 102
  assert.equal(places.evaluate.y + 60, passing)
  assert.ok(passing < places.train.y || passing > places.train.y + 148)
})
