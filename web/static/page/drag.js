// A card is dragged from the palette: the canvas knows it by this type of data.
export const CARD = "application/x-tensorrag-card";

export function startDrag(event) {
  const card = event.target.closest?.("[data-card][draggable=true]");
  if (!card) return;
  event.dataTransfer.setData(CARD, card.dataset.card);
  event.dataTransfer.effectAllowed = "copy";
  const palette = card.closest(".pal");
  palette?.classList.add("dragging");
  card.addEventListener("dragend", () => (palette?.classList.remove("dragging"), card.blur()), { once: true });
}
