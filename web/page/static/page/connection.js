// While the server is away nothing can be done here: the page says so, and takes no gesture that
// would be lost.
const message = document.getElementById("popup");
export const away = () => message?.getAttribute("aria-hidden") === "false";
let held = null; // what had the focus

function show() {
  message.lastElementChild.textContent = "Trying again. Nothing can be changed until then.";
  if (away()) held ??= document.activeElement;
  for (const part of document.querySelectorAll(".app, dialog")) part.inert = away();
  if (away()) return;
  if (held?.isConnected) held.focus({ preventScroll: true });
  held = null;
  dispatchEvent(new Event("server-back"));
}

if (message) new MutationObserver(show).observe(message, { attributeFilter: ["aria-hidden"] });

function refuse(event) {
  if (!away()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Keys go on to the page, and a dropped file would be opened in its place.
for (const kind of ["dragover", "drop"]) addEventListener(kind, refuse, true);
addEventListener("keydown", (event) => {
  if (away() && document.querySelector(".app") && !/^(F\d+|Tab)$/.test(event.key)) event.stopImmediatePropagation();
}, true);
