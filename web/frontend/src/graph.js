import { shallowReactive, shallowRef } from "vue"
import { isBusy } from "./states.js"

/**
 * The pipeline as this view knows it: what the server sent, and gestures it has not answered yet.
 *
 * The maps are shallow: a card reads its own entry and is drawn again for that entry alone.
 * `told` counts the changes of states, for who wants all of them and not one. `links` holds, per card, which of its ports carry a wire, as "in:name" and "out:name".
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
  const wiresOf = new Map()

  function load(snapshot) {
    for (const map of [nodes, edges, runtime, links, wiresOf]) map.clear()
    types.value = snapshot.types ?? {}
    catalog.value = snapshot.catalog ?? []
    for (const node of snapshot.nodes ?? []) nodes.set(node.id, node)
    setRuntime(snapshot.runtime ?? {})
    for (const edge of snapshot.edges ?? []) putEdge(edge)
    setAnnotations(snapshot.annotations ?? [])
  }

  /** All notes and frames, whose order is that of the file: frames lie under what is in them. */
  function setAnnotations(list) {
    annotations.clear()
    for (const each of list) annotations.set(each.id, each)
  }

  function putNode(node) {
    nodes.set(node.id, node)
  }

  function removeNode(id) {
    for (const edge of edgesOf(id)) removeEdge(edge.id)
    nodes.delete(id)
    links.delete(id)
  }

  function putEdge(edge) {
    edges.set(edge.id, edge)
    for (const id of [edge.source, edge.target]) {
      if (!wiresOf.has(id)) wiresOf.set(id, new Set())
      wiresOf.get(id).add(edge.id)
      noteLinks(id)
    }
  }

  function removeEdge(id) {
    const edge = edges.get(id)
    if (!edge) return
    edges.delete(id)
    for (const end of [edge.source, edge.target]) {
      wiresOf.get(end)?.delete(id)
      noteLinks(end)
    }
  }

  function noteLinks(id) {
    const names = new Set()
    for (const edge of edgesOf(id)) {
      if (edge.source === id) names.add(`out:${edge.source_port}`)
      if (edge.target === id) names.add(`in:${edge.target_port}`)
    }
    links.set(id, names)
  }

  /** A null removes what is known; what a removed card did stays, for an undo to show again. */
  function setRuntime(changes) {
    for (const [id, state] of Object.entries(changes)) {
      if (state === null) runtime.delete(id)
      else runtime.set(id, state)
    }
    told.value += 1
  }

  function edgesOf(id) {
    return [...(wiresOf.get(id) ?? [])].map((edge) => edges.get(edge))
  }

  /** Every card that `id` feeds, or that feeds it ("up"), itself included. */
  function reach(id, direction) {
    const [near, far] = direction === "up" ? ["target", "source"] : ["source", "target"]
    const found = new Set([id])
    for (const node of found) {
      for (const edge of edgesOf(node)) if (edge[near] === node) found.add(edge[far])
    }
    return found
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
    for (const each of reach(id, "up")) {
      links.get(each) // what is wired to it counts too
      const node = nodes.get(each)
      if (node?.enabled === false) continue // errors of bypassed cards are in nobody's way
      const error = node?.problems?.find((problem) => problem.level === "error")
      if (error) return each === id ? error.message : `${node.title}: ${error.message}`
    }
    return null
  }

  return {
    nodes,
    edges,
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
    edgesOf,
    reach,
    waitsFor,
    whyNot,
  }
}

export function edgeId(source, sourcePort, target, targetPort) {
  return `${source}.${sourcePort}-${target}.${targetPort}`
}

/** Card ids so that each stands after those that feed it, and else as they lie: by x, then y. */
export function inOrder(nodes, edges) {
  const waiting = new Map([...nodes.keys()].map((id) => [id, new Set()]))
  for (const { source, target } of edges.values()) {
    if (nodes.has(source) && nodes.has(target)) waiting.get(target).add(source)
  }
  const left = [...nodes.values()].toSorted((a, b) => a.x - b.x || a.y - b.y).map(({ id }) => id)
  const order = new Set()
  while (left.length) {
    const index = left.findIndex((id) => [...waiting.get(id)].every((source) => order.has(source)))
    order.add(left.splice(Math.max(index, 0), 1)[0])
  }
  return [...order]
}
