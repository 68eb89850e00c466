// What an operation computes and moves, and the least time that a machine allows it; as d2lab.inspection.roofline does it.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const BYTES = { float64: 8, float32: 4, bfloat16: 2 };
  // Operations on numbers, and numbers read and written, of an (m, k) and a (k, n) matrix, or of (m, n) ones.
  const COUNTS = {
    product: (m, k, n) => [2 * m * k * n, m * k + k * n + m * n],
    add: (m, _, n) => [m * n, 3 * m * n],
    sum: (m, _, n) => [m * n, m * n + m],
  };
  const cost = (kind, [m, k, n], type) => {
    const [flops, numbers] = COUNTS[kind](m, k, n);
    return { flops, bytes: numbers * BYTES[type], intensity: flops / (numbers * BYTES[type]) };
  };
  // Seconds by each of the three limits, the one that binds, and the operations a second that are left at most.
  const bounds = ({ flops, bytes }, { rates, bandwidth, overhead }, type) => {
    const seconds = { compute: flops / rates[type], bandwidth: bytes / bandwidth, overhead };
    const regime = Object.keys(seconds).reduce((best, name) => (seconds[name] > seconds[best] ? name : best));
    return { seconds, regime, least: seconds[regime], reached: flops / seconds[regime] };
  };
  const roof = (intensity, { rates, bandwidth }, type) => Math.min(rates[type], intensity * bandwidth);
  const ridge = ({ rates, bandwidth }, type) => rates[type] / bandwidth;
  D2.roofline = { cost, bounds, roof, ridge };
})();
