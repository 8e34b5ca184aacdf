import { nameOf } from "./keys.js"

/** The headings under which commands are listed, in this order. */
const GROUPS = ["Run", "Add and wire", "Edit", "Arrange", "View", "Pipeline", "Help"]

/**
 * Everything that can be done in the editor, each once: the keyboard, the menus and the sheet of
 * shortcuts all read from here. A command is
 *
 *   id        its name for good: "duplicate"
 *   title     what it does, as a person would say it
 *   group     one of GROUPS
 *   keys      names of its shortcuts (see keys.js); the first is the one that is shown
 *   where     its keys work "anywhere", on the "page" (in all but text fields), or, if this is
 *             left out, while the canvas has the focus or nothing has
 *   onCanvas  its keys need a canvas that is seen, also where they work on the page
 *   whyNot    () => why it is off just now, in a sentence; null when it is not
 *   run       (event?) => does it; false where there was nothing to do
 *   keysOnly  it needs its key (an arrow), or is the palette itself: only the sheet lists it
 *   goesOn    a row of it is one step back, which any other command ends
 *
 * `whyNot` is what is shown. Keys do not ask it: a quick hand is ahead of the picture.
 */
export function createCommands() {
  const commands = new Map()
  const byKey = new Map()

  function add(...more) {
    for (const command of more) {
      if (commands.has(command.id)) throw new Error(`There is a command ${command.id} already.`)
      commands.set(command.id, command)
      for (const key of command.keys ?? []) bind(key, command)
    }
  }

  function bind(key, command) {
    const taken = byKey.get(key)
    if (taken) throw new Error(`${key} is for ${taken.id} already, not for ${command.id}.`)
    byKey.set(key, command)
  }

  const all = () => [...commands.values()]

  /** The command of a key that was pressed, if it has one. */
  const pressed = (event) => byKey.get(nameOf(event)) ?? null

  /** Do what a command says; false where it is not there, is off, or had nothing to do. */
  function run(id) {
    const command = commands.get(id)
    return command && whyNot(command) === null ? command.run() !== false : false
  }

  return { add, all, get: (id) => commands.get(id) ?? null, pressed, run }
}

export const whyNot = (command) => command.whyNot?.() ?? null

/** Commands by their heading, in order: [[group, [command, …]], …]. */
export function grouped(commands) {
  return GROUPS.map((group) => [group, commands.filter((each) => each.group === group)]).filter(
    ([, members]) => members.length,
  )
}
