// While the server is away nothing can be done here: the page says so, and takes no gesture that
// would be lost. It finds out by itself, too: a server that is there answers to every gesture.
import { doubt, watch } from "./answers.js";

const message = document.getElementById("popup");
export const away = () => message?.getAttribute("aria-hidden") === "false";
let held = null; // what had the focus

function show() {
  message.lastElementChild.textContent = "Trying again. Nothing can be changed until then.";
  if (away()) held ??= document.activeElement;
  for (const part of document.querySelectorAll(".nicegui-content, dialog")) part.inert = away();
  if (away()) return;
  if (held?.isConnected) held.focus({ preventScroll: true });
  held = null;
  dispatchEvent(new Event("server-back"));
}

if (message) {
  new MutationObserver(show).observe(message, { attributeFilter: ["aria-hidden"] });
  watch((silent) => {
    if (silent) message.ariaHidden = "false";
    else if (window.socket.connected && window.did_handshake) message.ariaHidden = "true";
  });
}

// What was on its way when the connection broke may be lost: then the truth is loaded anew.
addEventListener("server-back", () => doubt() && location.reload());

function refuse(event) {
  if (!away()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Keys go on to the page, a dropped file would be opened in its place, and Escape closes a dialog.
for (const kind of ["dragover", "drop", "cancel"]) addEventListener(kind, refuse, true);
addEventListener("keydown", (event) => {
  if (away() && !/^(F\d+|Tab)$/.test(event.key)) event.stopImmediatePropagation();
}, true);
