// A transposed convolution of one square map, computed in two ways: kernels laid down one after the other, and a convolution of
// the stretched map with the turned kernel; as d2lab.layers.transposed and d2lab.layers.stretched do them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const zeros = (n) => Array.from({ length: n }, () => new Array(n).fill(0));
  const side = (n, k, stride, padding, extra) => (n - 1) * stride - 2 * padding + k + extra;

  // The canvas before its border is cut off, after the first `steps` pixels, row by row; `counts`: kernels on each place.
  const lay = (map, kernel, stride, extra, steps) => {
    const n = map.length;
    const canvas = zeros(side(n, kernel.length, stride, 0, extra));
    const counts = zeros(canvas.length);
    for (let step = 0; step < Math.min(steps, n * n); step++) {
      const [i, j] = [Math.floor(step / n), step % n];
      kernel.forEach((row, a) => row.forEach((weight, b) => {
        canvas[i * stride + a][j * stride + b] += map[i][j] * weight;
        counts[i * stride + a][j * stride + b] += 1;
      }));
    }
    return { canvas, counts };
  };
  const cut = (canvas, padding) => canvas.slice(padding, canvas.length - padding).map((row) => row.slice(padding, row.length - padding));

  // stride - 1 zeros between neighbors, k - 1 around them, `extra` more below and at the right.
  const stretch = (map, k, stride, extra) => {
    const wide = zeros((map.length - 1) * stride + 1 + 2 * (k - 1) + extra);
    map.forEach((row, i) => row.forEach((value, j) => { wide[k - 1 + i * stride][k - 1 + j * stride] = value; }));
    return wide;
  };
  const turn = (kernel) => kernel.map((row) => [...row].reverse()).reverse();
  // The products of the window whose left upper corner is (row, column): `[value, weight]` of each place.
  const products = (wide, turned, row, column) => turned.flatMap((line, a) => line.map((weight, b) => [wide[row + a][column + b], weight]));
  const slide = (wide, turned) => {
    const length = wide.length - turned.length + 1;
    return zeros(length).map((line, i) => line.map((_, j) => products(wide, turned, i, j).reduce((sum, [value, weight]) => sum + value * weight, 0)));
  };

  D2.transposed = { side, lay, cut, stretch, turn, products, slide };
})();
