// A text field with a list under it: type to search, arrows and Enter to choose. One field may
// take one name, or (data-many) one after the other.

export const isCombobox = (control) => control.getAttribute("role") === "combobox";

export function listenToComboboxes(root, act) {
  let typed = false; // before anything is typed the whole list is shown

  const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));
  const options = (list) => [...list.querySelectorAll("[role=option]")];
  const shown = (list) => options(list).filter((option) => !option.hidden);
  const current = (list) => list.querySelector("[aria-current=true]");

  function open(input) {
    const list = listOf(input);
    if (!list || list.matches(":popover-open")) return;
    filter(input);
    list.showPopover();
    place(list, input);
    input.setAttribute("aria-expanded", "true");
    mark(input, list.querySelector("[aria-selected=true]:not([hidden])"));
  }
  function close(input) {
    const list = listOf(input);
    if (list?.matches(":popover-open")) list.hidePopover();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function filter(input) {
    const wanted = typed ? input.value.trim().toLowerCase() : "";
    const list = listOf(input);
    for (const option of options(list)) option.hidden = !option.dataset.value.toLowerCase().includes(wanted);
    const none = list.querySelector(".none");
    if (none) none.hidden = shown(list).length > 0;
    if (list.matches(":popover-open")) place(list, input); // there may be more to see than before
  }
  function mark(input, option) {
    const list = listOf(input);
    current(list)?.removeAttribute("aria-current");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-current", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }
  function move(input, by) {
    const list = listOf(input);
    const all = shown(list);
    if (!all.length) return;
    const at = all.indexOf(current(list));
    mark(input, all[(at + by + (at < 0 && by < 0 ? 1 : 0) + all.length) % all.length]);
  }
  function choose(input, value) {
    const many = input.dataset.many !== undefined;
    typed = false;
    delete input.dataset.typed;
    input.value = many ? "" : value;
    filter(input);
    if (!many || input.dataset.closes !== undefined) close(input);
    if (value !== input.dataset.had) act({ ...input.dataset, act: input.dataset.sets, value });
  }
  function leave(input) {
    close(input);
    const text = input.value.trim();
    const many = input.dataset.many !== undefined;
    if (many ? text : text !== (input.dataset.had ?? "")) choose(input, text);
    typed = false;
  }

  root.addEventListener("focusin", ({ target }) => isCombobox(target) && (target.select?.(), (typed = false)));
  root.addEventListener("focusout", ({ target }) => isCombobox(target) && leave(target));
  root.addEventListener("input", ({ target }) => {
    if (!isCombobox(target)) return;
    typed = true;
    open(target);
    filter(target);
    mark(target, target.value.trim() ? shown(listOf(target))[0] : null);
  });
  root.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    const input = option && root.querySelector(`[role=combobox][aria-controls="${option.parentElement.id}"]`);
    if (input) {
      event.preventDefault();
      choose(input, option.dataset.value);
    } else if (isCombobox(event.target)) {
      open(event.target);
    }
  });
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!isCombobox(input) || event.isComposing) return;
    const list = listOf(input);
    const isOpen = list?.matches(":popover-open");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (isOpen) move(input, event.key === "ArrowDown" ? 1 : -1);
      else open(input);
    } else if (event.key === "Enter") {
      const option = isOpen && current(list);
      // A name typed in full is meant as typed, whatever else contains it.
      const exact = isOpen && shown(list).find((each) => each.dataset.value === input.value.trim());
      if (exact || option) choose(input, (exact || option).dataset.value);
      else leave(input);
    } else if (event.key === "Escape" && isOpen) {
      input.value = input.dataset.had ?? "";
      typed = false;
      close(input);
      event.stopPropagation();
    } else if (event.key === "Escape") {
      input.value = input.dataset.had ?? "";
      input.blur(); // as any other field: the next one closes what it is in
      event.stopPropagation();
    } else if (event.key === "Backspace" && input.dataset.many !== undefined && !input.value) {
      act({ ...input.dataset, act: "list_remove", index: "-1" });
      return;
    } else {
      return;
    }
    event.preventDefault();
  });
}

// Right under its field, or above it where there is more room.
export function place(list, input) {
  const box = input.closest(".inp, .search")?.getBoundingClientRect() ?? input.getBoundingClientRect();
  const under = window.innerHeight - box.bottom - 12;
  const above = box.top - 12;
  const height = Math.min(list.scrollHeight, Math.max(under, Math.min(above, 260)), 320);
  const up = under < Math.min(list.scrollHeight, 160) && above > under;
  Object.assign(list.style, {
    left: `${box.left}px`,
    width: `${box.width}px`,
    top: up ? "auto" : `${box.bottom + 4}px`,
    bottom: up ? `${window.innerHeight - box.top + 4}px` : "auto",
    maxHeight: `${Math.min(height, up ? above : under)}px`,
  });
}
