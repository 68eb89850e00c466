// Importance weights of two normal distributions, and how many examples they leave; as d2lab.tables.shift counts them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  // q has its mean at `gap` and the deviation `width`; p is standard normal.
  const density = (x, middle = 0, width = 1) => Math.exp(-(((x - middle) / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI));
  const ratio = (x, gap, width) => Math.exp((x * x - ((x - gap) / width) ** 2) / 2) / width;
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const effective = (weights) => sum(weights) ** 2 / sum(weights.map((w) => w * w));
  // 1 / E_p[w^2], the share that is effective in the long run; 0 where the expectation is infinite.
  const share = (gap, width) => {
    const curvature = 2 / width ** 2 - 1;
    return curvature <= 0 ? 0 : width ** 2 * Math.sqrt(curvature) * Math.exp(-(gap ** 2) / (2 - width ** 2));
  };
  const weighed = (xs, gap, width, limit) => {
    const raw = xs.map((x) => ratio(x, gap, width));
    const weights = raw.map((w) => Math.min(w, limit));
    const total = sum(weights);
    return {
      raw, weights, total, effective: effective(weights), unclipped: effective(raw), kept: total / sum(raw),
      mean: sum(xs.map((x, k) => x * weights[k])) / total, largest: Math.max(...weights) / total, clipped: raw.filter((w) => w > limit).length,
    };
  };
  D2.weights = { density, ratio, effective, share, weighed };
})();
