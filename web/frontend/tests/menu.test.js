import assert from "node:assert/strict"
import { test } from "node:test"
import { createCommands } from "../src/commands/registry.js"
import { MENUS, ROW, menuOf } from "../src/menu/items.js"

function commandsOf(...ids) {
  const commands = createCommands()
  commands.add(...ids.map((id) => ({ id, title: id, group: "Edit" })))
  return commands
}

test("a menu lists what there is, without empty groups", () => {
  const { groups, row } = menuOf("card", commandsOf("copy", "remove", "fit"), false)
  assert.deepEqual(
    groups.map((group) => group.map(({ id }) => id)),
    [["copy"], ["remove"]],
  )
  assert.deepEqual(row, [])
})

test("several cards can be arranged", () => {
  const commands = commandsOf(...ROW, ...new Set(Object.values(MENUS).flat(2)))
  assert.equal(menuOf("card", commands, true).row.length, 8)
  assert.equal(menuOf("canvas", commands, true).row.length, 0)
})
