// Light or dark: as the system says until someone chooses, then as chosen, in every tab.
const KEY = "tensorrag-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

export function apply() {
  const chosen = localStorage.getItem(KEY);
  const dark = chosen ? chosen === "dark" : system.matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

system.addEventListener("change", apply);
window.addEventListener("storage", (event) => event.key === KEY && apply());
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-testid=theme]")) return;
  const dark = document.documentElement.dataset.theme === "dark";
  localStorage.setItem(KEY, dark ? "light" : "dark");
  apply();
});
apply();
