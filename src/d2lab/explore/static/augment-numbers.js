// One affine map for all changes of an image, and what it does to boxes and masks; as d2lab.vision does them.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const span = (n) => Array.from({ length: n }, (_, i) => i);
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const product = (a, b) => a.map((row) => [0, 1, 2].map((j) => sum(row.map((v, k) => v * b[k][j]))));
  const affine = (a, b, c, d, e, f) => [[a, b, c], [d, e, f], [0, 0, 1]];
  const radians = (degrees) => (degrees * Math.PI) / 180;

  // In this order: mirror, shift, rotation, zoom, shear, and a central crop that is enlarged to the frame.
  const steps = ({ mirror, right, down, degrees, zoom, shear, crop }, side) => {
    const half = side / 2;
    const about = (a, b, d, e) => affine(a, b, half - (a + b) * half, d, e, half - (d + e) * half);
    const [c, s] = [Math.cos(radians(degrees)), Math.sin(radians(degrees))];
    return [mirror ? affine(-1, 0, side, 0, 1, 0) : affine(1, 0, 0, 0, 1, 0), affine(1, 0, right, 0, 1, down),
      about(c, s, -s, c), about(zoom, 0, 0, zoom), about(1, Math.tan(radians(shear)), 0, 1), about(1 / crop, 0, 0, 1 / crop)];
  };
  const composed = (settings, side) => steps(settings, side).reduce((before, after) => product(after, before));

  const inverse = ([[a, b, c], [d, e, f]]) => {
    const det = a * e - b * d;
    return affine(e / det, -b / det, (b * f - e * c) / det, -d / det, a / det, (d * c - a * f) / det);
  };
  const moved = ([[a, b, c], [d, e, f]], [x, y]) => [a * x + b * y + c, d * x + e * y + f];
  const corners = (matrix, [x1, y1, x2, y2]) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]].map((point) => moved(matrix, point));
  const bound = (points) => [Math.min, Math.max].flatMap((end) => [0, 1].map((axis) => end(...points.map((point) => point[axis]))));
  const area = (points) => Math.abs(sum(points.map(([x, y], i) => { const [u, v] = points[(i + 1) % points.length]; return x * v - u * y; }))) / 2;

  // Cut a convex polygon along each edge of the frame.
  const cut = (points, side) => [[0, 0, 1], [0, side, -1], [1, 0, 1], [1, side, -1]].reduce((left, [axis, line, sign]) => left.flatMap((point, i) => {
    const next = left[(i + 1) % left.length];
    const [here, there] = [point, next].map((one) => sign * (one[axis] - line));
    const kept = here >= 0 ? [point] : [];
    if ((here < 0) === (there < 0) || here === there) return kept;
    const at = here / (here - there);
    return [...kept, [0, 1].map((k) => point[k] + at * (next[k] - point[k]))];
  }), points);

  // The box around what is seen of a moved box, and the share of its area that is seen; none if nothing is.
  const seen = (around, side) => {
    const left = cut(around, side);
    const share = left.length ? area(left) / area(around) : 0;
    return { box: share > 0 ? bound(left) : null, share };
  };
  // A mask after the map: each pixel shows the stored pixel in which its center comes to lie; 0 beyond the image.
  const warped = (matrix, mask) => {
    const [side, back] = [mask.length, inverse(matrix)];
    return span(side).map((i) => span(side).map((j) => {
      const [x, y] = moved(back, [j + 0.5, i + 0.5]).map(Math.floor);
      return mask[y]?.[x] ?? 0;
    }));
  };
  // The smallest box around the pixels of an object; none if there are none.
  const tight = (mask, kind) => {
    const pixels = mask.flatMap((row, i) => row.flatMap((value, j) => (value === kind ? [[j, i], [j + 1, i + 1]] : [])));
    return pixels.length ? bound(pixels) : null;
  };
  // What becomes of each object: kept whole, clipped by the frame, or dropped because too little of its box is seen.
  const follow = (settings, least, boxes, mask) => {
    const side = mask.length;
    const matrix = composed(settings, side);
    const after = warped(matrix, mask);
    return { matrix, mask: after, objects: boxes.map((box, i) => {
      const around = corners(matrix, box);
      const { box: loose, share } = seen(around, side);
      const close = tight(after, i + 1);
      const fate = !loose || share < least ? "dropped" : share < 1 - 1e-9 ? "clipped" : "whole";
      return { around, loose, share, tight: close, iou: loose && close ? D2.boxes.overlap(loose, close).iou : NaN, fate };
    }) };
  };

  D2.augment = { composed, inverse, moved, corners, bound, seen, warped, tight, follow };
})();
