// What a grid needs in the browser: heads with a small histogram, cells, and pages of rows.
const SVG = "http://www.w3.org/2000/svg";

class ColumnHead {
  init(params) {
    this.unheard = new AbortController();
    const { profile, digits } = params;
    const root = make("div", "chead");
    const title = make("div", "ctitle");
    title.append(make("b", "cut", profile.name));
    if (params.enableSorting) title.append(tools(params, profile.name, this.unheard.signal));
    root.append(title, make("div", "t11 m3 cut", profile.kind));
    root.title = profile.name;
    root.addEventListener("click", () => ask?.({ act: "pick_column", column: Number(params.column.colId.slice(1)) }));
    root.append(profile.bars.length ? picture(profile.bars) : make("div", "nopic"));
    const range = make("div", "t11 m3 ends");
    if (profile.low !== null) {
      range.append(make("span", "", brief(profile.low)), make("span", "", brief(profile.high)));
    } else {
      range.append(make("span", "", profile.distinct));
    }
    const missing = make("div", "t11 m2 ends");
    missing.append(make("span", "", "missing"), make("span", "", profile.missing.toLocaleString("en-US")));
    root.append(range, missing);
    this.gui = root;
  }
  getGui() {
    return this.gui;
  }
  refresh() {
    return false;
  }
  destroy() {
    this.unheard.abort();
  }
}

function make(tag, classes, text) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  return element;
}

// What a column can do: choose rows by it, and sort by it.
function tools(params, name, gone) {
  const both = make("div", "ctools");
  both.append(chooser(params, name, gone), sorter(params, name, gone));
  return both;
}

// A column outlives its heads, which come and go while somebody scrolls.
function hear(column, event, act, gone) {
  column.addEventListener(event, act);
  gone.addEventListener("abort", () => column.removeEventListener(event, act));
}

function tool(text) {
  const button = make("button", "csort", text);
  button.type = "button";
  return button;
}

function chooser(params, name, gone) {
  const button = tool("");
  button.append(drawn("M1 1.5h8L6 5v4L4 8V5z", 10));
  const top = () => params.api.getDisplayedRowCount() && params.api.ensureIndexVisible(0, "top");
  const show = () => {
    button.classList.toggle("on", params.column.isFilterActive());
    button.setAttribute("aria-label", `Choose rows by ${name}${params.column.isFilterActive() ? ", now on" : ""}`);
  };
  button.title = "Choose rows";
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    params.showFilter(button);
  });
  hear(params.column, "filterChanged", () => (show(), top()), gone);
  show();
  return button;
}

// Up, down, as it was: one button per column.
function sorter(params, name, gone) {
  const button = tool("↕");
  const show = () => {
    const order = params.column.getSort();
    button.textContent = order === "asc" ? "↑" : order === "desc" ? "↓" : "↕";
    button.classList.toggle("on", Boolean(order));
    button.setAttribute("aria-label", `Sort by ${name}${order ? `, now ${order}` : ""}`);
  };
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    params.progressSort(false);
    params.api.ensureIndexVisible(0, "top");
  });
  hear(params.column, "sortChanged", show, gone);
  show();
  return button;
}

function drawn(outline, size) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  path.setAttribute("d", outline);
  svg.append(path);
  return svg;
}

function picture(bars) {
  const svg = document.createElementNS(SVG, "svg");
  const whole = Math.max(bars.length, 1);
  const width = Math.min(0.84, whole / 12); // two values are two posts, not two walls
  svg.setAttribute("viewBox", `0 0 ${whole} 30`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "hist");
  bars.forEach((height, at) => {
    const bar = document.createElementNS(SVG, "rect");
    const room = bars.length > 1 ? (whole - width) / (bars.length - 1) : 0;
    bar.setAttribute("x", at * room);
    bar.setAttribute("width", width);
    bar.setAttribute("y", 30 - 30 * height);
    bar.setAttribute("height", 30 * height);
    svg.append(bar);
  });
  return svg;
}

// Three digits, and all of a whole part: a year is not rounded.
const brief = (value) => {
  const digits = Math.abs(value) < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
  return value.toLocaleString("en-US", { ...digits, useGrouping: false }).replace("-", "−");
};

function figure(value, digits) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const options =
    digits === null || digits === undefined
      ? { maximumFractionDigits: 6, useGrouping: false }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
  return value.toLocaleString("en-US", options).replace("-", "−");
}

function cell({ value, colDef }) {
  const { digits, days } = colDef.headerComponentParams ?? {};
  if (typeof value === "boolean") return value ? "yes" : "no";
  return days ? figure(value).replace(/ 00:00:00$/, "") : figure(value, digits);
}

// Rows come over the page's own socket: a grid asks, the server answers by the number of the request.
const waiting = new Map();
let asked = 0;
let ask = null;

export function askThrough(act) {
  ask = act;
}

export function answer(request, page) {
  const params = waiting.get(request);
  waiting.delete(request);
  if (!params) return;
  if (!page) return params.failCallback();
  const rows = page.rows.map((row) => Object.fromEntries(row.map((value, at) => [`c${at}`, value])));
  params.successCallback(rows, page.total);
}

// The chosen column is marked from head to foot by one rule.
export function pick(column) {
  let style = document.getElementById("picked-column");
  if (!style) {
    style = Object.assign(document.createElement("style"), { id: "picked-column" });
    document.head.append(style);
  }
  style.textContent = `.sheetview [col-id="${CSS.escape(column)}"] { background: var(--hover); --bars: var(--picked); }`;
}

const pages = {
  getRows(params) {
    const [order] = params.sortModel;
    asked += 1;
    waiting.set(asked, params);
    const sort = order ? { column: Number(order.colId.slice(1)), down: order.sort === "desc" } : {};
    const limit = params.endRow - params.startRow;
    ask?.({ act: "rows", request: asked, offset: params.startRow, limit, ...sort, where: params.filterModel });
  },
};

window.tensorrag = { ...window.tensorrag, ColumnHead, cell, pages };
