import assert from "node:assert/strict"
import { test } from "node:test"
import { ranked, score } from "../src/search/ranking.js"

const CARDS = ["Data Load", "Data Split", "Model Define (GPU)", "Train (GPU)", "Evaluate"]
const found = (typed) => ranked(CARDS, typed, (card) => card)

test("the beginning of a word counts more than its middle", () => {
  assert.deepEqual(found("load"), ["Data Load"])
  assert.deepEqual(found("gpu"), ["Model Define (GPU)", "Train (GPU)"])
  assert.equal(found("da")[0], "Data Load")
  assert.equal(found("t")[0], "Train (GPU)")
})

test("words may come in any order, and each must be found", () => {
  assert.deepEqual(found("split data"), ["Data Split"])
  assert.deepEqual(found("split gpu"), [])
})

test("first letters are enough, and any letters in their order", () => {
  assert.deepEqual(found("dl"), ["Data Load"])
  assert.deepEqual(found("evl"), ["Evaluate"])
  assert.deepEqual(found("mdg"), ["Model Define (GPU)"])
  assert.equal(score("redo", "Linear, ridge and lasso"), 0) // far apart they mean nothing
  assert.equal(score("zz", "Data Load"), 0)
})

test("what else is said of a thing is found after all that are called so", () => {
  const about = { Evaluate: "Scores the split data", "Data Split": "" }
  const all = ranked(["Evaluate", "Data Split"], "split", String, (card) => about[card])
  assert.deepEqual(all, ["Data Split", "Evaluate"])
})

test("nothing typed leaves all as it was", () => {
  assert.equal(found("  "), CARDS)
})
