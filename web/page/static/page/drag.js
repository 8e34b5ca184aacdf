// A card is dragged from the palette: the canvas knows it by this type of data.
export const CARD = "application/x-tensorrag-card";

export function startDrag(event) {
  const card = event.target.closest?.("[data-card][draggable=true]");
  if (!card) return;
  event.dataTransfer.setData(CARD, card.dataset.card);
  event.dataTransfer.effectAllowed = "copy";
  const palette = card.closest(".pal");
  // A moment later: a drag whose source changes as it begins is dropped by the browser.
  setTimeout(() => palette?.classList.add("dragging"), 0);
  card.addEventListener("dragend", () => (palette?.classList.remove("dragging"), card.blur()), { once: true });
}
