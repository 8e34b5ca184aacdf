import { shallowReactive, watch } from "vue"

/**
 * What is selected: cards in Vue Flow's store, wires and notes here. Tells the page once per change.
 *
 * A composite is selected like a card; `whole` says which cards and frames are meant by that.
 */
export function createSelection(flow, graph, emit) {
  const wires = shallowReactive(new Set())
  const notes = shallowReactive(new Set())
  let told = "[[],[]]"

  const cards = () => flow.getSelectedNodes.value.map((node) => node.id)

  function set(ids, wireIds = [], noteIds = []) {
    const wanted = new Set(ids.map(graph.drawnAs))
    for (const node of flow.nodes.value) {
      if (node.selected !== wanted.has(node.id)) node.selected = wanted.has(node.id)
    }
    wires.clear()
    for (const id of wireIds) wires.add(id)
    notes.clear()
    for (const id of noteIds) notes.add(id)
  }

  function toggleWire(id, keep) {
    const selected = wires.has(id)
    if (!keep) set([])
    if (selected && keep) wires.delete(id)
    else wires.add(id)
  }

  function toggleNote(id, keep) {
    const selected = notes.has(id)
    if (!keep) return set([], [], [id])
    if (selected) notes.delete(id)
    else notes.add(id)
  }

  const chosenNotes = () =>
    notes.size ? graph.openNotes().flatMap(({ id }) => (notes.has(id) ? [id] : [])) : []

  function whole() {
    const frames = cards().map(graph.frameOf).filter(Boolean)
    return { nodes: cards().flatMap(graph.cardsOf), annotations: [...chosenNotes(), ...frames] }
  }

  function toggleCard(id) {
    const node = flow.findNode(id)
    if (node) node.selected = !node.selected
  }

  const chosenWires = () => [...wires].filter((id) => graph.edges.has(id))

  watch([cards, chosenWires, flow.userSelectionActive], ([nodes, edges, stillDrawing]) => {
    if (stillDrawing) return
    const now = JSON.stringify([nodes, edges])
    if (now === told) return
    told = now
    emit("select", { nodes: nodes.flatMap(graph.cardsOf), edges })
  })

  watch(flow.userSelectionRect, (box) => {
    if (box && flow.userSelectionActive.value) chooseNotesIn(box)
  })

  /** With a box, Vue Flow selects cards. A note is taken as a card is; a frame only as a whole. */
  function chooseNotesIn(box) {
    const from = flow.canvasToFlow(box)
    const to = flow.canvasToFlow({ x: box.x + box.width, y: box.y + box.height })
    for (const { id, x, y, width, height } of flow.noteRects()) {
      const frame = graph.annotations.get(id).kind === "frame"
      const [left, top] = frame ? [x, y] : [x + width, y + height]
      const [right, bottom] = frame ? [x + width, y + height] : [x, y]
      const inside = left > from.x && top > from.y && right < to.x && bottom < to.y
      if (inside) notes.add(id)
      else notes.delete(id)
    }
  }

  return { cards, wires, notes, chosenNotes, whole, set, toggleWire, toggleNote, toggleCard }
}
