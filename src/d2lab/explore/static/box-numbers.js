// Boxes, (left, top, right, bottom): overlap and its gradient, matching of anchors, suppression; all as d2lab.vision does it.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const FACTORS = [10, 10, 5, 5];  // of the offsets
  const LEAST = 0.001;  // score below which soft suppression drops a box
  const positive = (area) => (area > 0 ? area : 1);
  const larger = (one, other) => (one > other ? 1 : one === other ? 0.5 : 0);  // slope of the maximum, as torch takes it

  // Areas, IoU and GIoU of two boxes, and the slopes of both for the four edges of the first.
  const overlap = (a, b) => {
    const side = (box) => [box[2] - box[0], box[3] - box[1]].map((v) => Math.max(0, v));
    const inside = [0, 1].map((i) => Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]));
    const around = [0, 1].map((i) => Math.max(a[i + 2], b[i + 2]) - Math.min(a[i], b[i]));
    const meets = inside.map((v) => Math.max(0, v));
    const [own, other] = [side(a), side(b)];
    const intersection = meets[0] * meets[1];
    const union = own[0] * own[1] + other[0] * other[1] - intersection;
    const hull = around[0] * around[1];
    const iou = intersection / positive(union);
    const giou = iou - (hull - union) / positive(hull);
    const slopes = [0, 1, 2, 3].map((edge) => {
      const axis = edge % 2;
      const sign = edge < 2 ? -1 : 1;
      const beyond = edge < 2 ? larger(b[edge], a[edge]) : larger(a[edge], b[edge]);  // 1: the edge is one of the hull
      const common = inside[axis] > 0 ? sign * (1 - beyond) * meets[1 - axis] : 0;
      const both = sign * own[1 - axis] - common;
      const wide = sign * beyond * around[1 - axis];
      const first = (common - iou * both) / positive(union);
      return [first, first + (both - (union / positive(hull)) * wide) / positive(hull)];
    });
    return { intersection, union, hull, iou, giou, slopes: { iou: slopes.map((s) => s[0]), giou: slopes.map((s) => s[1]) } };
  };
  const table = (rows, columns) => rows.map((row) => columns.map((column) => overlap(row, column).iou));

  // Pairs of an object and an anchor: the best first, then the best of what is left. ious: a row for each object.
  const greedy = (ious) => {
    const pairs = [];
    const free = (i, j) => !pairs.some((pair) => pair.object === i || pair.anchor === j);
    for (;;) {
      let best = null;
      ious.forEach((row, i) => row.forEach((iou, j) => {
        if (iou > (best?.iou ?? 0) && free(i, j)) best = { object: i, anchor: j, iou };
      }));
      if (!best) return pairs;
      pairs.push(best);
    }
  };
  // The object of each anchor by the threshold alone, -1 for background; pairs go before it.
  const assign = (ious, threshold) => {
    const owners = ious[0].map((_, j) => {
      const most = Math.max(...ious.map((row) => row[j]));
      return most >= threshold ? ious.findIndex((row) => row[j] === most) : -1;
    });
    for (const { object, anchor } of greedy(ious)) owners[anchor] = object;
    return owners;
  };
  const encode = (anchor, box) => {
    const seen = ([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
    const [own, wanted] = [seen(anchor), seen(box)];
    return FACTORS.map((factor, i) => factor * (i < 2 ? (wanted[i] - own[i]) / own[i + 2] : Math.log(wanted[i] / own[i])));
  };

  // Suppression, a step for each box that stays: which, with what score, and what it did to the others.
  const decays = {
    hard: (iou, { threshold }) => (iou > threshold ? 0 : 1),
    linear: (iou, { threshold }) => (iou > threshold ? 1 - iou : 1),
    gaussian: (iou, { sigma }) => Math.exp((-iou * iou) / sigma),
  };
  const suppress = (boxes, scores, { kind, classes = null, ...dials }) => {
    let left = [...scores];
    let alive = scores.map((score) => kind === "hard" || score >= LEAST);
    const steps = [];
    while (alive.some(Boolean)) {
      const chosen = left.reduce((best, score, i) => (alive[i] && (best < 0 || score > left[best]) ? i : best), -1);
      const factors = boxes.map((box, i) => (i === chosen || !alive[i] || (classes && classes[i] !== classes[chosen])
        ? 1 : decays[kind](overlap(boxes[chosen], box).iou, dials)));
      left = left.map((score, i) => score * factors[i]);
      const after = alive.map((is, i) => is && i !== chosen && (kind === "hard" ? factors[i] > 0 : left[i] >= LEAST));
      const gone = alive.map((is, i) => is && i !== chosen && !after[i]);
      steps.push({ chosen, score: left[chosen], factors, left, alive: after, gone });
      alive = after;
    }
    return steps;
  };

  D2.boxes = { overlap, table, greedy, assign, encode, suppress };
})();
