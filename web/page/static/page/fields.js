// Settings fields: what is typed or chosen goes to the server as it stands; the server turns it
// into a value and says what is wrong with it.
import { away } from "./connection.js";
import { isCombobox, listenToComboboxes } from "./combobox.js";
import { listenToFormulas } from "./completing.js";

const PAUSE = 400; // ms without a keystroke after which a half-typed value is sent along

export function listenToFields(root, act) {
  const waiting = new Map();
  let stepping = false; // whether the last key was an arrow

  const send = (control, typing) => {
    clearTimeout(waiting.get(control));
    waiting.delete(control);
    if (away() && control.type !== "checkbox") {
      control.dataset.typed = "yes"; // it stays in its field, and is sent when the server is back
      return;
    }
    if (!typing) delete control.dataset.typed;
    const value = control.type === "checkbox" ? control.checked : control.value;
    act({ ...control.dataset, act: control.dataset.sets, value, typing });
  };
  const later = (control) => {
    clearTimeout(waiting.get(control));
    control.dataset.typed = "yes";
    if (isCombobox(control) || !settled(control)) return;
    const typing = control.nodeName !== "SELECT"; // a choice is made once nobody goes on from it
    waiting.set(control, setTimeout(() => control.isConnected && send(control, typing), PAUSE));
  };

  root.addEventListener("input", (event) => {
    const control = event.target;
    if (!control.dataset.sets) return;
    if (control.dataset.eager !== undefined) send(control, true);
    else if (control.type === "text" || control.nodeName === "TEXTAREA") later(control);
  });
  root.addEventListener("change", (event) => {
    const control = event.target;
    if (!control.dataset.sets || control.type === "file" || isCombobox(control)) return;
    // Arrows go through the choices of a closed list one by one: the one where they stop is meant.
    if (stepping && control.dataset.settles !== undefined) later(control);
    else send(control, false);
  });
  root.addEventListener("keydown", ({ key }) => (stepping = key.startsWith("Arrow")), true);
  root.addEventListener("pointerdown", () => (stepping = false), true);
  // Also when the window loses the focus, where nothing else tells that the value is meant.
  root.addEventListener("focusout", ({ target }) => {
    if (target.dataset.typed && !isCombobox(target)) send(target, false);
    if (target.dataset.leaves) act({ ...target.dataset, act: target.dataset.leaves, value: target.value });
  });
  root.addEventListener("keydown", (event) => {
    const control = event.target;
    if (!control.dataset.sets || event.isComposing) return;
    if (control.dataset.kind === "number" && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      step(control, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
      later(control);
      event.preventDefault();
    } else if (event.key === "Escape" && !isCombobox(control)) {
      if (control.type === "text") control.value = control.defaultValue;
      control.blur();
    } else if (event.key === "Enter" && control.dataset.enters) {
      // The server answers to what stands here, not to what the list shows of an earlier letter.
      act({ act: control.dataset.enters, value: control.value });
    } else if (event.key === "ArrowDown" && control.dataset.below) {
      root.querySelector(control.dataset.below)?.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && control.type === "text" && control.dataset.blurs !== undefined) {
      control.blur();
    }
  });
  addEventListener("server-back", () => {
    for (const control of root.querySelectorAll("[data-sets][data-typed]")) {
      if (control === document.activeElement) later(control);
      else send(control, false);
    }
  });
  listenToComboboxes(root, act);
  listenToFormulas(root);
}

// A number that is still being written ("1e-", "-", "0.") waits for the rest.
function settled(control) {
  if (control.dataset.kind !== "number") return true;
  const text = control.value.trim();
  return text !== "" && Number.isFinite(Number(text)) && !text.endsWith(".");
}

function step(control, times) {
  const { step: size = "1", min = "-Infinity", max = "Infinity" } = control.dataset;
  const by = Number(size);
  const now = Number(control.value.trim() || control.placeholder);
  if (!Number.isFinite(now)) return;
  const digits = Math.max(0, Math.min(12, -Math.floor(Math.log10(by))), decimals(control.value));
  const next = Math.min(Number(max), Math.max(Number(min), now + by * times));
  control.value = String(Number(next.toFixed(digits)));
}

const decimals = (text) => (text.split(".")[1] ?? "").length;
