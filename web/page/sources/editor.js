// A source in Python that somebody writes. What is typed goes to the server as a whole, a moment
// after the last key and before any click; what it has not kept yet outlives a reload here.
import * as CM from "nicegui-codemirror";

const WAIT = 150; // ms after the last key
const MESSAGE = 999_000; // characters; what is longer NiceGUI leaves unsent
const sent = (text) => JSON.stringify(JSON.stringify(text)).length;
const key = () => `tensorrag-source ${location.pathname}`;

// The colours of CodeMirror's usual style, and ours in their place: light and dark by themselves.
const OURS = {
  "#708": "--spec", "#219": "--model", "#164": "--metrics", "#a11": "--done", "#e40": "--metrics",
  "#00f": "--table", "#30a": "--ink", "#085": "--table", "#167": "--table", "#256": "--ink",
  "#00c": "--ink", "#940": "--ink-3", "#404740": "--ink-2", "#f00": "--error",
};
const inOurs = ({ color, ...spec }) => (color ? { ...spec, color: `var(${OURS[color] ?? "--ink"})` } : spec);
const COLOURS = CM.HighlightStyle.define(CM.defaultHighlightStyle.specs.map(inOurs));

const setMarks = CM.StateEffect.define();
const marks = CM.StateField.define({
  create: () => CM.Decoration.none,
  update(held, change) {
    const [effect] = change.effects.filter((each) => each.is(setMarks));
    return effect ? decorations(change.state.doc, effect.value) : held.map(change.changes);
  },
  provide: (field) => CM.EditorView.decorations.from(field),
});

function decorations(doc, faults) {
  const found = faults.filter(({ line }) => line >= 1 && line <= doc.lines).flatMap(({ line, column }) => {
    const { from, to } = doc.line(line);
    const start = Math.min(from + Math.max(0, (column ?? 1) - 1), to);
    const whole = CM.Decoration.line({ class: "wrong" }).range(from);
    const there = CM.Decoration.mark({ class: "wrong-at" });
    return column && start < to ? [whole, there.range(start, to)] : [whole];
  });
  return CM.Decoration.set(found, true);
}

export default {
  template: `<div class="sourcebox"></div>`,
  props: { text: String, label: String, most: Number },
  emits: ["typed"],
  mounted() {
    this.number = this.kept = this.epoch = 0;
    this.view = new CM.EditorView({ doc: this.text, parent: this.$el, extensions: this.extensions() });
    const python = CM.languages.find(({ name }) => name === "Python");
    void python.load().then((support) => this.view.dispatch({ effects: CM.StateEffect.appendConfig.of(support) }));
    this.flush = this.flush.bind(this);
    this.hold = this.hold.bind(this);
    window.addEventListener("click", this.flush, true);
    window.addEventListener("pagehide", this.hold);
    this.recall();
  },
  beforeUnmount() {
    window.removeEventListener("click", this.flush, true);
    window.removeEventListener("pagehide", this.hold);
    this.view.destroy();
  },
  methods: {
    extensions() {
      return [
        CM.basicSetup,
        CM.keymap.of([CM.indentWithTab]), // Escape, then Tab, leaves
        CM.indentUnit.of("    "),
        CM.syntaxHighlighting(COLOURS),
        CM.EditorView.contentAttributes.of({ "aria-label": this.label, "data-testid": "source", tabindex: "0" }),
        CM.EditorView.updateListener.of(({ docChanged }) => docChanged && !this.taking && this.later()),
        marks,
      ];
    },
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.flush, WAIT);
      this.pending = true;
    },
    flush() {
      clearTimeout(this.timer);
      if (!this.pending) return;
      this.pending = false;
      this.number += 1;
      const typed = this.view.state.doc.toString();
      const text = sent(typed) < MESSAGE ? typed : " ".repeat(this.most + 1); // as long as is refused
      this.$emit("typed", { text, number: this.number, epoch: this.epoch });
    },
    hold() {
      if (this.pending || this.kept < this.number) sessionStorage.setItem(key(), this.view.state.doc.toString());
    },
    recall() {
      const held = sessionStorage.getItem(key());
      sessionStorage.removeItem(key());
      if (held !== null && held !== this.view.state.doc.toString()) this.put(held);
    },
    put(text) {
      const changes = { from: 0, to: this.view.state.doc.length, insert: text };
      this.view.dispatch({ changes, userEvent: "put" }); // a step of its own to undo
    },
    // Called from the server, with texts and numbers alone.
    take(text, epoch) {
      this.flush(); // comes late, and the server says so
      this.epoch = epoch;
      this.kept = this.number;
      this.taking = true;
      this.put(text);
      this.taking = false;
    },
    keep(number) {
      this.kept = number;
    },
    mark(faults) {
      this.view.dispatch({ effects: setMarks.of(faults) });
    },
    goTo(line, column) {
      const { from, to } = this.view.state.doc.line(Math.min(Math.max(1, line), this.view.state.doc.lines));
      const anchor = Math.min(from + column - 1, to);
      this.view.dispatch({ selection: { anchor }, effects: CM.EditorView.scrollIntoView(anchor, { y: "center" }) });
      this.view.focus();
    },
  },
};
