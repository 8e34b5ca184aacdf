/** Notes, frames around cards, and cards collapsed into one. */
export function noteCommands({ graph, selection, clipboard, notes, composites }) {
  const cards = () => selection.cards().filter((id) => graph.nodes.has(id))

  /** The frame that is selected alone, be it open or collapsed. */
  function named() {
    const frames = [...composites.frames(), ...selection.cards().map(graph.frameOf)]
    return frames.length === 1 ? frames[0] : null
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
      id: "rename_frame",
      title: "Rename the frame or composite",
      group: "Arrange",
      keys: ["F2"],
      whyNot: () => (named() ? null : "No single frame or composite is selected"),
      run: () => (named() ? notes.edit(named()) : false),
    },
  ]
}
