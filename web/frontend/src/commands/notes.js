/** Notes, frames around cards, and cards collapsed into one; and what they are called. */
export function noteCommands({ graph, selection, actions, clipboard, notes, composites }) {
  const cards = () => selection.cards().filter((id) => graph.nodes.has(id))

  /** The frame that is selected alone, be it open or collapsed. */
  function named() {
    const frames = [...composites.frames(), ...selection.cards().map(graph.frameOf)]
    return frames.length === 1 ? frames[0] : null
  }

  const onlyCard = () => (cards().length === 1 ? cards()[0] : null)

  /** A card has its title in its settings, a frame and a composite where they are. */
  function renameSelected() {
    if (named()) return notes.edit(named())
    const card = onlyCard()
    return card ? actions.command("to_setting", card, { control: "card-title" }) : false
  }

  return [
    {
      id: "note",
      title: "Write a note",
      group: "Add and wire",
      keys: ["n"],
      run: () => notes.addNote(clipboard.place()),
    },
    {
      id: "frame",
      title: "Frame what is selected",
      group: "Arrange",
      keys: ["mod+g"],
      whyNot: () => (cards().length ? null : "No card is selected"),
      run: () => (cards().length ? notes.frame(cards()) : false),
    },
    {
      id: "collapse",
      title: "Collapse into one card",
      group: "Arrange",
      keys: ["mod+shift+g"],
      whyNot: composites.whyNotCollapse,
      run: () => composites.collapse(),
    },
    {
      id: "open_composite",
      title: "Open the composite",
      group: "Arrange",
      whyNot: () => (composites.only() ? null : "No single composite is selected"),
      run: () => composites.open(composites.only()),
    },
    {
      id: "rename_selected",
      title: "Rename",
      group: "Edit",
      keys: ["F2"],
      whyNot: () => (named() || onlyCard() ? null : "No single card or frame is selected"),
      run: renameSelected,
    },
  ]
}
