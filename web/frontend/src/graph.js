import { shallowReactive, shallowRef } from "vue"
import { isBusy } from "./states.js"
import { drawnEdge, stateOf } from "./folding.js"
import { createFolds } from "./folds.js"

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
  const folds = createFolds({ nodes, annotations, whole, annotate })
  let unsettled = false
  const wiresOf = new Map()

  function load(snapshot) {
    for (const map of [nodes, edges, runtime, links, wiresOf, whole.nodes, whole.edges]) map.clear()
    folds.clear()
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

  /** Draw a note or frame elsewhere or larger while it is held; one that is gone stays so. */
  function draw(id, change) {
    if (annotations.has(id)) annotations.set(id, { ...annotations.get(id), ...change })
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
    links.set(id, names)
  }

  /** Draw what changed in or around a composite; true if anything may be drawn otherwise now. */
  function settle() {
    if (!unsettled) return false
    unsettled = false
    for (const id of folds.all.keys()) runtime.delete(id)
    folds.renew(wholeEdgesOf)
    foldNodes()
    foldEdges()
    for (const id of folds.all.keys()) restate(id)
    told.value += 1
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
    const ends = [...edges.values(), ...drawn.values()].filter(
      ({ id }) => edges.get(id) !== drawn.get(id),
    )
    adopt(edges, drawn)
    for (const id of links.keys()) if (!nodes.has(id)) links.delete(id)
    const touched = new Set(ends.flatMap(({ source, target }) => [source, target]))
    for (const id of [...touched, ...folds.all.keys()]) if (nodes.has(id)) noteLinks(id)
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
    for (const each of folds.lookups.lastOf(id)) {
      const why = whyNotCard(each)
      if (why) return why
    }
    return null
  }

  /** `asked` is the card that somebody points at: what is wrong with it needs no name. */
  function whyNotCard(id, asked = id) {
    for (const each of wholeReach(id, "up")) {
      links.get(folds.lookups.drawnAs(each)) // what is wired to it counts too
      const node = whole.nodes.get(each)
      if (node?.enabled === false) continue // errors of bypassed cards are in nobody's way
      const error = node?.problems?.find((problem) => problem.level === "error")
      if (error) return each === asked ? error.message : `${node.title}: ${error.message}`
    }
    return null
  }

  /** The same of a run of its branch: it, what follows it, and what these need. */
  function whyNotBranch(id) {
    for (const each of wholeReach(id, "down")) {
      const passed = whole.nodes.get(each)?.enabled === false && each !== id
      const why = passed ? null : whyNotCard(each, id)
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
    draw,
    settle,
    edgesOf,
    reach,
    wholeReach,
    ...folds.lookups,
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
