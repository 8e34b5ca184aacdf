// A long run has ended: said by the browser, where somebody allowed that and looks elsewhere.
// Leave is asked for by a button beside a run that takes long, never by itself.
const known = () => ("Notification" in window ? Notification.permission : "none");
const show = () => (document.documentElement.dataset.notify = known());

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-asks=notify]")) return;
  await Notification.requestPermission();
  show();
});
show();

export function tell({ run, title, address }) {
  if (known() !== "granted" || (document.visibilityState === "visible" && document.hasFocus())) return;
  const said = new Notification("TensorRag", { body: title, tag: run }); // one, from however many tabs
  said.onclick = () => {
    window.focus();
    said.close();
    if (address && location.pathname !== address) location.assign(address);
  };
}
