import { shallowReactive, shallowRef } from "vue"
import { isBusy } from "./states.js"
import { composed, compositesOf, drawnEdge, stateOf } from "./folding.js"

/**
 * The pipeline as this view knows it: what the server sent, and gestures it has not answered yet.
 *
 * The maps are shallow: a card reads its own entry and is drawn again for that entry alone.
 * `told` counts the changes of states, for who wants all of them and not one. `links` holds, per card, which of its ports carry a wire, as "in:name" and "out:name".
 *
 * `nodes` and `edges` are what is drawn: a composite stands there as a card in place of its own.
 * `whole` has all cards and wires as they are. After changes, `settle` folds what has to be.
 */
export function createGraph() {
  const nodes = shallowReactive(new Map())
  const edges = shallowReactive(new Map())
  const runtime = shallowReactive(new Map())
  const links = shallowReactive(new Map())
  const annotations = shallowReactive(new Map())
  const types = shallowRef({})
  const catalog = shallowRef([])
  const told = shallowRef(0)
  const whole = { nodes: shallowReactive(new Map()), edges: shallowReactive(new Map()) }
  const folded = shallowRef(0)
  let folds = { all: new Map(), home: new Map() }
  let unsettled = false
  const wiresOf = new Map()

  function load(snapshot) {
    for (const map of [nodes, edges, runtime, links, wiresOf, whole.nodes, whole.edges]) map.clear()
    folds = { all: new Map(), home: new Map() }
    types.value = snapshot.types ?? {}
    catalog.value = snapshot.catalog ?? []
    for (const node of snapshot.nodes ?? []) putNode(node)
    setRuntime(snapshot.runtime ?? {})
    for (const edge of snapshot.edges ?? []) putEdge(edge)
    setAnnotations(snapshot.annotations ?? [])
    settle()
  }

  /** All notes and frames, whose order is that of the file: frames lie under what is in them. */
  function setAnnotations(list) {
    annotations.clear()
    for (const each of list) annotations.set(each.id, each)
    if (folds.all.size || list.some(({ collapsed }) => collapsed)) unsettled = true
  }

  /** Add or change one note or frame ({id, …}). */
  function annotate(change) {
    const after = { ...annotations.get(change.id), ...change }
    annotations.set(change.id, after)
    if (folds.all.size || after.collapsed) unsettled = true
  }

  function putNode(node) {
    whole.nodes.set(node.id, node)
    if (folds.home.has(node.id)) unsettled = true
    else nodes.set(node.id, node)
  }

  function removeNode(id) {
    for (const edge of wholeEdgesOf(id)) removeEdge(edge.id)
    whole.nodes.delete(id)
    nodes.delete(id)
    links.delete(id)
    if (folds.home.has(id)) unsettled = true
  }

  function putEdge(edge) {
    whole.edges.set(edge.id, edge)
    for (const id of [edge.source, edge.target]) addWire(id, edge.id)
    if (isInside(edge)) return void (unsettled = true)
    edges.set(edge.id, edge)
    for (const id of [edge.source, edge.target]) noteLinks(id)
  }

  function removeEdge(id) {
    const edge = whole.edges.get(id)
    if (!edge) return
    const drawn = edges.get(id) ?? edge
    whole.edges.delete(id)
    edges.delete(id)
    for (const end of new Set([edge.source, edge.target, drawn.source, drawn.target]))
      wiresOf.get(end)?.delete(id)
    for (const end of [drawn.source, drawn.target]) noteLinks(end)
    if (isInside(edge)) unsettled = true
  }

  const isInside = ({ source, target }) => folds.home.has(source) || folds.home.has(target)

  function addWire(id, edge) {
    if (!wiresOf.has(id)) wiresOf.set(id, new Set())
    wiresOf.get(id).add(edge)
  }

  function noteLinks(id) {
    const names = new Set()
    for (const edge of edgesOf(id)) {
      if (edge.source === id) names.add(`out:${edge.source_port}`)
      if (edge.target === id) names.add(`in:${edge.target_port}`)
    }
    const known = links.get(id)
    if (known?.size !== names.size || [...names].some((name) => !known.has(name)))
      links.set(id, names)
  }

  /** Draw what changed in or around a composite; true if anything may be drawn otherwise now. */
  function settle() {
    if (!unsettled) return false
    unsettled = false
    for (const id of folds.all.keys()) runtime.delete(id)
    folds = compositesOf(annotations, whole.nodes)
    for (const [id, fold] of folds.all) {
      const frame = annotations.get(fold.frame)
      Object.assign(fold, composed(id, frame, fold.members, whole, wholeEdgesOf))
    }
    foldNodes()
    foldEdges()
    for (const id of folds.all.keys()) restate(id)
    told.value += 1
    folded.value += 1
    return true
  }

  function foldNodes() {
    const drawn = new Map([...whole.nodes].filter(([id]) => !folds.home.has(id)))
    for (const [id, { node }] of folds.all) drawn.set(id, node)
    adopt(nodes, drawn)
  }

  function foldEdges() {
    const drawn = new Map()
    wiresOf.clear()
    for (const [id, edge] of whole.edges) {
      const wire = drawnEdge(edge, folds)
      if (wire) drawn.set(id, wire)
      for (const { source, target } of wire ? [edge, wire] : [edge])
        for (const end of [source, target]) addWire(end, id)
    }
    adopt(edges, drawn)
    for (const id of links.keys()) if (!nodes.has(id)) links.delete(id)
    for (const id of nodes.keys()) if (links.has(id) || wiresOf.has(id)) noteLinks(id)
  }

  function restate(id) {
    const state = stateOf(folds.all.get(id).cards, runtime)
    if (state) runtime.set(id, state)
    else runtime.delete(id)
  }

  /** A null removes what is known; what a removed card did stays, for an undo to show again. */
  function setRuntime(changes) {
    for (const [id, state] of Object.entries(changes)) {
      if (state === null) runtime.delete(id)
      else runtime.set(id, state)
    }
    if (folds.all.size) {
      const within = Object.keys(changes).map((id) => folds.home.get(id))
      for (const id of new Set(within)) if (id) restate(id)
    }
    told.value += 1
  }

  const known = (map, id) =>
    [...(wiresOf.get(id) ?? [])].map((edge) => map.get(edge)).filter(Boolean)
  const edgesOf = (id) => known(edges, id)
  const wholeEdgesOf = (id) => known(whole.edges, id)

  /** Every card that `id` feeds, or that feeds it ("up"), itself included; as they are drawn. */
  const reach = (id, direction) => reached(id, direction, edgesOf)
  const wholeReach = (id, direction) => reached(id, direction, wholeEdgesOf)

  /** The id that a card is drawn by: that of the composite it is in, else its own. */
  const drawnAs = (id) => folds.home.get(id) ?? id
  /** The cards that a drawn one stands for, and the last of them: itself if it is no composite. */
  const cardsOf = (id) => folds.all.get(id)?.members ?? [id]
  const lastOf = (id) => folds.all.get(id)?.last ?? [id]
  /** The frame of a composite, or null. */
  const frameOf = (id) => folds.all.get(id)?.frame ?? null

  /** The card and port behind a port that is drawn. */
  function endOf(id, side, name) {
    if (!folds.all.has(id)) return { node: id, port: name }
    const ports = nodes.get(id)[side === "in" ? "inputs" : "outputs"]
    const { of, port } = ports.find((each) => each.name === name)
    return { node: of, port }
  }

  /** Notes and frames that are drawn as such. */
  function openNotes() {
    void folded.value
    const hidden = new Set([...folds.all.values()].map(({ frame }) => frame))
    return [...annotations.values()].filter(({ id }) => !hidden.has(id))
  }

  /**
   * New places of what is drawn ({id: {x, y}}) as those of cards, and of frames ([{id, position}]):
   * the cards of a composite keep their places beside one another.
   */
  function unfolded(places) {
    const positions = {}
    const frames = []
    for (const [id, place] of Object.entries(places)) {
      const fold = folds.all.get(id)
      if (!fold) positions[id] = place
      else {
        const { x, y } = annotations.get(fold.frame).position
        frames.push({ id: fold.frame, position: place })
        for (const each of fold.members) {
          const card = whole.nodes.get(each)
          positions[each] = { x: card.x + place.x - x, y: card.y + place.y - y }
          whole.nodes.set(each, { ...card, ...positions[each] })
        }
        annotate(frames.at(-1))
      }
    }
    return { positions, frames }
  }

  /** Titles of the cards that are still at work for this one. */
  function waitsFor(id) {
    if (runtime.get(id)?.state !== "queued") return []
    const sources = edgesOf(id).filter(
      (edge) => edge.target === id && isBusy(runtime.get(edge.source)),
    )
    return [...new Set(sources.map((edge) => nodes.get(edge.source)?.title))].filter(Boolean)
  }

  /** The first error that keeps a run to this card from beginning: its own, or before it. */
  function whyNot(id) {
    for (const each of lastOf(id)) {
      const why = whyNotCard(each)
      if (why) return why
    }
    return null
  }

  function whyNotCard(id) {
    for (const each of wholeReach(id, "up")) {
      links.get(drawnAs(each)) // what is wired to it counts too
      const node = whole.nodes.get(each)
      if (node?.enabled === false) continue // errors of bypassed cards are in nobody's way
      const error = node?.problems?.find((problem) => problem.level === "error")
      if (error) return each === id ? error.message : `${node.title}: ${error.message}`
    }
    return null
  }

  /** The same of a run of its branch: it, what follows it, and what these need. */
  function whyNotBranch(id) {
    for (const each of reach(id, "down")) {
      const why = nodes.get(each)?.enabled === false && each !== id ? null : whyNot(each)
      if (why) return why
    }
    return null
  }

  return {
    nodes,
    edges,
    whole,
    runtime,
    told,
    links,
    annotations,
    types,
    catalog,
    load,
    putNode,
    removeNode,
    putEdge,
    removeEdge,
    setRuntime,
    setAnnotations,
    annotate,
    settle,
    openNotes,
    edgesOf,
    reach,
    wholeReach,
    drawnAs,
    cardsOf,
    lastOf,
    frameOf,
    endOf,
    unfolded,
    waitsFor,
    whyNot,
    whyNotBranch,
  }
}

/** Make a map hold what another one holds, and touch nothing that is the same. */
function adopt(map, wanted) {
  for (const id of map.keys()) if (!wanted.has(id)) map.delete(id)
  for (const [id, value] of wanted) if (map.get(id) !== value) map.set(id, value)
}

function reached(id, direction, edgesOf) {
  const [near, far] = direction === "up" ? ["target", "source"] : ["source", "target"]
  const found = new Set([id])
  for (const node of found) {
    for (const edge of edgesOf(node)) if (edge[near] === node) found.add(edge[far])
  }
  return found
}

export function edgeId(source, sourcePort, target, targetPort) {
  return `${source}.${sourcePort}-${target}.${targetPort}`
}
