import { toInspector } from "./parts.js"
import { tidy } from "../tidy.js"

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]
const NONE = "No card is selected"

/** What can be done on the canvas; `moving` moves cards by arrow keys. */
export function canvasCommands(canvas) {
  const { graph, flow, selection, actions, wiring, quickAdd, moving, composites, refocus } = canvas
  const selected = () => selection.cards().filter((id) => graph.nodes.has(id))
  const chosenWires = () => [...selection.wires].filter((id) => graph.edges.has(id))
  const others = () => [...chosenWires(), ...selection.chosenNotes()]
  const onlyWire = () => (selected().length || others().length !== 1 ? null : chosenWires()[0])
  const isOwn = (id) =>
    graph.catalog.value.some(({ card, own }) => own && card === graph.nodes.get(id).card)
  const isEmpty = () => (graph.nodes.size ? null : "There is no card yet")
  const notOne = () => {
    const count = selected().length
    if (!count) return NONE
    return count === 1 ? null : "More than one card is selected"
  }
  const notOneCard = () =>
    notOne() ?? (graph.frameOf(selected()[0]) ? "It is a composite: open it first" : null)

  function chooseOrEnter(id) {
    const chosen = selected()
    if (chosen.length === 1 && chosen[0] === id) toInspector()
    else selection.set([id])
  }

  return [
    {
      id: "run_selected",
      title: "Run to the selected card",
      group: "Run",
      keys: ["mod+shift+Enter"],
      where: "anywhere",
      whyNot: () => notOne() ?? graph.whyNot(selected()[0]),
      run: () => !notOne() && actions.runTo(selected()[0]),
    },
    {
      id: "run_branch",
      title: "Run the branch of the selected card",
      group: "Run",
      whyNot: () => notOneCard() ?? graph.whyNotBranch(selected()[0]),
      run: () => !notOneCard() && actions.command("run_branch", selected()[0]),
    },
    {
      id: "quick_add",
      title: "Add a card",
      group: "Add and wire",
      keys: ["/"],
      where: "page",
      onCanvas: true,
      whyNot: () => (graph.catalog.value.length ? null : "No cards are here yet"),
      run: quickAdd.open,
    },
    {
      id: "wire",
      title: "Wire the selected card",
      group: "Add and wire",
      keys: ["w"],
      where: "page",
      onCanvas: true,
      whyNot: notOne,
      run(event) {
        if (!event || event.target.closest("[data-edge]")) refocus() // a wire has keys of its own
        return wiring.start(event?.target)
      },
    },
    {
      id: "insert",
      title: "Put a card into the wire",
      group: "Add and wire",
      whyNot: () => (onlyWire() ? null : "No single wire is selected"),
      run: () => quickAdd.openInWire(onlyWire()),
    },
    {
      id: "edit_source",
      title: "Edit the source of the card",
      group: "Edit",
      whyNot: () =>
        notOneCard() ?? (isOwn(selected()[0]) ? null : "It comes with an installed pack"),
      run: () => actions.command("edit_source", selected()[0]),
    },
    {
      id: "select_all",
      title: "Select all",
      group: "Edit",
      keys: ["mod+a"],
      whyNot: isEmpty,
      run: () =>
        selection.set(
          [...graph.nodes.keys()],
          [...graph.edges.keys()],
          [...graph.annotations.keys()],
        ),
    },
    {
      id: "select_none",
      title: "Select nothing",
      group: "Edit",
      keys: ["Escape"],
      whyNot: () => (selected().length || others().length ? null : "Nothing is selected"),
      run: () => selection.set([]),
    },
    {
      id: "select_focused",
      title: "Select the card, then go to its settings; Enter opens a composite",
      group: "Edit",
      keys: ["Enter", "Space"],
      keysOnly: true,
      run: (event) =>
        withFocused(
          event,
          (id) => (event.key === "Enter" && composites.open(id)) || chooseOrEnter(id),
        ),
    },
    {
      id: "select_focused_too",
      title: "Add it to the selection, or take it away",
      group: "Edit",
      keys: ["shift+Enter", "shift+Space"],
      keysOnly: true,
      run: (event) => withFocused(event, selection.toggleCard),
    },
    {
      id: "remove",
      title: "Delete",
      group: "Edit",
      keys: ["Delete", "Backspace"],
      whyNot: () => (selected().length || others().length ? null : "Nothing is selected"),
      run() {
        actions.removeSelected()
        refocus()
      },
    },
    {
      id: "move",
      title: "Move what is selected",
      group: "Arrange",
      keys: ARROWS,
      keysOnly: true,
      goesOn: true,
      run: (event) => moving.step(event.key),
    },
    {
      id: "move_finely",
      title: "Move it finely",
      group: "Arrange",
      keys: ARROWS.map((key) => `alt+${key}`),
      keysOnly: true,
      goesOn: true,
      run: (event) => moving.step(event.key, true),
    },
    {
      id: "layout",
      title: "Tidy up",
      group: "Arrange",
      keys: ["t"],
      whyNot: isEmpty,
      run: () => void tidy(canvas),
    },
    { id: "fit", title: "Zoom to fit", group: "View", keys: ["1"], run: () => flow.fit() },
    {
      id: "zoom_100",
      title: "Zoom to 100 %",
      group: "View",
      keys: ["0"],
      run: () => void flow.zoomTo(1),
    },
    { id: "zoom_in", title: "Zoom in", group: "View", keys: ["+"], run: () => void flow.zoomIn() },
    {
      id: "zoom_out",
      title: "Zoom out",
      group: "View",
      keys: ["-"],
      run: () => void flow.zoomOut(),
    },
  ]
}

/** Act on the card that has the focus, unless a button on it has. */
function withFocused({ target }, act) {
  const id = target.closest?.("[data-node]")?.dataset.node
  if (!id || target.closest("button")) return false
  return act(id)
}
