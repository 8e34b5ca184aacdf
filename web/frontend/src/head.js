// One <style> per name in the head: the bundle brings its own CSS and needs no link in the page.

const ATTRIBUTE = "data-tensorrag-canvas"

export function addStyle(name, css) {
  const known = document.head.querySelector(`style[${ATTRIBUTE}=${name}]`)
  const style = known ?? document.head.appendChild(document.createElement("style"))
  style.setAttribute(ATTRIBUTE, name)
  style.textContent = css
}

export function removeStyles() {
  for (const style of document.head.querySelectorAll(`style[${ATTRIBUTE}]`)) style.remove()
}
