// A menu of one of many rows opens at its button; native popovers know no place of their own.
const buttonOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
const ROOM = 190; // px that a menu needs below its button
let opened = 0; // where its button was then

document.addEventListener("beforetoggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || menu.dataset?.at === undefined) return;
  const by = buttonOf(menu).getBoundingClientRect();
  const below = by.bottom + ROOM < innerHeight;
  menu.style.right = `${Math.max(8, document.documentElement.clientWidth - by.right)}px`;
  menu.style.top = below ? `${by.bottom + 4}px` : "auto";
  menu.style.bottom = below ? "auto" : `${innerHeight - by.top + 4}px`;
  opened = by.top;
}, true);

// It belongs to its row: when that moves away, it goes.
document.addEventListener("scroll", () => {
  const menu = document.querySelector("[data-at]:popover-open");
  if (menu && Math.abs(buttonOf(menu).getBoundingClientRect().top - opened) > 8) menu.hidePopover();
}, true);
