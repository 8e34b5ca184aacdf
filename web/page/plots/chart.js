// A chart whose options are plain data: how numbers are written is decided here.
import { echarts } from "nicegui-echart";

const written = (value, digits, useGrouping = true) =>
  typeof value === "number"
    ? value.toLocaleString("en-US", { maximumSignificantDigits: digits, useGrouping }).replace("-", "−")
    : value;

const STEPS = [
  [1e9, "G"],
  [1e6, "M"],
  [1e4, "k"],
];

/** Short, as there is little room: 0.795, 1940 (which may be a year), 50 k, 1.5 M. */
function tick(value) {
  if (typeof value !== "number") return value;
  const [size, letter] = STEPS.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const scale = letter === "k" ? 1e3 : size;
  return `${written(value / scale, 6, "min2")}${letter && `\u00a0${letter}`}`;
}

function dressed(options) {
  const copy = JSON.parse(JSON.stringify(options));
  if (copy.tooltip) copy.tooltip.valueFormatter = (value) => written(value, 4);
  for (const axis of [copy.xAxis, copy.yAxis]) {
    if (axis?.axisLabel) axis.axisLabel.formatter = tick;
  }
  return copy;
}

// A picture that can stand alone: no colour of the page's, no font of its own, and its text in it.
function standalone(root, title, said) {
  const drawn = root.querySelector("svg");
  const { width, height } = root.getBoundingClientRect();
  const probe = root.appendChild(document.createElement("i"));
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const inside = new XMLSerializer()
    .serializeToString(drawn)
    .replace(/var\((--[\w-]+)\)/g, (_, name) => colour(name))
    .replace(/font-family:\s*inherit/g, `font-family:${FONT}`);
  const head = 44;
  // HTML has a name for the space that does not break, SVG knows it by its number alone.
  const text = (string) => new Option(string).innerHTML.replaceAll("&nbsp;", "&#160;");
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + head}" viewBox="0 0 ${width} ${height + head}">
<title>${text(title)}</title><desc>${text(said)}</desc>
<rect width="100%" height="100%" fill="${colour("--surface")}"/>
<text x="16" y="28" style="font:600 16px ${FONT}" fill="${colour("--ink")}">${text(title)}</text>
<g transform="translate(0 ${head})">${inside}</g>
</svg>`;
  probe.remove();
  return { whole, width, height: height + head };
}

const FONT = "Inter,system-ui,sans-serif";
const DENSITY = 2; // pixels of a PNG per pixel of the page

function bitmap({ whole, width, height }) {
  const url = URL.createObjectURL(new Blob([whole], { type: "image/svg+xml" }));
  const image = new Image();
  return new Promise((done, failed) => {
    image.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), {
        width: Math.round(width * DENSITY),
        height: Math.round(height * DENSITY),
      });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob(done, "image/png");
    };
    image.onerror = failed;
    image.src = url;
  });
}

function hand(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default {
  template: "<div></div>",
  props: { options: Object, renderer: String, theme: String, enable3d: Boolean },
  mounted() {
    this.chart = echarts.init(this.$el, null, { renderer: this.renderer });
    this.sizes = new ResizeObserver(() => this.chart.resize());
    this.sizes.observe(this.$el);
    this.update_chart();
  },
  unmounted() {
    this.sizes.disconnect();
    this.chart.dispose();
  },
  methods: {
    update_chart() {
      this.chart.setOption(dressed(this.options), { notMerge: true });
    },
    async save(name, title, said) {
      const picture = standalone(this.$el, title, said);
      if (name.endsWith(".png")) hand(await bitmap(picture), name);
      else hand(new Blob([picture.whole], { type: "image/svg+xml" }), name);
    },
    draw(series) {
      this.chart.setOption({ series });
    },
  },
};
