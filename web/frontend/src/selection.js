import { shallowReactive, watch } from "vue"

/**
 * What is selected: cards in Vue Flow's store, wires here. Tells the page once per change.
 */
export function createSelection(flow, graph, emit) {
  const wires = shallowReactive(new Set())
  let told = "[[],[]]"

  const cards = () => flow.getSelectedNodes.value.map((node) => node.id)

  function set(ids, wireIds = []) {
    const wanted = new Set(ids)
    for (const node of flow.nodes.value) {
      if (node.selected !== wanted.has(node.id)) node.selected = wanted.has(node.id)
    }
    wires.clear()
    for (const id of wireIds) wires.add(id)
  }

  function toggleWire(id, keep) {
    const selected = wires.has(id)
    if (!keep) set([])
    if (selected && keep) wires.delete(id)
    else wires.add(id)
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
    emit("select", { nodes, edges })
  })

  return { cards, wires, set, toggleWire, toggleCard }
}
