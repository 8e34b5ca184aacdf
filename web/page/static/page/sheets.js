// A sheet over the page (a table, a plot, a log, the history) has the keyboard while it is open:
// what lies under it cannot be reached, and afterwards the keyboard is where it was before.
const UNDER = ".app > :not(.top), .sheetview";
const sheets = document.getElementsByClassName("sheetview");
const before = new Map(); // by sheet, what had the focus when it opened

function look() {
  if (sheets.length === before.size && [...sheets].every((sheet) => before.has(sheet))) return;
  const closed = [...before.keys()].filter((sheet) => !sheet.isConnected);
  const opened = [...sheets].filter((sheet) => !before.has(sheet) && closer(sheet));
  for (const sheet of opened) before.set(sheet, document.activeElement);
  const top = [...before.keys()].findLast((sheet) => sheet.isConnected);
  for (const part of document.querySelectorAll(UNDER)) {
    part.inert = Boolean(top) && !part.contains(top) && !top.contains(part);
  }
  if (opened.length) closer(top).focus({ preventScroll: true });
  for (const sheet of closed) leave(sheet);
}

const closer = (sheet) => sheet.querySelector("[data-act^=close_]");

function leave(sheet) {
  const had = before.get(sheet);
  before.delete(sheet);
  if (document.activeElement === document.body && had?.isConnected) had.focus({ preventScroll: true });
}

new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
