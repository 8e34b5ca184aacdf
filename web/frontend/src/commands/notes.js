/** Notes, and frames around cards. */
export function noteCommands({ graph, selection, clipboard, notes }) {
  const cards = () => selection.cards().filter((id) => graph.nodes.has(id))

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
  ]
}
