import { toNextPart } from "./parts.js"

/**
 * What can be done on the page around the canvas, where Python does it. Most commands press the
 * control that is there for the mouse, so that both do the same, and are off together.
 */
export function pageCommands({ actions, openPalette, openSheet }) {
  return [
    {
      id: "palette",
      title: "Find an action, a card, a setting or a pipeline",
      group: "Help",
      keys: ["mod+k"],
      where: "anywhere",
      keysOnly: true,
      run: openPalette,
    },
    {
      id: "save",
      title: "Save: every change is saved at once",
      group: "Pipeline",
      keys: ["mod+s"],
      where: "anywhere",
      keysOnly: true,
      run: pointOutSaved,
    },
    {
      id: "shortcuts",
      title: "All shortcuts",
      group: "Help",
      keys: ["?"],
      where: "page",
      run: openSheet,
    },
    {
      id: "next_part",
      title: "Go to the next part of the page",
      group: "View",
      keys: ["F6"],
      where: "anywhere",
      keysOnly: true,
      run: () => toNextPart(),
    },
    {
      id: "part_before",
      title: "Go to the part before",
      group: "View",
      keys: ["shift+F6"],
      where: "anywhere",
      keysOnly: true,
      run: () => toNextPart(-1),
    },
    {
      id: "run",
      title: "Run",
      group: "Run",
      keys: ["mod+Enter"],
      where: "anywhere",
      whyNot: () => whyOff("run") && whyOff("queue-run"),
      run: () => actions.command("run"),
    },
    {
      ...press("cancel", "No run is going on"),
      title: "Cancel the run",
      group: "Run",
      keys: ["mod+."],
      where: "page",
    },
    {
      id: "run_on",
      title: "Choose where it runs",
      group: "Run",
      where: "page",
      whyNot: () => whyOff("run-on"),
      run: () => openMenu("run-on"),
    },
    {
      id: "palette_search",
      title: "Search the cards on the left",
      group: "Add and wire",
      run: () => actions.command("palette_search"),
    },
    {
      id: "undo",
      title: "Undo",
      group: "Edit",
      keys: ["mod+z"],
      where: "page",
      whyNot: () => whyOff("undo") && "There is nothing to undo",
      run: () => actions.command("undo"),
    },
    {
      id: "redo",
      title: "Redo",
      group: "Edit",
      keys: ["mod+shift+z", "mod+y"],
      where: "page",
      whyNot: () => whyOff("redo") && "There is nothing to redo",
      run: () => actions.command("redo"),
    },
    { ...press("theme"), title: "Light or dark", group: "View" },
    { ...press("history"), title: "History and named versions", group: "Pipeline" },
    { ...press("export"), title: "Export the pipeline as a file", group: "Pipeline" },
    { ...press("export-python"), title: "Export as Python…", group: "Pipeline" },
    { ...press("import"), title: "Import a pipeline", group: "Pipeline" },
    { id: "rename", title: "Rename the pipeline", group: "Pipeline", run: rename },
    { ...press("settings"), title: "Settings", group: "Pipeline" },
  ]
}

const controlOf = (name) => document.querySelector(`.top [data-testid=${name}]`)

/** A command that presses a control of the top bar. */
function press(name, absent = "It is not on this page") {
  return {
    id: name,
    whyNot: () => whyOff(name, absent),
    run: () => (whyOff(name) === null ? controlOf(name).click() : false),
  }
}

/** The keyboard goes to the control as well: Tab leads from there into what it opens. */
function openMenu(name) {
  const control = controlOf(name)
  control?.focus()
  control?.click()
}

/** Why a control is off, in its own words; null when it is not. */
function whyOff(name, absent = "It is not on this page") {
  const control = controlOf(name)
  if (!control) return absent
  const off = control.disabled || control.ariaDisabled === "true"
  return off ? control.title || "It is off just now" : null
}

/** Who presses it by habit wants to know, and no page as a file. */
function pointOutSaved() {
  const faded = [{ opacity: 0.2 }, { opacity: 1 }]
  document.querySelector(".top .saved")?.animate(faded, { duration: 400 })
}

function rename() {
  const field = document.querySelector(".top .name")
  field?.focus()
  field?.select()
}
