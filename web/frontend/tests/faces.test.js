import assert from "node:assert/strict"
import { test } from "node:test"
import { drawCurve } from "../src/faces/curve.js"
import { headlineText } from "../src/faces/headline.js"
import { drawNetwork, endsOf } from "../src/faces/network.js"

const said = (face) => headlineText(face).replaceAll("\u00a0", " ")

test("a result in a few words", () => {
  assert.equal(said({ kind: "table", rows: 50_000, columns: 14 }), "50,000 × 14")
  assert.equal(
    said({ kind: "split", parts: [{ rows: 40_000 }, { rows: 10_000 }] }),
    "40,000 / 10,000",
  )
  assert.equal(said({ kind: "network", parameters: 12_161 }), "12.2 k params")
  assert.equal(
    said({ kind: "curve", left: { label: "loss", value: 0.11 }, right: null }),
    "loss 0.11",
  )
  assert.equal(said({ kind: "score", label: "R²", value: 0.87 }), "R² 0.87")
  assert.equal(said({ kind: "numbers", items: [{ label: "alpha", value: 1 }] }), "alpha 1")
  assert.equal(said({ kind: "numbers", items: [{ label: "scale", word: "yes" }] }), "scale yes")
  assert.equal(said({ kind: "from the future" }), "")
  assert.equal(headlineText(null), "")
})

test("the ends of a network are written where they are known", () => {
  assert.equal(endsOf([13, 128, 64, 1]), "13 in, 1 out")
  assert.equal(endsOf([null, 128, 64, 1]), "1 out")
  assert.equal(endsOf([null, 128, 64, null]), "")
})

test("a learning curve stays in its frame and ends in its last value", () => {
  const values = Array.from({ length: 500 }, (_, step) => 1 / (1 + step))
  const { values: path, end } = drawCurve({ values }, 156, 34)
  const numbers = path.slice(1).split(/[ ,]/).map(Number)
  assert.ok(numbers.every((n) => n >= 0 && n <= 156))
  assert.ok(path.split(" ").length < 60)
  assert.deepEqual(end.slice(0, 1), [153])
})

test("a curve that goes on in the middle is drawn from there", () => {
  const { values: path, end } = drawCurve({ values: [2, 1], at: [51, 101], length: 101 }, 104, 34)
  assert.equal(path.split(",")[0], "M51")
  assert.equal(end[0], 101)
})

test("a curve of nothing or of NaN draws nothing", () => {
  assert.equal(drawCurve({ values: [] }, 156, 34).values, "")
  assert.equal(drawCurve({ values: [NaN, null] }, 156, 34).end, null)
})

test("layers have more dots for more units, and hollow ones when unknown", () => {
  const { dots, open } = drawNetwork([null, 128, 32, 1])
  assert.equal(dots.split("M").length - 1, 7 + 5 + 1)
  assert.equal(open.split("M").length - 1, 3)
})
