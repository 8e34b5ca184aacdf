// <log-view src="/api/runs/…/log" seen="12">: the lines of a log, fetched as they come into view.
// Only those in view are in the page, so that a hundred thousand cost no more than a hundred.

const LINE = 17; // px, as in panels.css
const PAGE = 400; // lines in one answer
const AROUND = 60; // lines that are drawn above and below what is seen
const TYPING = 150; // ms without a keystroke before a search
const REST = 500; // ms between two looks for new lines

export class LogView extends HTMLElement {
  static observedAttributes = ["src", "seen"];

  connectedCallback() {
    this.view = this.querySelector(".lines");
    this.field = this.querySelector("input");
    this.count = this.querySelector(".count");
    this.room = this.view.appendChild(make("div", "room"));
    this.drawn = new Map();
    this.view.addEventListener("scroll", () => this.scrolled());
    this.addEventListener("click", (event) => this.clicked(event.target.closest("[data-log]")?.dataset.log));
    this.field?.addEventListener("input", () => this.later("typing", TYPING, () => this.restart()));
    this.size = new ResizeObserver(() => this.draw());
    this.size.observe(this.view);
    this.restart();
  }

  disconnectedCallback() {
    this.size?.disconnect();
    this.asked = this.timers = null;
  }

  attributeChangedCallback(name, before, now) {
    if (!this.view || before === now) return;
    if (name === "src") this.restart();
    else this.later("rest", REST, () => this.renew());
  }

  // Do something after a while; a thing of the same name that waits already is enough.
  later(name, wait, act) {
    this.timers ??= {};
    if (name === "typing") clearTimeout(this.timers[name]);
    else if (this.timers[name]) return;
    this.timers[name] = setTimeout(() => {
      if (this.timers) delete this.timers[name];
      if (this.isConnected) act();
    }, wait);
  }

  // Begin anew: another log, or another search.
  restart() {
    this.lines = [];
    this.total = 0;
    this.following = true;
    this.search = this.field?.value ?? "";
    this.asked = null;
    return this.fetch(-PAGE);
  }

  // Look for lines that were added: after what is asked for already, or it might never be answered.
  renew() {
    if (this.asked) return this.later("rest", REST, () => this.renew());
    return this.fetch(this.following ? -PAGE : Math.max(0, this.first() - AROUND), true);
  }

  // What the lines are chosen by.
  query() {
    return { search: this.search };
  }

  async fetch(offset, fresh = false) {
    const asked = (this.asked = {});
    const found = await read(this.getAttribute("src"), { ...this.query(), offset, limit: PAGE });
    if (this.asked !== asked) return; // meanwhile something else was asked for
    this.asked = null;
    if (fresh) this.lines = [];
    if (found.total !== undefined) this.total = found.total;
    const start = offset < 0 ? Math.max(0, this.total + offset) : offset;
    found.lines?.forEach((line, at) => (this.lines[start + at] = line));
    this.say(found.trouble);
    this.draw();
  }

  first() {
    return Math.floor(this.view.scrollTop / LINE);
  }

  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.view;
    this.following = scrollTop + clientHeight >= scrollHeight - 2 * LINE;
    this.draw();
  }

  draw() {
    this.room.style.height = `${this.total * LINE}px`;
    if (this.following) this.view.scrollTop = this.view.scrollHeight;
    this.view.toggleAttribute("data-following", this.following);
    const first = Math.max(0, this.first() - AROUND);
    const shown = Math.ceil(this.view.clientHeight / LINE) + 2 * AROUND;
    const last = Math.min(this.total, first + shown);
    for (const [at, row] of this.drawn) {
      if (at >= first && at < last && row.text === this.lines[at]) continue;
      row.remove();
      this.drawn.delete(at);
    }
    for (let at = first; at < last; at++) {
      if (!this.drawn.has(at) && this.lines[at] !== undefined) this.place(at);
    }
    this.ask(first, last);
  }

  // Rows stand in their order, for whoever selects them or has them read aloud.
  place(at) {
    const row = this.row(this.lines[at]);
    row.style.top = `${at * LINE}px`;
    const after = this.drawn.get(at - 1);
    const before = after ? after.nextSibling : [...this.room.children].find((other) => other.at > at);
    row.at = at;
    this.room.insertBefore(row, before ?? null);
    this.drawn.set(at, row);
  }

  row(text) {
    const { time, node, stream, said } = parts(text, this.names);
    const row = make("div", stream === "stderr" ? "ln err" : "ln");
    row.text = text;
    const moment = new Date(time);
    const clock = row.appendChild(make("span", "t", moment.toTimeString().slice(0, 8)));
    clock.title = `${moment.toLocaleDateString()} ${moment.toTimeString().slice(0, 8)}.${time.slice(20, 23)}`;
    if (node) row.appendChild(make("span", "who cut", this.names[node] ?? node));
    const body = row.appendChild(make("span", "said"));
    mark(body, said, this.search);
    if (said.length > 40) body.title = said.slice(0, 2000);
    return row;
  }

  get names() {
    const written = this.getAttribute("names");
    return written ? JSON.parse(written) : null;
  }

  // Fetch what is missing in view, one answer at a time.
  ask(first, last) {
    if (this.asked) return;
    for (let at = first; at < last; at++) {
      if (this.lines[at] === undefined) return this.fetch(Math.max(0, at - (at % 100)));
    }
  }

  say(trouble) {
    const word = this.total === 1 ? "line" : "lines";
    const counted = this.search ? `${this.total.toLocaleString("en-US")} found` : `${this.total.toLocaleString("en-US")} ${word}`;
    if (this.count) this.count.textContent = this.total || this.search ? counted : "";
    this.view.dataset.nothing = trouble ?? (this.total ? "" : this.nothing());
  }

  nothing() {
    return this.search ? `No line has “${this.search}”.` : this.getAttribute("nothing");
  }

  async clicked(what) {
    if (what === "end") {
      this.following = true;
      await this.renew();
    } else if (what === "copy") {
      this.search = this.field?.value ?? "";
      await copy((await read(this.getAttribute("src"), this.query())).text ?? "");
      this.count.textContent = "Copied";
      setTimeout(() => this.say(), 1500);
    }
  }
}

export async function read(src, query) {
  try {
    const response = await fetch(`${src}?${new URLSearchParams(query)}`);
    if (!response.ok) return { trouble: (await response.json()).detail };
    const text = await response.text();
    const lines = text === "" ? [] : text.slice(0, -1).split("\n");
    return { text, lines, total: Number(response.headers.get("X-Total-Lines")) };
  } catch {
    return { trouble: "The log could not be fetched: is the server still running?" };
  }
}

// A line of the log of a run says whose it is; that of a card does not.
function parts(line, names) {
  const words = line.split(" ", names ? 3 : 2);
  const [time, stream] = [words[0], words.at(-1)];
  return { time, node: names ? words[1] : "", stream, said: line.slice(words.join(" ").length + 1) };
}

export function mark(place, text, sought) {
  const small = text.toLowerCase();
  const wanted = sought.toLowerCase();
  let done = 0;
  for (let at = wanted ? small.indexOf(wanted) : -1; at >= 0; at = small.indexOf(wanted, done)) {
    place.append(text.slice(done, at), make("mark", "", text.slice(at, at + wanted.length)));
    done = at + wanted.length;
  }
  place.append(text.slice(done));
}

// The clipboard is there for pages of this machine and over HTTPS alone; elsewhere there is this.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.body.appendChild(make("textarea", "vh"));
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function make(tag, classes, text) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  return element;
}

customElements.define("log-view", LogView);
