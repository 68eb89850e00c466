// RoI pooling and RoIAlign of one feature map and one box (left, top, right, bottom); as d2lab.vision.region does them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const many = (n, f) => Array.from({ length: n }, (_, i) => f(i));
  const between = (low, value, high) => Math.max(low, Math.min(high, value));
  const rounded = (v) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5);  // halves away from 0

  // Where each cell of a line begins and ends, in whole pixels (end not included), inside the map.
  const cells = (first, last, count, pixels) => {
    const step = (last - first + 1) / count;
    return many(count, (i) => [Math.floor(i * step), Math.ceil((i + 1) * step)].map((v) => between(0, v + first, pixels)));
  };
  // The maximum of each cell; 0 where a cell has no pixel. `rows` and `columns` are the pixels of the cells.
  const pool = (map, box, count) => {
    const [x1, y1, x2, y2] = box.map(rounded);
    const [rows, columns] = [cells(y1, y2, count, map.length), cells(x1, x2, count, map[0].length)];
    const values = rows.map(([top, bottom]) => columns.map(([left, right]) => {
      const inside = map.slice(top, bottom).flatMap((row) => row.slice(left, right));
      return inside.length ? Math.max(...inside) : 0;
    }));
    return { whole: [x1, y1, x2, y2], rows, columns, values };
  };

  // Points of each cell along a line; `ratio` of 0: as many as the cell has pixels, rounded up.
  const points = (begin, end, count, ratio) => {
    const step = (end - begin) / count;
    const each = ratio || Math.ceil(step);
    return many(count, (cell) => many(each, (i) => begin + cell * step + ((i + 0.5) * step) / each));
  };
  // Pixels beside a point and their weights: a pixel's value is at its middle. None where the point is far outside.
  const beside = (place, pixels) => {
    const at = place - 0.5;
    if (at < -1 || at > pixels) return [];
    const near = between(0, at, pixels - 1);
    return many(pixels, (pixel) => ({ pixel, weight: Math.max(0, 1 - Math.abs(near - pixel)) })).filter(({ weight }) => weight > 0);
  };
  const neighbors = (map, [x, y]) => beside(y, map.length).flatMap((row) => beside(x, map[0].length).map((column) => (
    { row: row.pixel, column: column.pixel, weight: row.weight * column.weight, value: map[row.pixel][column.pixel] })));
  const sample = (map, point) => neighbors(map, point).reduce((sum, { weight, value }) => sum + weight * value, 0);
  // The mean of each cell's points. `at(i, j)` lists those of a cell, row by row.
  const align = (map, box, count, ratio) => {
    const [xs, ys] = [points(box[0], box[2], count, ratio), points(box[1], box[3], count, ratio)];
    const at = (i, j) => ys[i].flatMap((y) => xs[j].map((x) => [x, y]));
    const mean = (list) => list.reduce((sum, point) => sum + sample(map, point), 0) / Math.max(1, list.length);
    return { at, values: many(count, (i) => many(count, (j) => mean(at(i, j)))) };
  };

  D2.roi = { pool, align, neighbors, sample };
})();
