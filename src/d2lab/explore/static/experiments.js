// The small experiments behind the explorers: fits, walks downhill, signals through depth, batch normalization, fields.
(() => {
  "use strict";
  const D2 = window.D2;

  // Least squares by Householder reflections: steadier than normal equations. rows: an array each, as long as targets.
  const leastSquares = (rows, targets) => {
    const a = rows.map((row) => Float64Array.from(row));
    const y = Float64Array.from(targets);
    const [n, d] = [a.length, a[0].length];
    for (let k = 0; k < d; k++) {
      let norm = 0;
      for (let i = k; i < n; i++) norm += a[i][k] ** 2;
      norm = Math.sqrt(norm);
      if (norm === 0) continue;
      const alpha = a[k][k] > 0 ? -norm : norm;
      const v = new Float64Array(n);
      for (let i = k; i < n; i++) v[i] = a[i][k];
      v[k] -= alpha;
      let vv = 0;
      for (let i = k; i < n; i++) vv += v[i] ** 2;
      if (vv === 0) continue;
      const reflect = (get, set) => {
        let dot = 0;
        for (let i = k; i < n; i++) dot += v[i] * get(i);
        for (let i = k; i < n; i++) set(i, get(i) - (2 * dot * v[i]) / vv);
      };
      for (let j = k; j < d; j++) reflect((i) => a[i][j], (i, value) => (a[i][j] = value));
      reflect((i) => y[i], (i, value) => (y[i] = value));
    }
    const w = new Float64Array(d);
    for (let k = d - 1; k >= 0; k--) {
      let sum = y[k];
      for (let j = k + 1; j < d; j++) sum -= a[k][j] * w[j];
      w[k] = Math.abs(a[k][k]) > 1e-12 ? sum / a[k][k] : 0;
    }
    return Array.from(w);
  };

  const powers = (x, degree) => Array.from({ length: degree + 1 }, (_, k) => x ** k);

  // A polynomial with weight decay (not on the constant), and with dropout on its powers, averaged over all masks:
  // for a linear model that average is a penalty of p / (1 - p) times each power's own square (Srivastava 2014, 9.1).
  const fit = (xs, ys, degree, decay, dropout) => {
    const rows = xs.map((x) => powers(x, degree));
    const targets = [...ys];
    for (let k = 1; k <= degree; k++) {
      const own = rows.slice(0, xs.length).reduce((sum, row) => sum + row[k] ** 2, 0);
      const penalty = xs.length * decay + (dropout / (1 - dropout)) * own;
      if (penalty > 0) {
        rows.push(Array.from({ length: degree + 1 }, (_, j) => (j === k ? Math.sqrt(penalty) : 0)));
        targets.push(0);
      }
    }
    while (rows.length < degree + 1) {
      rows.push(new Array(degree + 1).fill(0));  // fewer points than powers: those left over stay 0
      targets.push(0);
    }
    return leastSquares(rows, targets);
  };
  const evaluate = (weights, x) => weights.reduceRight((sum, w) => sum * x + w, 0);
  const rootMeanSquare = (weights, xs, ys) =>
    Math.sqrt(xs.reduce((sum, x, i) => sum + (evaluate(weights, x) - ys[i]) ** 2, 0) / xs.length);

  // Half the mean squared error of y = w1 x1 + w2 x2, and steps on batches of it.
  const loss = (points, w) =>
    points.reduce((sum, p) => sum + (w[0] * p[0] + w[1] * p[1] - p[2]) ** 2, 0) / (2 * points.length);
  const descend = (points, start, rate, batchSize, steps, momentum, order) => {
    const path = [[...start]];
    let [w, v] = [[...start], [0, 0]];
    for (let step = 0; step < steps; step++) {
      const g = [0, 0];
      for (let k = 0; k < batchSize; k++) {
        const p = points[order[(step * batchSize + k) % order.length]];
        const error = w[0] * p[0] + w[1] * p[1] - p[2];
        g[0] += (error * p[0]) / batchSize;
        g[1] += (error * p[1]) / batchSize;
      }
      v = [momentum * v[0] + g[0], momentum * v[1] + g[1]];
      w = [w[0] - rate * v[0], w[1] - rate * v[1]];
      path.push([...w]);
    }
    return path;
  };

  // A network of equal square layers: the size of the signal behind each, and of the gradient of the sum of outputs before each.
  // Plain: x <- f(W x). Residual: x <- x + scale * f(W x).
  const through = (weights, x, activation, { residual = false, scale = 1 } = {}) => {
    const f = D2.ACTIVATIONS[activation];
    const rms = (v) => Math.sqrt(v.reduce((sum, a) => sum + a * a, 0) / v.length);
    const n = x.length;
    const before = [];
    const signals = [rms(x)];
    for (const w of weights) {
      const z = w.map((row) => row.reduce((sum, a, j) => sum + a * x[j], 0));
      before.push(z);
      x = z.map((a, i) => (residual ? x[i] + scale * f.value(a) : f.value(a)));
      signals.push(rms(x));
    }
    let g = new Array(n).fill(1);
    const gradients = [rms(g)];
    for (let layer = weights.length - 1; layer >= 0; layer--) {
      const through_ = g.map((a, i) => a * f.derivative(before[layer][i]) * (residual ? scale : 1));
      const back = new Array(n).fill(0);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) back[j] += weights[layer][i][j] * through_[i];
      g = residual ? g.map((a, i) => a + back[i]) : back;
      gradients.unshift(rms(g));
    }
    return { signals, gradients, output: x };
  };
  const squareWeights = (seed, depth, n, deviation) => {
    const draw = D2.random(seed);
    const row = () => Array.from({ length: n }, () => draw.normal() * deviation);
    return Array.from({ length: depth }, () => Array.from({ length: n }, row));
  };

  const EPS = 1e-5;
  const moments = (values) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
  };
  // Batch normalization of one feature over a stream of batches, as nn.BatchNorm1d(1) does it.
  const batchNorm = (batches, momentum) => {
    let running = { mean: 0, variance: 1 };
    const steps = batches.map((batch) => {
      const own = moments(batch);
      const unbiased = (own.variance * batch.length) / Math.max(1, batch.length - 1);
      running = {
        mean: (1 - momentum) * running.mean + momentum * own.mean,
        variance: (1 - momentum) * running.variance + momentum * unbiased,
      };
      return { own, running };
    });
    const apply = (values, { mean, variance }) => values.map((v) => (v - mean) / Math.sqrt(variance + EPS));
    const last = batches.at(-1);
    return { steps, training: apply(last, steps.at(-1).own), testing: apply(last, steps.at(-1).running) };
  };

  // What one output sees through a stack of { kernel, stride, dilation }: field, step and range, layer by layer.
  const fields = (layers) => {
    let [field, step] = [1, 1];
    return layers.map(({ kernel, stride, dilation }) => {
      field += (kernel - 1) * dilation * step;
      step *= stride;
      return { field, step };
    });
  };
  const ranges = (layers, place) => {
    const found = [[place, place]];
    for (const { kernel, stride, dilation } of [...layers].reverse()) {
      const [first, last] = found[0];
      found.unshift([first * stride, last * stride + (kernel - 1) * dilation]);
    }
    return found;
  };

  Object.assign(D2, { leastSquares, fit, evaluate, rootMeanSquare, loss, descend, through, squareWeights });
  Object.assign(D2, { moments, batchNorm, fields, ranges });
})();
