// A formula offers the columns of its table while a word of it is typed: arrows and Enter or Tab
// choose, Escape closes the list, and anything else goes on typing.
import { place } from "./combobox.js";

const WORD = /(?:`[^`]*|[\p{L}_][\p{L}\p{N}_.]*)$/u; // that ends at the caret; in backticks any letters

export function listenToFormulas(root) {
  const listOf = (input) => document.getElementById(input.dataset.completes ?? "");
  const isOpen = (input) => listOf(input)?.matches(":popover-open");
  const shown = (list) => [...list.querySelectorAll("[role=option]")].filter((option) => !option.hidden);
  const wordAt = (input) => WORD.exec(input.value.slice(0, input.selectionStart))?.[0] ?? "";

  function offer(input) {
    const list = listOf(input);
    if (!list) return;
    const word = wordAt(input).replace("`", "").toLowerCase();
    for (const option of list.querySelectorAll("[role=option]")) {
      const name = option.dataset.value.replaceAll("`", "").toLowerCase();
      option.hidden = !word || !name.includes(word) || name === word;
    }
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
    const end = input.selectionStart;
    input.setRangeText(option.dataset.value, end - wordAt(input).length, end, "end");
    close(input);
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
