// A formula offers the columns of its table while a word of it is typed: arrows and Enter or Tab
// choose, Escape closes the list, and anything else goes on typing.
import { place } from "./combobox.js";

const CLOSED = /'[^']*'|"[^"]*"|`[^`]*`/g;
const TYPED = /(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_.]*$/u; // that ends at the caret: of 1e6, no part does
const GRAMMAR = new Set(["and", "or", "not", "in", "is", "missing", "true", "false"]);

// Where the word around the caret begins, was typed up to, and ends. Null in a text.
export function wordAt(formula, caret) {
  const before = formula.slice(0, caret).replace(CLOSED, (closed) => " ".repeat(closed.length));
  const rest = formula.slice(caret);
  const open = before.search(/[`'"]/);
  if (open < 0) {
    const start = caret - (TYPED.exec(before)?.[0].length ?? 0);
    return { start, caret, end: caret + /^[\p{L}\p{N}_.]*/u.exec(rest)[0].length };
  }
  if (before[open] !== "`") return null;
  const isClosed = rest.split("`").length % 2 === 0; // else the next backtick begins another name
  return { start: open, caret, end: isClosed ? caret + rest.indexOf("`") + 1 : caret };
}

// Names that a word may become, as they are written; none where it is one, or means something itself.
export function fitting(names, formula, word) {
  if (!word) return [];
  const plain = (name) => name.replaceAll("`", "").toLowerCase();
  const [typed, whole] = [word.caret, word.end].map((end) => formula.slice(word.start, end));
  const finished = [plain(typed), plain(whole)];
  if (!finished[0] || GRAMMAR.has(typed.toLowerCase())) return [];
  if (names.some((name) => finished.includes(plain(name)))) return [];
  return names.filter((name) => plain(name).includes(finished[0]));
}

export function listenToFormulas(root) {
  const listOf = (input) => document.getElementById(input.dataset.completes ?? "");
  const isOpen = (input) => listOf(input)?.matches(":popover-open");
  const shown = (list) => [...list.querySelectorAll("[role=option]")].filter((option) => !option.hidden);

  function offer(input) {
    const list = listOf(input);
    if (!list) return;
    const options = [...list.querySelectorAll("[role=option]")];
    const names = options.map((option) => option.dataset.value);
    const fits = new Set(fitting(names, input.value, wordAt(input.value, input.selectionStart)));
    for (const option of options) option.hidden = !fits.has(option.dataset.value);
    const found = shown(list);
    if (!found.length) return close(input);
    if (!list.matches(":popover-open")) list.showPopover();
    place(list, input);
    mark(input, found[0]);
  }
  function close(input) {
    if (isOpen(input)) listOf(input).hidePopover();
    input.removeAttribute("aria-activedescendant");
  }
  function mark(input, option) {
    for (const each of shown(listOf(input))) each.toggleAttribute("aria-current", false);
    option.setAttribute("aria-current", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }
  function move(input, by) {
    const found = shown(listOf(input));
    const at = found.findIndex((option) => option.hasAttribute("aria-current"));
    mark(input, found[(at + by + found.length) % found.length]);
  }
  function choose(input, option) {
    const word = wordAt(input.value, input.selectionStart);
    close(input);
    if (!word) return;
    input.setRangeText(option.dataset.value, word.start, word.end, "end");
    input.dispatchEvent(new Event("input", { bubbles: true })); // it is sent as if it were typed
  }

  root.addEventListener("input", ({ target, isTrusted }) => isTrusted && target.dataset.completes && offer(target));
  root.addEventListener("focusout", ({ target }) => target.dataset.completes && close(target));
  root.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    const input = option && root.querySelector(`[data-completes="${option.parentElement.id}"]`);
    if (!input) return;
    event.preventDefault();
    choose(input, option);
  });
  // Before the field itself hears of the key: there, Enter and Escape end the typing.
  root.addEventListener(
    "keydown",
    (event) => {
      const input = event.target;
      if (!input.dataset?.completes || event.isComposing || !isOpen(input)) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(input, event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter" || event.key === "Tab") {
        choose(input, shown(listOf(input)).find((option) => option.hasAttribute("aria-current")));
      } else if (event.key === "Escape") close(input);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
