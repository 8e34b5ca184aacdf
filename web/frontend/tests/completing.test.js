import assert from "node:assert/strict"
import { test } from "node:test"
import { fitting, wordAt } from "../../page/static/page/completing.js"

const names = ["sales", "sales_lag_7", "income", "`sold on`"]

// What is offered, and the formula once the first of it is chosen; the caret is at |.
function completed(formula) {
  const caret = formula.indexOf("|")
  const text = formula.replace("|", "")
  const word = wordAt(text, caret)
  const [first] = fitting(names, text, word)
  return first ? text.slice(0, word.start) + first + text.slice(word.end) : null
}

test("a word becomes the column that it begins, up to its own end", () => {
  assert.equal(completed("price - sal|"), "price - sales")
  assert.equal(completed("sal|es_l + 1"), "sales + 1")
  assert.equal(completed("`sold on` > inc|"), "`sold on` > income")
})

test("a name in backticks is replaced whole, and its neighbour is left alone", () => {
  assert.equal(completed("1 + `so|"), "1 + `sold on`")
  assert.equal(completed("`so|ld` > 1"), "`sold on` > 1")
  assert.equal(completed("`so| - `sold on`"), "`sold on` - `sold on`")
})

test("nothing is offered for what is finished, a word of the language, a number or a text", () => {
  const finished = [
    "price - sales|",
    "sale|s + 1",
    "`sold on`|",
    "sales in|",
    "sales > 1e|",
    "city == 's|",
    "city == \"it's s|",
  ]
  for (const formula of finished) assert.equal(completed(formula), null, formula)
})
