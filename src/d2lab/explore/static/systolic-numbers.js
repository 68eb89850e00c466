// A weight-stationary systolic array, clock by clock, and its use in closed form; as d2lab.parallel.systolic does them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const grid = (k, n, value) => Array.from({ length: k }, () => new Array(n).fill(value));

  // For each clock what the cells hold: `inputs`, `sums`, and the row of A that a cell works on (-1: idle).
  const clocks = (a, b) => {
    const [m, k, n] = [a.length, b.length, b[0].length];
    const found = [];
    let [inputs, sums, rows] = [grid(k, n, 0), grid(k, n, 0), grid(k, n, -1)];
    for (let number = 1; number <= m + k + n - 2; number++) {
      const enters = (i) => number - 1 - i;  // the skew: row i of the cells is i clocks late
      const fed = (i) => enters(i) >= 0 && enters(i) < m;
      inputs = inputs.map((line, i) => [fed(i) ? a[enters(i)][i] : 0, ...line.slice(0, -1)]);
      rows = rows.map((line, i) => [fed(i) ? enters(i) : -1, ...line.slice(0, -1)]);
      const above = [new Array(n).fill(0), ...sums.slice(0, -1)];
      sums = sums.map((line, i) => line.map((_, j) => (rows[i][j] >= 0 ? above[i][j] + inputs[i][j] * b[i][j] : 0)));
      found.push({ number, inputs, sums, rows });
    }
    return found;
  };
  const busy = (m, k, n) => Array.from({ length: m + k + n - 2 }, (_, t) => {
    let count = 0;
    for (let i = 0; i < k; i++) for (let j = 0; j < n; j++) count += t - i - j >= 0 && t - i - j < m;
    return count;
  });
  const cycles = (m, k, n, side) => Math.ceil(k / side) * Math.ceil(n / side) * (m + 2 * side - 2);
  const use = (m, k, n, side) => (m * k * n) / (cycles(m, k, n, side) * side * side);
  D2.systolic = { clocks, busy, cycles, use };
})();
