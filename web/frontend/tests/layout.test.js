import assert from "node:assert/strict"
import { test } from "node:test"
import { wirePoints } from "../src/geometry.js"
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

/** Which card each wire lies behind, if any. */
function hidden(places, wires) {
  return wires.flatMap(({ source, target, leaves, arrives }) => {
    const [from, to] = [places[source], places[target]]
    const ends = { x1: from.x + 184, y1: from.y + leaves, x2: to.x, y2: to.y + arrives }
    return Object.entries(places)
      .filter(([id]) => id !== source && id !== target)
      .filter(([, card]) =>
        wirePoints(ends, 40).some(
          ({ x, y }) => x > card.x && x < card.x + 184 && y > card.y && y < card.y + 148,
        ),
      )
      .map(([id]) => `${source}-${target} behind ${id}`)
  })
}

const branch = (number) => [
  wire("split", `train${number}`, 46, 46),
  wire(`model${number}`, `train${number}`, 74, 102),
  wire(`train${number}`, `evaluate${number}`, 74, 88),
  wire("split", `evaluate${number}`, 102, 60),
]

test("no wire is hidden by a card, in whatever order they were drawn", () => {
  const one = ["split", "train1", "model1", "evaluate1"]
  const two = [...one, "model2", "train2", "evaluate2"]
  const predict = [wire("split", "predict", 102, 60), wire("train1", "predict", 74, 88)]
  for (const [ids, wires] of [
    [one, branch(1)],
    [one, branch(1).toReversed()],
    [two, [...branch(1), ...branch(2)]],
    [
      [...one, "predict"],
      [...branch(1), ...predict],
    ],
  ])
    assert.deepEqual(hidden(tidy(ids, wires), wires), [])
})

const cardsOf = (wires) => [...new Set(wires.flatMap(({ source, target }) => [source, target]))]
const branches = (count) => Array.from({ length: count }, (_, at) => branch(at + 1)).flat()

for (const [name, wires] of Object.entries({
  "three branches": branches(3),
  "three branches, drawn the other way round": branches(3).toReversed(),
  "four branches": branches(4),
  "three branches that meet again": [
    wire("load", "split"),
    ...branches(3),
    ...[1, 2, 3].map((number) => wire(`evaluate${number}`, "compare", 74, 18 + 28 * number)),
  ],
  "wires that skip columns and cross": [
    wire("load", "split"),
    ...branches(3),
    wire("load", "check", 74, 60),
    wire("evaluate1", "check", 74, 88),
    wire("split", "predict", 74, 60),
    wire("train3", "predict", 74, 88),
  ],
}))
  test(`no wire is hidden by a card: ${name}`, () => {
    const places = tidy(cardsOf(wires), wires)
    assert.deepEqual(hidden(places, wires), [])
    const rows = Object.values(places).map(({ y }) => y)
    assert.ok(Math.max(...rows) - Math.min(...rows) < 1300, "and they stand close together")
  })
