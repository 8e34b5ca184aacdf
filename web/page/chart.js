// A chart whose options are plain data: how numbers are written is decided here.
import { echarts } from "nicegui-echart";

const written = (value, digits) =>
  typeof value === "number"
    ? value.toLocaleString("en-US", { maximumSignificantDigits: digits }).replace("-", "−")
    : value;

function dressed(options) {
  const copy = JSON.parse(JSON.stringify(options));
  if (copy.tooltip) copy.tooltip.valueFormatter = (value) => written(value, 4);
  for (const axis of [copy.xAxis, copy.yAxis]) {
    if (axis?.axisLabel) axis.axisLabel.formatter = (value) => written(value, 6);
  }
  return copy;
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
    draw(series) {
      this.chart.setOption({ series });
    },
  },
};
