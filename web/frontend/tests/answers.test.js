import assert from "node:assert/strict"
import { mock, test } from "node:test"

test("a server counts as away when it does not answer, not when the page is held up", async () => {
  mock.timers.enable({ apis: ["setInterval"] })
  const answers = []
  Object.assign(globalThis, {
    window: globalThis,
    document: { documentElement: { toggleAttribute() {} } },
    socket: { emit: (...sent) => answers.push(sent.at(-1)), on() {} },
  })
  const { watch } = await import("../../page/static/page/answers.js")
  const told = []
  watch((silent) => told.push(silent))

  let now = performance.now()
  mock.method(performance, "now", () => now)
  window.socket.emit("event", "a click")
  now += 60_000 // nothing ran here for a minute, then everything at once
  mock.timers.tick(500)
  assert.deepEqual(told, [])

  mock.timers.tick(5_000)
  assert.deepEqual(told, [true])
  answers.pop()()
  assert.deepEqual(told, [true, false])
})
