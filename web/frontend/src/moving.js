const STEP = 20
const FINE_STEP = 2
const REST = 400
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** Moves what is selected by arrow keys: a row of them is one move. */
export function createMoving({ graph, flow, selection, actions }) {
  const moving = new Set()
  const movingNotes = new Set()
  let resting = 0

  function step(arrow, fine = false) {
    const ids = selection.cards()
    const notes = selection.chosenNotes()
    if (!ids.length && !notes.length) return false
    const [dx, dy] = ARROWS[arrow]
    const by = fine ? FINE_STEP : STEP
    for (const id of ids) {
      const { x, y } = flow.at(id)
      flow.place(id, { x: x + dx * by, y: y + dy * by })
      moving.add(id)
    }
    for (const id of notes) {
      const { x, y } = graph.annotations.get(id).position
      graph.draw(id, { position: { x: x + dx * by, y: y + dy * by } })
      movingNotes.add(id)
    }
    clearTimeout(resting)
    resting = setTimeout(settle, REST)
    return true
  }

  /** Told when the keys rest, or before anything else is done. */
  function settle() {
    clearTimeout(resting)
    if (moving.size || movingNotes.size) actions.moved([...moving], [...movingNotes])
    moving.clear()
    movingNotes.clear()
  }

  return { step, settle }
}
