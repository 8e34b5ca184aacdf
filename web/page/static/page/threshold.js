// The threshold of a classifier, moved: what it would do is counted already, so nobody is asked.
export function listenToThresholds(root) {
  root.addEventListener("input", ({ target }) => {
    const box = target.closest(".threshold");
    if (box) show(box);
  });
}

function show(box) {
  const counts = JSON.parse(box.dataset.counts);
  const at = Number(box.querySelector("[type=range]").value);
  const [tp, fp, fn, tn] = counts[at];
  const told = { ...figures(counts[at]), tp, fp, fn, tn };
  for (const [name, value] of Object.entries(told)) write(box, name, value);
  box.querySelector("[data-shows=at]").textContent = `${at} %`;
  box.querySelector("[data-shows=cost]").textContent = priced(box, counts, at);
  shade(box, [tp, fn]);
  shade(box, [fp, tn], ["fp", "tn"]);
}

export function figures([tp, fp, fn, tn]) {
  return {
    precision: share(tp, tp + fp),
    recall: share(tp, tp + fn),
    f1: share(2 * tp, 2 * tp + fp + fn),
    accuracy: share(tp + tn, tp + fp + fn + tn),
  };
}

// Where equal costs are the least, the threshold nearest to the usual one.
export function cheapest(counts, falsely, missed) {
  const prices = counts.map(([, fp, fn]) => fp * falsely + fn * missed);
  const least = Math.min(...prices);
  const places = prices.flatMap((price, at) => (price === least ? [at] : []));
  return places.reduce((one, other) => (Math.abs(other - 50) < Math.abs(one - 50) ? other : one));
}

function priced(box, counts, at) {
  const cost = (name) => Number(box.querySelector(`[data-cost=${name}]`).value) || 0;
  const [falsely, missed] = [cost("false"), cost("missed")];
  if (!falsely && !missed) return "";
  const price = (place) => written(counts[place][1] * falsely + counts[place][2] * missed);
  const best = cheapest(counts, falsely, missed);
  return `Costs ${price(at)} on these rows; least, ${price(best)}, from ${best} %.`;
}

const share = (part, whole) => (whole ? part / whole : null);
const written = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

function write(box, name, value) {
  const whole = ["tp", "fp", "fn", "tn"].includes(name);
  const text = value === null ? "–" : whole ? value.toLocaleString("en-US") : value.toFixed(2);
  box.querySelector(`[data-shows=${name}]`).textContent = text;
}

function shade(box, line, names = ["tp", "fn"]) {
  const whole = line[0] + line[1];
  names.forEach((name, at) => {
    const part = whole ? (100 * line[at]) / whole : 0;
    box.querySelector(`[data-shows=${name}]`).style.setProperty("--share", `${part.toFixed(0)}%`);
  });
}
