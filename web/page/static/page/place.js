// After a reload, also the one that follows when the server was restarted, the open tab is as it
// was, and what was typed and never taken stands in its field again.
const KEY = `tensorrag-page ${location.pathname}`;
const WAIT = 20000; // ms in which a field may appear
const WHERE = ["sets", "of", "param", "at"];

const selector = (data, names) =>
  names.filter((name) => data[name] !== undefined).map((name) => `[data-${name}="${CSS.escape(data[name])}"]`).join("");

function keep() {
  const tab = document.querySelector(".insp [role=tab][aria-selected=true]");
  const typed = [...document.querySelectorAll("input[type=text][data-typed], textarea[data-typed]")]
    .filter((control) => control.dataset.sets)
    .map((control) => ({ at: selector(control.dataset, WHERE), value: control.value }));
  sessionStorage.setItem(KEY, JSON.stringify({ tab: tab && selector(tab.dataset, ["act", "tab", "of"]), typed }));
}

function recall() {
  const [visit] = performance.getEntriesByType("navigation");
  const kept = visit?.type === "reload" && JSON.parse(sessionStorage.getItem(KEY));
  if (!kept) return;
  if (kept.tab) whenThere(kept.tab, (tab) => tab.getAttribute("aria-selected") === "true" || tab.click());
  for (const { at, value } of kept.typed) whenThere(at, (control) => type(control, value));
}

function type(control, value) {
  control.focus();
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

function whenThere(wanted, then) {
  const look = () => {
    const found = document.querySelector(wanted);
    if (found) (seen.disconnect(), then(found));
  };
  const seen = new MutationObserver(look);
  seen.observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-of", "data-param"] });
  setTimeout(() => seen.disconnect(), WAIT);
  look();
}

addEventListener("pagehide", keep);
recall();
