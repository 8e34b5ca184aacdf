import assert from "node:assert/strict"
import { test } from "node:test"
import {
  alike,
  compact,
  decimal,
  integer,
  longestWord,
  percent,
  seconds,
  timeLeft,
} from "../src/format.js"

const plain = (text) => text.replaceAll("\u00a0", " ")

test("whole numbers are grouped", () => {
  assert.equal(integer(40_000), "40,000")
  assert.equal(integer(-1234), "−1,234")
  assert.equal(integer(null), "–")
  assert.equal(integer(NaN), "–")
})

test("large counts are shortened from ten thousand on", () => {
  assert.equal(plain(compact(12_161)), "12.2 k")
  assert.equal(plain(compact(9_999)), "9,999")
  assert.equal(plain(compact(3_450_000)), "3.5 M")
  assert.equal(plain(compact(7e9)), "7.0 G")
})

test("measured values keep the digits that mean something", () => {
  const shown = { 0.87: "0.87", 3.19: "3.19", 22.83: "22.8", 120.4: "120", 1234.5: "1,235" }
  for (const [value, text] of Object.entries(shown)) assert.equal(decimal(Number(value)), text)
  assert.equal(decimal(0), "0.00")
  assert.equal(decimal(0.00123), "0.0012")
  assert.equal(decimal(-16.3), "−16.3")
  assert.equal(decimal(0.0000123), "1.2e−5")
  assert.equal(decimal(Infinity), "–")
})

test("a baseline has the decimals of its score, and zero no sign", () => {
  assert.equal(alike(-0.0001, 0.87), "0.00")
  assert.equal(alike(1, 0.87), "1.00")
  assert.equal(alike(8.881, 3.19), "8.88")
  assert.equal(alike(0.0004, 0.0002), "0.00040")
})

test("times", () => {
  assert.equal(plain(seconds(0.62)), "0.6 s")
  assert.equal(plain(seconds(14.2)), "14.2 s")
  assert.equal(plain(seconds(59.97)), "1 min 00 s")
  assert.equal(plain(seconds(100)), "1 min 40 s")
  assert.equal(plain(seconds(3900)), "1 h 05 min")
  assert.equal(seconds(null), "")
  assert.equal(plain(timeLeft(11.2)), "11 s left")
  assert.equal(plain(timeLeft(115)), "2 min left")
  assert.equal(plain(timeLeft(7300)), "2 h left")
  assert.equal(timeLeft(undefined), "")
})

test("shares", () => {
  assert.equal(plain(percent(0.8)), "80 %")
  assert.equal(plain(percent(1 / 3)), "33 %")
})

test("words are told apart where a line may break", () => {
  assert.equal(longestWord("Hyperparameter Search (GPU)"), 14)
  assert.equal(longestWord("Cross-validate"), 8)
  assert.equal(longestWord(""), 0)
})
