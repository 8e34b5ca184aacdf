// Changes an element's children into new markup, touching only what differs: focus, scroll
// positions, selections and half-typed words stay.
import { nameKeys } from "./keyboard.js";

export function morph(root, markup) {
  const wanted = document.createElement("template");
  wanted.innerHTML = markup;
  nameKeys(wanted.content);
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const trail = focused ? ancestors(focused, root) : [];
  children(root, wanted.content);
  // Focus that was on something now gone goes to what was around it, not to the page.
  if (focused && !focused.isConnected) refocus(trail);
}

function ancestors(element, root) {
  const trail = [];
  for (let at = element.parentElement; at && at !== root.parentElement; at = at.parentElement) trail.push(at);
  return trail;
}

function refocus(trail) {
  const home = trail.find((element) => element.isConnected && element.getClientRects().length);
  if (!home) return;
  if (!home.hasAttribute("tabindex")) home.tabIndex = -1;
  home.focus({ preventScroll: true });
}

function children(from, to) {
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const found = match(at, wanted);
    if (!found) {
      from.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else if (found.contains(document.activeElement)) found.after(...between(at, found));
    else from.insertBefore(found, at);
    change(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// What is moved loses the focus: whoever has it stays, and the others make way.
function between(first, last) {
  const found = [];
  for (let node = first; node !== last; node = node.nextSibling) found.push(node);
  return found;
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "");

function match(at, wanted) {
  const key = keyOf(wanted);
  if (!key) return at && at.nodeName === wanted.nodeName && !keyOf(at) ? at : null;
  for (let node = at; node; node = node.nextSibling) {
    if (keyOf(node) === key && node.nodeName === wanted.nodeName) return node;
  }
  return null;
}

function change(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
    return;
  }
  if (node.hasAttribute("data-own")) return; // it fills itself
  attributes(node, wanted);
  // The text of a text area is its value: moved over, it would be missing in what is wanted.
  if (node.nodeName !== "TEXTAREA") children(node, wanted);
  if (isControl(node)) value(node, wanted);
}

function attributes(node, wanted) {
  for (const { name, value } of [...wanted.attributes]) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name) && !OWN.has(name)) node.removeAttribute(name);
  }
}

// What the browser or our own code sets on an element while it is used.
const OWN = new Set(["open", "tabindex", "aria-expanded", "aria-activedescendant", "data-typed"]);

const isControl = (node) => ["INPUT", "SELECT", "TEXTAREA"].includes(node.nodeName);

// The server's value wins, except over what a person is typing right now.
function value(node, wanted) {
  if (node.type === "file" || node.hasAttribute("data-local")) return;
  if (node.type === "checkbox") {
    node.checked = wanted.checked;
  } else if (node.value !== wanted.value && !(node === document.activeElement && node.dataset.typed)) {
    node.value = wanted.value;
  }
}
