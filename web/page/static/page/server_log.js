// <server-log src="/api/log">: the log of the server, which nobody tells of: it looks for new lines itself.
import { LogView, make, mark, read } from "./log.js";

const LOOK = 2000; // ms between two looks for new lines
const ENTRY = /^(\S+Z) ([A-Z]+) (\S+) (.*)$/s;
const KINDS = { warning: "warning or error", error: "error" };

class ServerLog extends LogView {
  connectedCallback() {
    this.level = "";
    this.button = this.querySelector("[data-log=follow]");
    this.addEventListener("click", (event) => this.choose(event.target.closest("[data-level]")?.dataset.level));
    super.connectedCallback();
    this.looking = setInterval(() => this.look(), LOOK);
  }

  disconnectedCallback() {
    clearInterval(this.looking);
    super.disconnectedCallback();
  }

  restart() {
    this.paused = false;
    this.heard = null;
    return super.restart();
  }

  query() {
    return { search: this.search, level: this.level };
  }

  // The end is fetched again only if there is more; whoever reads further up only hears how much.
  async look() {
    if (document.hidden || this.asked) return;
    const asked = this.query();
    const { total, trouble } = await read(this.getAttribute("src"), { ...asked, limit: 0 });
    const now = this.query();
    if (!this.isConnected || this.asked || now.search !== asked.search || now.level !== asked.level) return;
    if (trouble || total === this.total) return this.say(trouble);
    if (this.following || total < this.total) return this.renew(); // fewer: the oldest are gone
    this.heard ??= this.total;
    this.total = total;
    this.say();
    this.draw();
  }

  scrolled() {
    super.scrolled();
    if (this.paused) this.following = false;
    this.say();
  }

  draw() {
    super.draw();
    if (this.following) this.heard = null;
    if (!this.button) return;
    const added = this.heard === null ? 0 : this.total - this.heard;
    const more = added > 0 ? ` · ${added.toLocaleString("en-US")} new` : "";
    this.button.classList.toggle("paused", !this.following);
    this.button.title = this.following ? "Stay here while lines are added" : "Go to the end and stay there";
    this.button.querySelector(".word").textContent = this.following ? "Pause" : `Follow${more}`;
  }

  nothing() {
    const kind = KINDS[this.level] ?? "entry";
    if (this.search) return `No ${kind} has “${this.search}”.`;
    return this.level ? `No ${kind} was logged.` : this.getAttribute("nothing");
  }

  async clicked(what) {
    if (what === "follow") {
      this.paused = this.following;
      this.following = !this.following;
      if (this.following) await this.renew();
      else this.draw();
    } else {
      await super.clicked(what);
    }
  }

  choose(level) {
    if (level === undefined || level === this.level) return;
    this.level = level;
    for (const button of this.querySelectorAll("[data-level]")) {
      button.setAttribute("aria-pressed", String(button.dataset.level === level));
    }
    this.restart();
  }

  // What follows the first line of an entry stands under what it says.
  row(text) {
    const [, time, level, name, said] = ENTRY.exec(text) ?? [];
    const row = make("div", level ? "ln" : "ln more");
    row.text = text;
    if (level) {
      const [day, clock] = new Date(time).toLocaleString("sv-SE").split(" ");
      const when = row.appendChild(make("span", "t"));
      when.append(make("span", "day", `${day} `), clock);
      when.title = time;
      row.appendChild(make("span", `lvl ${level.toLowerCase()}`, level));
      row.appendChild(make("span", "who cut", name)).title = name;
    }
    mark(row.appendChild(make("span", "said")), said ?? text.slice(4), this.search);
    return row;
  }
}

customElements.define("server-log", ServerLog);
