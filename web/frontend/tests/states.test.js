import assert from "node:assert/strict"
import { test } from "node:test"
import {
  badgeOf,
  describe,
  hasFlowed,
  linesOf,
  liveFace,
  priceOf,
  shareDone,
} from "../src/states.js"

const node = { id: "train", card: "train", title: "Train", problems: [] }
const wrong = {
  level: "error",
  message: "Target column PRICE is not in dataset",
  hint: "Did you mean MEDV?",
}
const plain = (text) => text.replaceAll("\u00a0", " ")

test("each state is a word with an icon and a note", () => {
  assert.equal(describe(node, undefined).word, "Not run yet")
  assert.equal(describe(node, undefined, true).word, "", "nobody knows whether this version ran")
  assert.equal(
    plain(describe(node, { state: "done", device: "cpu", seconds: 14.2 }).note),
    "cpu · 14.2 s",
  )
  assert.equal(describe(node, { state: "done", cached: true, seconds: 2 }).note, "reused")
  assert.equal(describe(node, { state: "stale", reason: "seed 42 → 7" }).note, "seed 42 → 7")
  assert.equal(describe({ ...node, enabled: false }, undefined).word, "Bypassed")
  assert.equal(describe({ ...node, unknown: true }, undefined).word, "Not installed")
  const broken = { ...node, unknown: true, broken: "The card cannot be loaded." }
  assert.equal(describe(broken, undefined).word, "Broken file")
  assert.deepEqual(linesOf(broken, undefined, []), [["The card cannot be loaded.", false]])
  assert.equal(describe({ ...node, unknown: true, off: true }, undefined).word, "Not trusted yet")
})

test("a card says what it would cost, and then what it costs", () => {
  const before = { text: "≈ $0.009", title: "about $0.009" }
  const so_far = { text: "$0.004", title: "$0.004 so far" }
  assert.equal(priceOf(node, undefined), null)
  assert.equal(priceOf({ ...node, price: before }, undefined), before)
  assert.equal(priceOf({ ...node, price: before }, { state: "stale", price: null }), before)
  assert.equal(priceOf({ ...node, price: before }, { state: "running", price: so_far }), so_far)
})

test("a running card counts in its own unit", () => {
  const runtime = { state: "running", progress: { done: 23, total: 50, unit: "epoch", left: 11 } }
  const about = describe(node, runtime)
  assert.equal(plain(about.word), "Epoch 23/50")
  assert.equal(plain(about.note), "11 s left")
  assert.equal(shareDone(runtime), 0.46)
  assert.equal(shareDone({ state: "running", progress: { done: 3, total: null } }), null)
})

test("a card that is being stopped says so and nothing else", () => {
  const progress = { done: 23, total: 50, unit: "epoch", left: 11 }
  const running = { state: "running", cancelling: true, progress }
  const { word, note } = describe(node, running)
  assert.deepEqual([word, note], ["Stopping…", ""])
  assert.equal(shareDone(running), 0.46, "its bar stays where it is")
  const queued = { state: "queued", cancelling: true, waiting: { gpu: "T4" } }
  assert.equal(describe(node, queued).word, "Stopping…")
  assert.deepEqual(linesOf(node, queued, []), [["It is being stopped.", false]])
  assert.equal(describe(node, { state: "cancelled", cancelling: false }).word, "Cancelled")
})

test("a result that waits for room says how much, and that nothing is paid", () => {
  const full = { state: "running", waiting: { needed: 2_900_000 }, progress: { done: 8 } }
  const { word, note } = describe(node, full)
  assert.deepEqual([word, note], ["Waits for room", "2.9\u00a0MB"])
  const [[where], [paid]] = linesOf(node, full, [])
  assert.equal(where, "Its result waits at Modal for room on this disk.")
  assert.equal(paid, "Nothing is paid meanwhile.")
  assert.equal(describe(node, { ...full, cancelling: true }).word, "Stopping…")
})

test("an error before the run outranks the last state, but not a run", () => {
  const broken = { ...node, problems: [wrong] }
  assert.equal(describe(broken, { state: "done" }).word, "1 problem")
  assert.equal(describe(broken, { state: "running" }).word, "Running")
  assert.deepEqual(linesOf(broken, undefined, []), [
    ["Target column PRICE is not in dataset.", false],
    ["Did you mean MEDV?", true],
  ])
})

test("a warning keeps no card from running, and is no problem", () => {
  const warned = { ...node, problems: [{ ...wrong, level: "warning" }] }
  assert.equal(describe(warned, { state: "done" }).word, "Done")
})

test("the badge counts errors and warnings, and is red for an error", () => {
  assert.equal(badgeOf(node), null)
  assert.equal(badgeOf({ problems: [{ level: "info", message: "" }] }), null)
  assert.equal(badgeOf({ problems: [{ level: "warning", message: "" }] }).tone, "stale")
  assert.deepEqual(badgeOf({ problems: [wrong, { level: "warning", message: "x" }] }).count, 2)
})

test("a queued card says what it waits for and what it knew", () => {
  assert.deepEqual(linesOf(node, { state: "queued" }, ["Train (GPU)"], "R² 0.87"), [
    ["Waits for Train (GPU).", false],
    ["Last run: R² 0.87", true],
  ])
})

test("data has flowed once a card is done, also when its result is stale", () => {
  assert.equal(hasFlowed(undefined), false)
  assert.equal(hasFlowed({ state: "running" }), false)
  assert.equal(hasFlowed({ state: "done" }), true)
  assert.equal(hasFlowed({ state: "stale", face: { kind: "text", lines: [] } }), true)
  assert.equal(hasFlowed({ state: "stale" }), false)
})

test("a card whose editor ended is interrupted, and was not cancelled by anybody", () => {
  const card = { problems: [] }
  assert.equal(describe(card, { state: "cancelled", reason: "interrupted" }).word, "Interrupted")
  assert.equal(describe(card, { state: "cancelled", reason: "cancelled" }).word, "Cancelled")
})

test("a card at work draws its curve over the whole range", () => {
  const progress = {
    done: 2,
    total: 50,
    metrics: { loss: 0.15, val_loss: 0.16 },
    curve: [0.6, 0.4],
    curve_at: [21, 22],
  }
  const face = liveFace({ state: "running", progress })
  assert.equal(face.length, 50)
  assert.deepEqual(face.at, [21, 22])
  assert.deepEqual(face.right, { label: "val.", value: 0.16 })
  assert.equal(liveFace({ state: "done", progress }), null)
})
