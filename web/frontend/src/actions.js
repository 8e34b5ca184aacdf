import { edgeId } from "./graph.js"
import { makeRoom } from "./making-room.js"

/**
 * Gestures, each told to the server as one `ops` event and shown here at once.
 *
 * The server answers with the truth, which may take a gesture back. What keys and menus do with
 * them is said once for each, in `commands/`. Ids come as they are drawn; the server hears of the
 * cards themselves, and nothing of composites.
 */
export function createActions({ graph, flow, selection, emit, session }) {
  function send(ops, label = "") {
    if (graph.settle()) flow.match()
    emit("ops", { revision: session.revision, ops, label })
  }

  /** Join two ports; a taken input gives its old wire up in the same step. */
  function connect(from, fromPort, into, intoPort, released = null) {
    const { node: source, port: sourcePort } = graph.endOf(from, "out", fromPort)
    const { node: target, port: targetPort } = graph.endOf(into, "in", intoPort)
    const id = edgeId(source, sourcePort, target, targetPort)
    if (released === id || graph.edges.has(id)) return
    const ops = wiresToReplace(into, intoPort, released).map((old) => ({
      op: "disconnect",
      id: old,
    }))
    ops.push({ op: "connect", source, source_port: sourcePort, target, target_port: targetPort })
    for (const { id: old } of ops.slice(0, -1)) graph.removeEdge(old)
    const output = graph.whole.nodes.get(source).outputs.find(({ name }) => name === sourcePort)
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
    const { nodes, annotations } = selection.whole()
    const edges = [...selection.wires].filter((id) => graph.edges.has(id))
    if (!nodes.length && !edges.length && !annotations.length) return
    const label = verb && `${verb} ${nodes.length ? counted(nodes) : named(annotations)}`
    for (const id of annotations) graph.annotations.delete(id)
    for (const id of edges) graph.removeEdge(id)
    for (const id of nodes) graph.removeNode(id)
    flow.drop(nodes)
    selection.wires.clear()
    send([{ op: "remove", nodes, edges, annotations, heal: true }], label)
  }

  /** Cards and notes lie where they are shown now; `label` is what the step back is called by. */
  function moved(ids, noteIds = [], label = "") {
    const places = ids.flatMap((id) => (flow.at(id) ? [[id, { ...flow.at(id) }]] : []))
    const { positions, frames } = graph.unfolded(Object.fromEntries(places))
    const notes = noteIds
      .filter((id) => graph.annotations.has(id))
      .map((id) => graph.annotations.get(id))
      .map(({ id, position, size }) => ({ id, position, size }))
    const annotations = [...notes, ...frames]
    const ops = []
    if (annotations.length) ops.push({ op: "annotate", annotations })
    if (Object.keys(positions).length) ops.push({ op: "move", positions })
    const ofNotes = notes.length ? `Move ${named(notes.map(({ id }) => id))}` : ""
    const ofFrames = ids.length === 1 && frames.length ? "Move a composite" : ofNotes
    if (ops.length) send(ops, label || ofFrames)
  }

  const named = (ids) => (ids.length > 1 ? "notes" : `a ${graph.annotations.get(ids[0]).kind}`)

  /** Add or change a note or a frame ({id, …}). */
  function annotate(annotation) {
    graph.annotate(annotation)
    send([{ op: "annotate", annotations: [annotation] }])
  }

  /** Open a composite's frame; `places` are those of the cards that make way. */
  function unfold(id, places) {
    const { positions, frames } = graph.unfolded(places)
    const opened = { id, collapsed: false }
    const label = `Open ${graph.annotations.get(id).title || "a composite"}`
    graph.annotate(opened)
    const moves = Object.keys(positions).length ? [{ op: "move", positions }] : []
    send([{ op: "annotate", annotations: [...frames, opened] }, ...moves], label)
  }

  /** Put a card of the canvas into a wire; the cards that make way move in the same step. */
  function splice(id, target) {
    const { place, moves } = makeRoom({ graph, flow }, target, graph.nodes.get(id), flow.at(id))
    const places = { ...moves, [id]: place }
    for (const [each, at] of Object.entries(places)) flow.place(each, at)
    const { positions, frames } = graph.unfolded(places)
    const { edge, input, output } = target
    const composite = graph.frameOf(id)
    const into = composite
      ? rewired(id, target)
      : [{ op: "splice", node: id, edge: edge.id, input, output }]
    send(
      [
        ...(frames.length ? [{ op: "annotate", annotations: frames }] : []),
        { op: "move", positions },
        ...into,
      ],
      composite ? `Insert ${graph.nodes.get(id).title}` : undefined,
    )
  }

  /** A composite is a card here alone: those of its cards are wired that its two ports are of. */
  function rewired(id, { edge, input, output }) {
    const { source, source_port, target, target_port } = graph.whole.edges.get(edge.id)
    const first = graph.endOf(id, "in", input)
    const last = graph.endOf(id, "out", output)
    const before = { source, source_port, target: first.node, target_port: first.port }
    const after = { source: last.node, source_port: last.port, target, target_port }
    return [
      { op: "disconnect", id: edge.id },
      { op: "connect", ...before },
      { op: "connect", ...after },
    ]
  }

  /** A new card: wired at once (`connect`), or in a wire, where others make way (`positions`). */
  function spawn({ connect: wires = [], positions: places, ...card }) {
    if (wires.length)
      card.connect = wires.map(({ node, port, side, to }) => ({
        ...graph.endOf(node, side, port),
        side,
        to,
      }))
    if (places) {
      const { positions, frames } = graph.unfolded(places)
      Object.assign(card, { positions, annotations: frames })
    }
    emit("spawn", card)
  }

  function command(name, node, more) {
    emit("command", { name, ...(node && { node }), ...more })
  }

  /** Run to a card, or to all that a composite ends in: that is one run. */
  function runTo(id) {
    command("run_node", null, { nodes: graph.lastOf(id) })
  }

  /**
   * Pass the selected cards by; those that all are passed by already are switched on again. Which of
   * both it is, the server says: the answer to the last time may be on its way.
   */
  function bypass() {
    const { nodes } = selection.whole()
    const cards = nodes.map((id) => graph.whole.nodes.get(id)).filter(Boolean)
    const enabled = cards.every((card) => card.enabled === false)
    for (const card of cards) graph.putNode({ ...card, enabled })
    if (graph.settle()) flow.match()
    if (nodes.length) emit("command", { name: "bypass", nodes })
  }

  /** The copy lies `by` so far ({x, y}) from what is copied, else where there is room beside it. */
  function duplicate(by = null) {
    const { nodes, annotations } = selection.whole()
    if (nodes.length || annotations.length)
      emit("command", { name: "duplicate", nodes, annotations, by })
  }

  return {
    connect,
    disconnect,
    removeSelected,
    moved,
    splice,
    spawn,
    command,
    runTo,
    bypass,
    duplicate,
    annotate,
    unfold,
  }
}

const counted = (ids) => (ids.length === 1 ? "a card" : `${ids.length} cards`)
