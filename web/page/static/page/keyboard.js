// What keys are called on the keyboard at hand: the server writes Ctrl, which a Mac calls ⌘.
export const MAC = /mac|iphone|ipad/i.test(navigator.platform ?? "");

const ofMac = (text) => text.replaceAll("Ctrl+", "⌘").replaceAll("Shift+", "⇧");

export const keysIn = (text) => (MAC ? ofMac(text) : text);

// Tooltips end with their keys, "Undo (Ctrl+Z)"; whatever somebody wrote before them stays.
export function nameKeys(root) {
  if (!MAC) return;
  for (const element of root.querySelectorAll("[title*='(Ctrl+']")) {
    element.title = element.title.replace(/\(Ctrl\+[^()]+\)$/, ofMac);
  }
  for (const key of root.querySelectorAll("kbd")) {
    if (key.textContent === "Ctrl") key.textContent = "⌘";
  }
}
