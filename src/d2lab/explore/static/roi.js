// A region of a feature map, pooled and aligned: what each reads, and how its number changes as the region moves.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, table, chart, BoxExplorer, roi: { pool, align, neighbors, sample } } = D2;
  // Edge strength of a scene (`d2lab.data.scenes`): mean step of brightness in each of 8 x 8 squares, the largest is 99.
  const MAP = [
    [4, 5, 5, 4, 4, 3, 3, 4],
    [5, 41, 71, 99, 74, 12, 4, 4],
    [15, 50, 62, 45, 54, 21, 4, 5],
    [13, 39, 38, 62, 58, 10, 3, 3],
    [7, 6, 18, 63, 74, 41, 5, 4],
    [7, 12, 21, 19, 60, 67, 7, 5],
    [7, 20, 41, 61, 52, 57, 6, 6],
    [5, 13, 44, 68, 59, 16, 4, 6],
  ];
  const SCENE = "data:image/webp;base64,UklGRmoBAABXRUJQVlA4IF4BAABwCwCdASpAAEAAPpVAlUglpCIhM/ZqqLASiWQAqpWu1p6EgfSlfg+ZFojBq6NA/1xRngPLwmP03LRWpER2n/k1W3TQfo2fOGg99xDpFVSSZF6Q3uKzgFIwq66Bf7IKmK0UbOLgAP7w1RWJjUzJ4uNilZP5+QY9aHwVw5CuZSz2NgPoDpex59u476tK7jmqMELYQ1DWPTmy2Dj8veS8G8Y6XW1b86t9ff7FsrfQXk26+wUm791NE4AwfdtQUrb0obtceVz4tYcwOL29PYUw3+vmOOkQRUfyWqzlbbKeALXg8Y+ASi4Y+vp+lIWFXjw+Cooxx7+xHccd9g2Sb5Ivc2JAKdzh9xYY9Obu3qQ/K5dSxfoR9FBTCBVXVYBtxsSumvRsfjQ8dJA9kDM+3auWdXd0SN0Dxg/Zm3gSOz4eA5cyKbz5I6U9eEome+nsOQ33afBalGy2l614Ah303gAAAA==";
  const PIXEL = 40;  // of the map, units of the drawing
  const SIDE = MAP.length;
  const FINE = 32;  // places of the curve for a pixel
  const [SHADE, MOST] = [50, 99];  // percent of the largest value
  const RATIOS = [[1, say("每格 1 个点", "1 point a cell")], [2, say("2 × 2 个点", "2 × 2 points")], [3, say("3 × 3 个点", "3 × 3 points")], [0, say("看格的大小", "as many as pixels")]];
  const AXES = [[0, say("左右", "left and right")], [1, say("上下", "up and down")]];
  const dot = (kind, r) => ([x, y]) => draw("circle", { class: kind, cx: x * PIXEL, cy: y * PIXEL, r });
  const pixels = (box) => box.map((v) => v / PIXEL);

  class Roi extends BoxExplorer {
    label = say("兴趣区域：汇聚与对齐", "Regions of interest: pooling and aligning");
    field = { width: SIDE * PIXEL, height: SIDE * PIXEL, smallest: PIXEL, unit: PIXEL / 4, step: PIXEL / 4, small: PIXEL };
    how = say("拖动框或它的角，每次四分之一像素。键盘：Tab 选框，方向键移动（加 Shift 每次一个像素），空格换一个角。",
      "Drag the box or a corner, in quarters of a pixel. Keyboard: Tab to the box, arrow keys move it (with Shift by a whole pixel), space takes the next corner.");
    start() {
      return { all: [[50, 40, 230, 300]], active: 0, grip: 0, count: 3, ratio: 2, cell: [0, 1], point: 3, axis: 0, photo: false };
    }
    get boxes() { return this.state.all; }
    get data() { return { map: MAP, box: pixels(this.boxes[0]) }; }
    get result() {
      const { count, ratio } = this.state;
      const box = pixels(this.boxes[0]);
      return { pooled: pool(MAP, box, count), aligned: align(MAP, box, count, ratio) };
    }
    edges(box) { return pixels(box); }  // in pixels of the map
    looks() { return { name: "", hue: "--d2-ink", thick: true }; }
    // The followed cell's numbers while the box moves along an axis: at each place `[at, pooled, aligned]`.
    curve(every) {
      const { count, ratio, cell: [i, j], axis } = this.state;
      const box = pixels(this.boxes[0]);
      const room = SIDE - (box[axis + 2] - box[axis]);
      return span(Math.round(room * every) + 1).map((k) => {
        const there = box.map((v, edge) => (edge % 2 === axis ? v - box[axis] + k / every : v));
        return [k / every, pool(MAP, there, count).values[i][j], align(MAP, there, count, ratio).values[i][j]];
      });
    }
    get list() { return this.result.aligned.at(...this.state.cell); }  // points of the followed cell
    get point() { return Math.min(this.state.point, this.list.length) - 1; }
    changed(key, value) {
      this.state[key] = value;
      if (key === "count") this.state.cell = this.state.cell.map((v) => Math.min(v, value - 1));
      this.update();
    }
    controls() {
      const again = () => { this.state = this.start(); this.rebuild(); };
      return [this.slider("count", say("每边的格数", "cells along a side"), 1, 4), this.choice("ratio", say("对齐：取样的点", "aligned: points"), RATIOS),
        this.slider("point", say("看第几个点", "point of the cell"), 1, 9), this.choice("axis", say("曲线：框往哪边移", "curve: the box moves"), AXES),
        this.toggle("photo", say("看原来的场景", "show the scene")), this.button(say("复原", "reset"), again, "again")];
    }
    update() {
      const input = this.querySelector('[data-key="point"]');
      this.state.point = this.point + 1;
      Object.assign(input, { max: this.list.length, value: this.state.point });  // in place: a new one would break off a drag
      input.closest("label").querySelector("output").textContent = show(this.state.point);
      super.update();
    }

    // The map, or the scene that it was made of; what the followed cell covers, and other cells' points, lie under its numbers.
    ground(covers) {
      if (this.state.photo) return [draw("image", { class: "d2-scene", href: SCENE, width: SIDE * PIXEL, height: SIDE * PIXEL, preserveAspectRatio: "none" }), ...covers];
      const each = (one) => MAP.flatMap((row, i) => row.map((value, j) => one(value, j * PIXEL, i * PIXEL)));
      return [...each((value, x, y) => draw("rect", { class: "d2-square", x, y, width: PIXEL, height: PIXEL, style: `--share:${Math.round((SHADE * value) / MOST)}%` })), ...covers,
        ...each((value, x, y) => draw("text", { class: "d2-value", x: x + PIXEL / 2, y: y + 15, "text-anchor": "middle" }, String(value)))];
    }
    frame(kind, [left, top, right, bottom], inset = 0) {
      return draw("rect", { class: kind, x: left * PIXEL + inset, y: top * PIXEL + inset, width: (right - left) * PIXEL - 2 * inset, height: (bottom - top) * PIXEL - 2 * inset });
    }
    covers({ rows, columns }, { at }) {
      const { count, cell: [i, j] } = this.state;
      const [x1, y1, x2, y2] = pixels(this.boxes[0]);
      const [wide, high] = [(x2 - x1) / count, (y2 - y1) / count];
      return [this.frame("d2-pool-cell", [columns[j][0], rows[i][0], columns[j][1], rows[i][1]]),
        this.frame("d2-align-cell", [x1 + j * wide, y1 + i * high, x1 + (j + 1) * wide, y1 + (i + 1) * high]),
        ...span(count).flatMap((a) => span(count).filter((b) => a !== i || b !== j).flatMap((b) => at(a, b))).map(dot("d2-sample", 1.8))];
    }
    // What pooling reads: the rounded box, its cells, and the pixel that wins in the followed one.
    poolMarks({ rows, columns, values }) {
      const [i, j] = this.state.cell;
      const ends = [columns[0][0], rows[0][0], columns.at(-1)[1], rows.at(-1)[1]];
      const [[top, bottom], [left, right]] = [rows[i], columns[j]];
      const best = span(bottom - top).flatMap((a) => span(right - left).map((b) => [top + a, left + b])).find(([a, b]) => MAP[a][b] === values[i][j]);
      return [this.frame("d2-pool-box", ends, 1.5),
        ...rows.slice(1).map(([at]) => draw("line", { class: "d2-pool-line", x1: ends[0] * PIXEL, x2: ends[2] * PIXEL, y1: at * PIXEL, y2: at * PIXEL })),
        ...columns.slice(1).map(([at]) => draw("line", { class: "d2-pool-line", y1: ends[1] * PIXEL, y2: ends[3] * PIXEL, x1: at * PIXEL, x2: at * PIXEL })),
        best && !this.state.photo && draw("rect", { class: "d2-best", x: best[1] * PIXEL + 8, y: best[0] * PIXEL + 3, width: PIXEL - 16, height: 16, rx: 4 })].filter(Boolean);
    }
    // What aligning reads: the exact cells, the points of the followed one, and the four pixels beside one point.
    alignMarks() {
      const { count } = this.state;
      const [x1, y1, x2, y2] = pixels(this.boxes[0]);
      const [x, y] = [(k) => x1 + ((x2 - x1) * k) / count, (k) => y1 + ((y2 - y1) * k) / count];
      const chosen = this.list[this.point];
      const beside = neighbors(MAP, chosen).map(({ row, column, weight }) => ({ x: (column + 0.5) * PIXEL, y: (row + 0.5) * PIXEL, weight }));
      return [...span(count - 1).flatMap((k) => [draw("line", { class: "d2-align-line", x1: x1 * PIXEL, x2: x2 * PIXEL, y1: y(k + 1) * PIXEL, y2: y(k + 1) * PIXEL }),
          draw("line", { class: "d2-align-line", y1: y1 * PIXEL, y2: y2 * PIXEL, x1: x(k + 1) * PIXEL, x2: x(k + 1) * PIXEL })]),
        ...this.list.map(dot("d2-sample", 3.2)),
        ...beside.map(({ x: a, y: b }) => draw("line", { class: "d2-beam", x1: chosen[0] * PIXEL, y1: chosen[1] * PIXEL, x2: a, y2: b })),
        ...beside.map(({ x: a, y: b }) => draw("circle", { class: "d2-middle", cx: a, cy: b, r: 2.5 })),
        dot("d2-sample d2-chosen-point", 4.5)(chosen),
        ...beside.map(({ x: a, y: b, weight }) => draw("text", { class: "d2-weight", x: a, y: b + 15, "text-anchor": "middle" }, weight.toFixed(2).replace(/^0/, "")))];
    }
    render() {
      const { pooled, aligned } = this.result;
      const { cell: [i, j], axis } = this.state;
      const box = pixels(this.boxes[0]);
      const values = (caption, rows, key, hue) => table(caption, rows, { top: MOST / 0.8, pick: (a, b) => this.set("cell", [a, b]), at: [i, j], key, hue });
      const places = this.curve(FINE);
      const line = (name, k, hue) => ({ name, x: places.map(([at]) => at), y: places.map((one) => one[k]), hue });
      const here = (value, hue) => ({ x: [box[axis]], y: [value], dots: true, hue, size: 5 });
      const [one, other] = [pooled.values[i][j], aligned.values[i][j]];
      return {
        stage: [
          this.canvas(say("特征图和框。橙：汇聚读的整像素；蓝：对齐取的点", "Feature map and box. Orange: pixels that pooling reads; blue: points of aligning"),
            { below: [...this.ground(this.covers(pooled, aligned)), ...this.poolMarks(pooled)], above: this.alignMarks(), handles: true }),
          make("div", { class: "d2-side" }, make("div", { class: "d2-row" }, values(say("汇聚：最大值", "pooled: maximum"), pooled.values, "pool", "--d2-orange"), values(say("对齐：点的平均", "aligned: mean of points"), aligned.values, "align", "--d2-blue")),
            chart(say("框移动时，选中那一格的值", "The chosen cell as the box moves"), [line(say("汇聚", "pooled"), 1, "--d2-orange"), line(say("对齐", "aligned"), 2, "--d2-blue"), here(one, "--d2-orange"), here(other, "--d2-blue")],
            { x: [0, Math.max(0.25, places.at(-1)[0])], y: [0, MOST + 6], xName: axis ? say("框的上边（像素）", "top of the box (pixels)") : say("框的左边（像素）", "left of the box (pixels)"), yName: say("值", "value") })),
        ],
        words: this.told(box, pooled, other),
      };
    }
    told([x1, y1, x2, y2], { rows, columns, values }, mean) {
      const [i, j] = this.state.cell;
      const long = (ends) => ends[1] - ends[0];
      const read = `${columns.at(-1)[1] - columns[0][0]} × ${rows.at(-1)[1] - rows[0][0]}`;
      const [wide, high, best] = [long(columns[j]), long(rows[i]), show(values[i][j])];
      const chosen = this.list[this.point];
      const sum = neighbors(MAP, chosen).map(({ weight, value }) => `${show(weight, 3)} × ${value}`).join(" + ");
      const steps = this.curve(4);
      const jump = (k) => show(Math.max(...steps.slice(1).map((one, at) => Math.abs(one[k] - steps[at][k]))));
      const moves = steps.length < 2 ? say("框占满了这个方向，移不动。", "The box has no room to move this way.")
        : say(`框这样移动，每四分之一像素，汇聚最多跳 ${jump(1)}，对齐最多变 ${jump(2)}。`, `As the box moves, a quarter of a pixel changes pooling by up to ${jump(1)}, aligning by up to ${jump(2)}.`);
      return say(`框是 ${x2 - x1} × ${y2 - y1} 像素，汇聚把角点舍入、两端都算，读 ${read} 个整像素。选中的格：汇聚在 ${wide} × ${high} 个像素里取最大值 ${best}；对齐取 ${this.list.length} 个点的平均，得 ${show(mean)}。第 ${this.point + 1} 个点：${sum} = ${show(sample(MAP, chosen))}。`,
        `The box is ${x2 - x1} × ${y2 - y1} pixels; pooling rounds its corners, counts both ends, and reads ${read} whole ones. Chosen cell: pooling takes the largest of ${wide} × ${high} pixels, ${best}; aligning the mean of ${this.list.length} points, ${show(mean)}. Point ${this.point + 1}: ${sum} = ${show(sample(MAP, chosen))}. `) + moves;
    }
  }
  D2.register("d2-roi", Roi);
})();
