const BORDER = 40
const SPEED = 14

/** Pan while the pointer of a drag is held near the border of the canvas. */
export function edgePan(flow, onPan) {
  let velocity = { x: 0, y: 0 }
  let frame = 0

  function steer(event) {
    const box = flow.vueFlowRef.value.getBoundingClientRect()
    velocity = {
      x: push(event.clientX - box.left, box.width),
      y: push(event.clientY - box.top, box.height),
    }
    if ((velocity.x || velocity.y) && !frame) frame = requestAnimationFrame(step)
  }

  function step() {
    frame = 0
    if (!velocity.x && !velocity.y) return
    flow.panBy(velocity)
    onPan()
    frame = requestAnimationFrame(step)
  }

  function stop() {
    cancelAnimationFrame(frame)
    frame = 0
    velocity = { x: 0, y: 0 }
  }

  return { steer, stop }
}

function push(at, size) {
  if (at < BORDER) return SPEED * Math.min(1, (BORDER - at) / BORDER)
  if (at > size - BORDER) return -SPEED * Math.min(1, (at - size + BORDER) / BORDER)
  return 0
}
