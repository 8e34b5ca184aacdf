import assert from "node:assert/strict"
import { test } from "node:test"
import { cheapest, figures } from "../../page/static/page/threshold.js"

test("precision, recall, F1 and accuracy are told by who was taken for whom", () => {
  const told = { precision: 6 / 8, recall: 6 / 9, f1: 12 / 17, accuracy: 15 / 20 }
  assert.deepEqual(figures([6, 2, 3, 9]), told)
  assert.equal(figures([0, 0, 3, 9]).precision, null)
})

test("the threshold that costs least is the one nearest to the usual one", () => {
  const counts = Array.from({ length: 101 }, (_, at) => [0, 100 - at, at < 40 ? 0 : at, 0])

  assert.equal(cheapest(counts, 1, 0), 100)
  assert.equal(cheapest(counts, 0, 1), 39)
  assert.equal(cheapest(counts, 1, 10), 39)
})
