/** A pipeline of three cards, as the server sends it. */
export function sample() {
  return {
    revision: 1,
    types: {
      Table: { shape: "square", light: "#0a7686", dark: "#3fb6c6" },
      Spec: { shape: "diamond", light: "#7446d1", dark: "#ab8cf5" },
      Model: { shape: "circle", light: "#b82a75", dark: "#ee72b0" },
    },
    nodes: [
      node("load", "Data Load", 0, 0, [], ["dataset:Table"]),
      node("split", "Data Split", 232, 0, ["dataset:Table"], ["train:Table", "test:Table"]),
      node("train", "Train", 464, 80, ["data:Table", "spec:Spec"], ["model:Model"]),
      node("spec", "Model Define", 232, 270, [], ["spec:Spec"]),
    ],
    edges: [
      edge("load", "dataset", "split", "dataset", "Table"),
      edge("split", "train", "train", "data", "Table"),
    ],
    runtime: { load: { state: "done", ports: { dataset: "50,000" } } },
  }
}

export function node(id, title, x, y, inputs, outputs) {
  return { id, card: id, title, x, y, inputs: ports(inputs), outputs: ports(outputs), problems: [] }
}

/** Ports from "name:Type". */
function ports(list) {
  return list.map((text) => {
    const [name, type] = text.split(":")
    return { name, type, accepts: [type], optional: false, many: false }
  })
}

export function edge(source, sourcePort, target, targetPort, type) {
  const id = `${source}.${sourcePort}-${target}.${targetPort}`
  return { id, source, source_port: sourcePort, target, target_port: targetPort, type }
}
