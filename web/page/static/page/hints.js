// Three hints on the first visit, one at a time, each beside what it is about. One goes for good
// when it is closed, or when what it says was done. That is kept in this browser and not in the
// workspace: a hint is for a person, and to look at a page changes nothing on the server.
import { keysIn } from "./keyboard.js";

const KEY = "tensorrag-hints-seen";
const GAP = 10;
const IN_THE_WAY = ".tr-canvas :is([data-node], .tr-mini, .tr-ctl), .strip [role=tablist]";
const HINTS = [
  {
    id: "run",
    at: "body:has(.tr-canvas [data-node]:not([data-state=done])) .top [data-testid=run]:not(:disabled, [aria-disabled=true])",
    side: "below",
    text: "Press Run: every card that is not up to date runs, from left to right.",
    done: [["click", ".top [data-testid=run]"]],
  },
  {
    id: "look",
    at: ".tr-canvas [data-node]",
    beside: ".insp",
    side: "left",
    text: "Click a card: its settings are here, and after a run its result.",
    done: [["click", ".tr-canvas [data-node]"]],
  },
  {
    id: "add",
    at: ".pal .search",
    side: "right",
    text: "Drag a card from here onto the canvas, or double-click there. Ctrl+K finds all the rest.",
    done: [["dragstart", ".pal [data-card]"], ["pointermove", ".pal.dragging [data-card]"]], // by mouse, by finger,
  },
];

const seen = () => new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
const wide = window.matchMedia("(min-width: 768px)");
let shown = null;
let box = null;

function next() {
  const gone = seen();
  const hint = HINTS.find(({ id, at }) => !gone.has(id) && document.querySelector(at));
  close();
  if (hint && wide.matches) show(hint, gone.size + 1);
}

function show(hint, number) {
  shown = hint;
  box = document.createElement("div");
  box.className = `hint ${hint.side}`;
  box.setAttribute("role", "note");
  box.setAttribute("aria-label", `Hint ${number} of ${HINTS.length}`);
  box.dataset.testid = "hint";
  const said = document.createElement("p");
  said.textContent = keysIn(hint.text);
  box.append(said, button("Got it", () => dismiss(hint.id)), button("No more hints", dismissAll));
  document.body.append(box);
  place();
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function place() {
  const about = box && document.querySelector(shown.beside ?? shown.at)?.getBoundingClientRect();
  if (!about) return;
  const { offsetWidth: width, offsetHeight: height } = box;
  const tabs = document.querySelector(".insp [role=tablist]")?.getBoundingClientRect();
  const [left, top] = {
    below: [(tabs?.left ?? about.right) - width, about.bottom + GAP],
    left: [about.left - width - GAP, about.top + 12],
    right: [about.right + GAP, about.top - 4],
  }[shown.side];
  const free = firstFree(left, top, width, height);
  box.classList.toggle("aside", shown.side === "below" && (Boolean(tabs) || free !== top));
  box.style.left = `${Math.round(left)}px`;
  box.style.top = `${Math.round(free)}px`;
}

/** How far down it comes to stand so that it lies over no card; at worst at the foot of the window. */
function firstFree(left, top, width, height) {
  const beside = [...document.querySelectorAll(IN_THE_WAY)]
    .map((element) => element.getBoundingClientRect())
    .filter((taken) => taken.left < left + width && taken.right > left)
    .sort((one, other) => one.top - other.top);
  for (const taken of beside) {
    if (taken.top < top + height && taken.bottom > top) top = taken.bottom + GAP;
  }
  return Math.min(top, innerHeight - height - GAP);
}

let rest = 0;
function placeAtRest() {
  clearTimeout(rest);
  rest = setTimeout(place, 100);
}

function close() {
  box?.remove();
  box = shown = null;
}

function dismiss(...ids) {
  localStorage.setItem(KEY, JSON.stringify([...seen(), ...ids]));
  next();
}
const dismissAll = () => dismiss(...HINTS.map(({ id }) => id));

if (seen().size < HINTS.length) {
  for (const { id, done } of HINTS) {
    for (const [event, where] of done) {
      document.addEventListener(event, ({ target }) => shown?.id === id && target.closest?.(where) && dismiss(id), true);
    }
  }
  addEventListener("resize", place);
  wide.addEventListener("change", next);
  // The first hint comes when there is an editor, and one to show.
  const looking = new MutationObserver(() => {
    if (!document.querySelector(".tr-canvas [data-node], .stage .empty")) return;
    looking.disconnect();
    next();
    // It stands clear of a card's tabs, which come when one is chosen, and of cards that move.
    const about = document.querySelector(".insp");
    if (about) new MutationObserver(place).observe(about, { childList: true, subtree: true });
    const canvas = document.querySelector(".tr-canvas");
    if (canvas) new MutationObserver(placeAtRest).observe(canvas, { attributeFilter: ["style"], childList: true, subtree: true });
  });
  looking.observe(document.body, { childList: true, subtree: true });
}
