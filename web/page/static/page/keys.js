// Keyboard: a control names its own shortcut, data-keys="mod+z"; tabs and menus move by arrows.
// "mod" is Ctrl, or the Mac's command key, whose Ctrl is a key of its own.
import { MAC } from "./keyboard.js";

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
const writing = (target) => typing(target) && !target.closest("select");

function pressed(event) {
  const parts = [];
  if (MAC && event.ctrlKey) parts.push("ctrl");
  if (event.metaKey || (!MAC && event.ctrlKey)) parts.push("mod");
  if (event.shiftKey && event.key.length > 1) parts.push("shift");
  else if (event.shiftKey && /[a-z]/i.test(event.key)) parts.push("shift");
  parts.push(event.key.toLowerCase());
  return parts.join("+");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const keys = pressed(event);
  const plain = !keys.startsWith("mod");
  // Text fields keep their own undo and their own slash; the canvas has its own keyboard.
  if (plain ? typing(event.target) : writing(event.target) && /\+(z|y|a)$/.test(keys)) return;
  if (event.target.closest?.("[data-testid=canvas]:not(.sheetview *)")) return;
  const control = document.querySelector(`[data-keys~="${CSS.escape(keys)}"]:not(:disabled)`);
  if (!control) return;
  event.preventDefault();
  if (control.matches("input")) control.focus();
  else control.click();
});

const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const group = event.target.closest?.("[role=tablist], [role=menu], [data-arrows]");
  const by = MOVES[event.key];
  if (!group || !by || typing(event.target)) return;
  const items = [...group.querySelectorAll("[role=tab], [role=menuitem], [data-item]")].filter(
    (item) => !item.disabled && item.getClientRects().length,
  );
  const at = items.indexOf(event.target);
  if (at < 0) return;
  const next = items[(at + by + items.length) % items.length];
  next.focus();
  if (group.getAttribute("role") === "tablist") next.click();
  event.preventDefault();
});
