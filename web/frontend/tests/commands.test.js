import assert from "node:assert/strict"
import { test } from "node:test"
import { nameOf, written } from "../src/commands/keys.js"
import { createCommands, grouped, whyNot } from "../src/commands/registry.js"

const pressed = (key, held = {}) => ({ key, code: "", ...held })

test("a key is named with what was held", () => {
  assert.equal(nameOf(pressed("z", { ctrlKey: true })), "mod+z")
  assert.equal(nameOf(pressed("Z", { metaKey: true, shiftKey: true })), "mod+shift+z")
  assert.equal(nameOf(pressed("ArrowLeft", { altKey: true })), "alt+ArrowLeft")
  assert.equal(nameOf(pressed(" ")), "Space")
})

test("a Mac has its command key for chords, and Ctrl is another key", async () => {
  const value = { platform: "MacIntel" }
  Object.defineProperty(globalThis, "navigator", { value, configurable: true })
  const mac = await import("../src/commands/keys.js?on-a-mac")
  delete globalThis.navigator
  assert.equal(mac.nameOf(pressed("z", { metaKey: true })), "mod+z")
  assert.equal(mac.nameOf(pressed("b", { ctrlKey: true })), "ctrl+b")
})

test("Shift is a part of the character that it writes", () => {
  assert.equal(nameOf(pressed("?", { shiftKey: true })), "?")
  assert.equal(nameOf(pressed("/", { shiftKey: true })), "/")
})

test("a chord is found on a keyboard without Latin letters", () => {
  assert.equal(nameOf({ key: "я", code: "KeyZ", ctrlKey: true }), "mod+z")
})

test("a shortcut is written as keyboards have it", () => {
  assert.deepEqual(written("mod+shift+z"), ["Ctrl", "Shift", "Z"])
  assert.deepEqual(written("mod++"), ["Ctrl", "+"])
  assert.deepEqual(written("ArrowUp"), ["↑"])
  assert.deepEqual(written("+"), ["+"])
})

function twoCommands() {
  const done = []
  const commands = createCommands()
  commands.add(
    { id: "undo", title: "Undo", group: "Edit", keys: ["mod+z"], run: () => done.push("undo") },
    { id: "run", title: "Run", group: "Run", whyNot: () => "Busy", run: () => done.push("run") },
  )
  return { commands, done }
}

test("a command is found by its key and done by its name", () => {
  const { commands, done } = twoCommands()
  assert.equal(commands.pressed(pressed("z", { ctrlKey: true })).id, "undo")
  assert.equal(commands.pressed(pressed("z")), null)
  assert.equal(commands.run("undo"), true)
  assert.deepEqual(done, ["undo"])
})

test("what is off says why, and is not done", () => {
  const { commands, done } = twoCommands()
  assert.equal(whyNot(commands.get("run")), "Busy")
  assert.equal(commands.run("run"), false)
  assert.deepEqual(done, [])
})

test("no two commands share a name or a key", () => {
  const { commands } = twoCommands()
  assert.throws(() => commands.add({ id: "undo" }), /undo/)
  assert.throws(() => commands.add({ id: "other", keys: ["mod+z"] }), /undo/)
})

test("commands are listed by heading, in one order", () => {
  const { commands } = twoCommands()
  assert.deepEqual(
    grouped(commands.all()).map(([group]) => group),
    ["Run", "Edit"],
  )
})
