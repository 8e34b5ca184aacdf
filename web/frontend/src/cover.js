/**
 * Lay a sheet over the page for the length of a drag, so that the browser need not find out what
 * lies under the pointer at every move. Goes by itself when the button is released.
 */
export function coverPage(cursor) {
  const sheet = document.createElement("div")
  sheet.className = "tr-cover"
  sheet.style.cursor = cursor
  document.body.append(sheet)

  function uncover() {
    sheet.remove()
    window.removeEventListener("pointerup", uncover, true)
    window.removeEventListener("pointercancel", uncover, true)
    window.removeEventListener("blur", uncover)
  }
  window.addEventListener("pointerup", uncover, true)
  window.addEventListener("pointercancel", uncover, true)
  window.addEventListener("blur", uncover)
  return uncover
}
