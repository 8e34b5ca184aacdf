// Small pictures as CSS images. An inline <svg> is a layer of its own to the browser, and with two
// or three on each of a thousand cards those layers are half the cost of a frame.

/** A `url(…)` with an SVG of the given view box and content. */
export function picture(viewBox, content) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}">${content}</svg>`
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
}
