// Sliders: dragging one writes into its field; where it is let go, the field is changed once.
export function listenToSliders(root) {
  root.addEventListener("pointerdown", (event) => {
    const slide = event.target.closest(".slide");
    const field = slide && document.getElementById(slide.dataset.slides);
    if (!field || field.disabled || event.button) return;
    event.preventDefault();
    slide.setPointerCapture(event.pointerId);
    const before = field.value;
    const move = ({ clientX }) => {
      const { left, width } = slide.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (clientX - left) / width));
      slide.style.setProperty("--at", `${100 * share}%`);
      field.value = valueAt(share, slide.dataset);
    };
    const end = () => {
      slide.removeEventListener("pointermove", move);
      slide.removeEventListener("pointerup", end);
      slide.removeEventListener("pointercancel", cancel);
      if (field.value !== before) field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const cancel = () => {
      field.value = before;
      end();
    };
    slide.addEventListener("pointermove", move);
    slide.addEventListener("pointerup", end);
    slide.addEventListener("pointercancel", cancel);
    move(event);
  });
}

function valueAt(share, { low, high, by, growing }) {
  const [from, to, step] = [Number(low), Number(high), Number(by)];
  if (growing !== undefined) {
    const value = from * (to / from) ** share;
    return String(step ? Math.round(Number(value.toPrecision(2))) : Number(value.toPrecision(2)));
  }
  const value = from + Math.round((share * (to - from)) / step) * step;
  return String(Number(Math.min(to, value).toPrecision(12)));
}
