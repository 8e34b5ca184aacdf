import { edgeId } from "./graph.js"
import { makeRoom } from "./making-room.js"

/**
 * Gestures, each told to the server as one `ops` event and shown here at once.
 *
 * The server answers with the truth, which may take a gesture back. What keys and menus do with
 * them is said once for each, in `commands/`.
 */
export function createActions({ graph, flow, selection, emit, session }) {
  const send = (ops, label = "") => emit("ops", { revision: session.revision, ops, label })

  /** Join two ports; a taken input gives its old wire up in the same step. */
  function connect(source, sourcePort, target, targetPort, released = null) {
    const id = edgeId(source, sourcePort, target, targetPort)
    if (released === id || graph.edges.has(id)) return
    const ops = wiresToReplace(target, targetPort, released).map((old) => ({
      op: "disconnect",
      id: old,
    }))
    ops.push({ op: "connect", source, source_port: sourcePort, target, target_port: targetPort })
    for (const { id: old } of ops.slice(0, -1)) graph.removeEdge(old)
    const output = graph.nodes.get(source).outputs.find((port) => port.name === sourcePort)
    graph.putEdge({
      id,
      source,
      source_port: sourcePort,
      target,
      target_port: targetPort,
      type: output?.type ?? null,
      problem: null,
    })
    send(ops)
  }

  function wiresToReplace(target, targetPort, released) {
    const input = graph.nodes.get(target).inputs.find((port) => port.name === targetPort)
    const taken = input?.many
      ? []
      : graph
          .edgesOf(target)
          .filter((edge) => edge.target === target && edge.target_port === targetPort)
    return [...new Set([...(released ? [released] : []), ...taken.map((edge) => edge.id)])]
  }

  function disconnect(id) {
    graph.removeEdge(id)
    send([{ op: "disconnect", id }])
  }

  /** `verb` is what the step back is called by, where it is not just a removal. */
  function removeSelected(verb = "") {
    const nodes = selection.cards()
    const edges = [...selection.wires].filter((id) => graph.edges.has(id))
    const annotations = selection.chosenNotes()
    if (!nodes.length && !edges.length && !annotations.length) return
    for (const id of annotations) graph.annotations.delete(id)
    for (const id of edges) graph.removeEdge(id)
    for (const id of nodes) {
      graph.removeNode(id)
      flow.drop(id)
    }
    selection.wires.clear()
    const label = verb && (nodes.length === 1 ? `${verb} a card` : `${verb} ${nodes.length} cards`)
    send([{ op: "remove", nodes, edges, annotations, heal: true }], label)
  }

  /** Cards and notes lie where they are shown now. */
  function moved(ids, noteIds = []) {
    const positions = {}
    for (const id of ids) {
      const place = flow.at(id)
      if (place) positions[id] = { x: place.x, y: place.y }
    }
    const annotations = noteIds
      .filter((id) => graph.annotations.has(id))
      .map((id) => ({ id, position: graph.annotations.get(id).position }))
    const ops = []
    if (annotations.length) ops.push({ op: "annotate", annotations })
    if (Object.keys(positions).length) ops.push({ op: "move", positions })
    if (ops.length) send(ops, ops[0].op === "annotate" ? labelOfMove(noteIds) : "")
  }

  function labelOfMove(noteIds) {
    if (noteIds.length > 1) return "Move notes"
    return `Move a ${graph.annotations.get(noteIds[0])?.kind ?? "note"}`
  }

  /** Add or change a note or a frame ({id, …}). */
  function annotate(annotation) {
    const before = graph.annotations.get(annotation.id)
    graph.annotations.set(annotation.id, { ...before, ...annotation })
    send([{ op: "annotate", annotations: [annotation] }])
  }

  /** Put a card of the canvas into a wire; the cards that make way move in the same step. */
  function splice(id, target) {
    const { place, moves } = makeRoom({ graph, flow }, target, graph.nodes.get(id), flow.at(id))
    const positions = { ...moves, [id]: place }
    for (const [each, at] of Object.entries(positions)) flow.place(each, at)
    const { edge, input, output } = target
    send([
      { op: "move", positions },
      { op: "splice", node: id, edge: edge.id, input, output },
    ])
  }

  const spawn = (card) => emit("spawn", card)

  const command = (name, node, more) => emit("command", { name, ...(node && { node }), ...more })

  /** Pass the selected cards by; those that all are passed by already are switched on again. */
  function bypass() {
    const nodes = selection.cards().filter((id) => graph.nodes.has(id))
    const enabled = nodes.every((id) => graph.nodes.get(id).enabled === false)
    for (const id of nodes) graph.putNode({ ...graph.nodes.get(id), enabled })
    if (nodes.length) send(nodes.map((node) => ({ op: "set_node", node, enabled })))
  }

  function duplicate() {
    const nodes = selection.cards()
    const annotations = selection.chosenNotes()
    if (nodes.length || annotations.length)
      emit("command", { name: "duplicate", nodes, annotations })
  }

  return {
    connect,
    disconnect,
    removeSelected,
    moved,
    splice,
    spawn,
    command,
    bypass,
    duplicate,
    annotate,
  }
}
