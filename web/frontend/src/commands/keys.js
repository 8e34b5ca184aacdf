// Keys by name: "mod+shift+z", "?", "alt+ArrowLeft". "mod" is Ctrl, or the Mac's command key, whose
// Ctrl is a key of its own.

const MAC = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "")
const SIGNS = MAC ? { mod: "⌘", alt: "⌥", shift: "⇧" } : { mod: "Ctrl", alt: "Alt", shift: "Shift" }
const WORDS = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
  ContextMenu: "Menu",
}

/** The name of what was pressed. Shift is part of a character ("?"), and named with all else. */
export function nameOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  const mod = MAC ? metaKey : ctrlKey || metaKey
  const name = nameOfKey(key, code, mod)
  const shift = shiftKey && (name.length > 1 || /[a-z]/.test(name))
  const ctrl = MAC && ctrlKey
  return [ctrl && "ctrl", mod && "mod", altKey && "alt", shift && "shift", name]
    .filter(Boolean)
    .join("+")
}

/** Where no Latin letters are written, a chord is meant by where its key lies. */
function nameOfKey(key, code, mod) {
  if (key === " ") return "Space"
  const lies = mod && /[^\x20-\x7e]/.test(key) && /^Key([A-Z])$/.exec(code ?? "")
  if (lies) return lies[1].toLowerCase()
  return key.length === 1 ? key.toLowerCase() : key
}

/** How a key is written beside what it does: ["Ctrl", "Shift", "Z"]. */
export function written(name) {
  const parts = name === "+" ? ["+"] : name.split(/\+(?=.)/)
  return parts.map((part) => SIGNS[part] ?? WORDS[part] ?? cased(part))
}

const cased = (part) => (part.length === 1 ? part.toUpperCase() : part)
