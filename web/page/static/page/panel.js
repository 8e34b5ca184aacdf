// A part of the page whose markup comes from the server as a whole. What people do in it goes
// back as one event, "act", with the data- attributes of the control that was used.
import { h } from "vue";
import { morph } from "./morph.js";
import { startDrag } from "./drag.js";
import { listenToFields } from "./fields.js";
import { listenToDrops, sendFile } from "./files.js";
import { listenToSliders } from "./slide.js";
import { listenToThresholds } from "./threshold.js";
import { tell } from "./notify.js";
import { sayDoubt } from "./answers.js";
import { answer, askThrough, pick } from "./table.js";

export const Panel = {
  props: { as: String, content: String, asks: Boolean },
  emits: ["act"],
  mounted() {
    const root = this.$el;
    morph(root, this.content);
    const act = (data) => this.$emit("act", data);
    root.addEventListener("click", (event) => click(event, act));
    root.addEventListener("dragstart", startDrag);
    root.addEventListener("submit", (event) => submit(event, act));
    root.addEventListener("change", (event) => {
      if (event.target.type === "file") sendFile(event.target, act);
    });
    listenToDrops(root, act);
    listenToFields(root, act);
    listenToSliders(root);
    listenToThresholds(root);
    if (this.asks) askThrough(act);
    sayDoubt(act);
  },
  watch: {
    content(markup) {
      morph(this.$el, markup);
      this.atWork = follow(this.$el, this.atWork);
    },
  },
  methods: {
    // Called from the server, with ids and data alone.
    focusOn(id) {
      const control = document.getElementById(id);
      control?.scrollIntoView({ block: "nearest" });
      control?.focus();
    },
    select(id) {
      const field = document.getElementById(id);
      field?.focus();
      field?.select();
    },
    // A field was left with another text for the value that it had: it shows the value.
    again() {
      morph(this.$el, this.content);
    },
    tell(ended) {
      tell(ended);
    },
    open(id) {
      document.getElementById(id)?.showModal();
    },
    rows(request, page) {
      answer(request, page);
    },
    pick(column) {
      pick(column);
    },
  },
  render() {
    return h(this.as || "div");
  },
};

// What begins to work comes into view, once: whoever scrolls on is left alone.
function follow(root, before) {
  const row = [...root.querySelectorAll("[data-at-work]")].pop();
  if (row && row.dataset.atWork !== before) row.scrollIntoView({ block: "nearest" });
  return row?.dataset.atWork;
}

function click(event, act) {
  const control = event.target.closest("[data-act], [data-opens]");
  if (!control || control.disabled) return;
  if (control.dataset.opens) {
    document.getElementById(control.dataset.opens)?.click();
    return;
  }
  control.closest("dialog")?.close();
  if (control.closest("[popover]")) control.closest("[popover]").hidePopover();
  act({ ...control.dataset });
}

// A form is sent as a whole, under its own action; a secret stays in its field no longer than that.
function submit(event, act) {
  event.preventDefault();
  const form = event.target;
  act({ ...Object.fromEntries(new FormData(form)), act: form.dataset.sends });
  for (const field of form.querySelectorAll("[type=password]")) field.value = "";
}
