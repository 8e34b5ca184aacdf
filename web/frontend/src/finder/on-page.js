// What can be done on a page without a canvas. Each presses the control that is there for the mouse,
// so that both do the same, and is off while that is away.

const PRESSED = [
  { name: "search-own", title: "Search your pipelines", keys: "/" },
  { name: "import", title: "Open a pipeline's file" },
  { name: "compare-runs", title: "Compare the chosen runs", on: "new", why: "Tick two or more" },
  {
    name: "restore",
    title: "Undo the deletion",
    keys: "mod+z",
    on: "new",
    why: "None was deleted",
  },
  { name: "save-source", title: "Save the card", keys: "mod+s" },
  { name: "theme", title: "Light or dark" },
]

/** The rows of the palette that are about this page; `on` names what tells the page by. */
export function onPage() {
  return PRESSED.filter(({ name, on }) => control(name) ?? (on && control(on))).map(row)
}

function row({ name, title, keys, why }) {
  const command = { whyNot: () => (control(name) ? null : why) }
  const go = () => press(control(name))
  return {
    key: `do ${name}`,
    title,
    keys,
    heading: "This page",
    off: command.whyNot(),
    command,
    go,
  }
}

const control = (name) => document.querySelector(`[data-testid=${name}]`)

const press = (found) => (found?.matches("input") ? found.focus() : found?.click())
