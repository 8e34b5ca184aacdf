const NONE = "No card is selected"

/**
 * What is done with the selected cards. The browser itself does copy, cut and paste for their keys,
 * which need no permission then: a command with a key that it leaves alone answers false.
 */
export function editingCommands({ graph, selection, actions, clipboard, menu }) {
  const noCard = () => (selection.cards().some((id) => graph.nodes.has(id)) ? null : NONE)
  const none = () => (selection.chosenNotes().length ? null : noCard())

  return [
    {
      id: "menu",
      title: "Open the menu of what is selected",
      group: "Edit",
      keys: ["shift+F10", "ContextMenu"],
      keysOnly: true,
      run: () => menu.showByKey(),
    },
    {
      id: "cut",
      title: "Cut",
      group: "Edit",
      keys: ["mod+x"],
      whyNot: none,
      run: (event) => !event && clipboard.cut(),
    },
    {
      id: "copy",
      title: "Copy",
      group: "Edit",
      keys: ["mod+c"],
      whyNot: none,
      run: (event) => !event && clipboard.copy(),
    },
    {
      id: "paste",
      title: "Paste",
      group: "Edit",
      keys: ["mod+v"],
      run: (event) => !event && void clipboard.pasteFromMenu(),
    },
    {
      id: "duplicate",
      title: "Duplicate",
      group: "Edit",
      keys: ["mod+d"],
      whyNot: none,
      run: () => actions.duplicate(),
    },
    {
      id: "bypass",
      title: "Bypass, or switch on again",
      group: "Edit",
      keys: ["b"],
      whyNot: noCard,
      run: () => actions.bypass(),
    },
  ]
}
