// The matrix of a mask against the truth, and what it says; as d2lab.metrics.segmentation does them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const many = (n, f) => Array.from({ length: n }, (_, i) => f(i));
  const sum = (list) => list.reduce((a, b) => a + b, 0);

  // Pixels by true class (row) and painted class (column); a true 255 belongs to no class and is not counted.
  const confusion = (truth, painted, classes) => {
    const matrix = many(classes, () => new Array(classes).fill(0));
    truth.forEach((row, i) => row.forEach((kind, j) => { if (kind !== 255) matrix[kind][painted[i][j]] += 1; }));
    return matrix;
  };
  // A class that is in neither mask has no IoU (NaN), and does not count in the mean.
  const figures = (matrix) => {
    const [rows, columns] = [matrix.map(sum), matrix[0].map((_, j) => sum(matrix.map((row) => row[j])))];
    const iou = matrix.map((row, k) => row[k] / (rows[k] + columns[k] - row[k]));
    const known = iou.filter((v) => !Number.isNaN(v));
    return { iou, mean: sum(known) / known.length, accuracy: sum(matrix.map((row, k) => row[k])) / sum(rows) };
  };

  D2.masks = { confusion, figures };
})();
