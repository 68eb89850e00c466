// Batch size and learning rate, walking on the loss surface of a small regression.
(() => {
  "use strict";
  const { say, make, draw, chart, span, Explorer, loss, descend, show } = window.D2;
  const D2 = window.D2;
  const POINTS = 64;
  const TRUTH = [1, -1];
  const CELLS = 44;
  const REACH = 3;

  class Descent extends Explorer {
    label = say("批量大小与学习率", "Batch size and learning rate");
    start() { return { rate: 0.1, batch: 8, steps: 40, momentum: 0, stretch: 2, seed: 1 }; }
    get data() {
      const draw_ = D2.random(this.state.seed);
      const points = span(POINTS).map(() => {
        const [a, b] = [this.state.stretch * draw_.normal(), draw_.normal()];
        return [a, b, TRUTH[0] * a + TRUTH[1] * b + 0.5 * draw_.normal()];
      });
      return { points, order: draw_.shuffled(POINTS), start: [-2.2, 2.2] };
    }
    get result() {
      const { points, order, start } = this.data;
      const { rate, batch, steps, momentum } = this.state;
      const path = descend(points, start, rate, batch, steps, momentum, order);
      return { path, losses: path.map((w) => loss(points, w)) };
    }
    controls() {
      return [
        this.slider("rate", say("学习率", "learning rate"), 0.01, 1, 0.01),
        this.choice("batch", say("批量大小", "batch size"), [1, 2, 4, 8, 16, 32, 64].map((n) => [n, String(n)])),
        this.slider("steps", say("步数", "steps"), 1, 200),
        this.slider("momentum", say("动量", "momentum"), 0, 0.95, 0.05),
        this.slider("stretch", say("谷的狭长", "how narrow the valley is"), 1, 5, 0.5),
        this.button(say("换一组数据", "other data"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    surface(points, path) {
      const side = 300;
      const at = (v) => ((v + REACH) / (2 * REACH)) * side;
      const values = span(CELLS).map((i) => span(CELLS).map((j) =>
        Math.log10(loss(points, [-REACH + ((j + 0.5) * 2 * REACH) / CELLS, REACH - ((i + 0.5) * 2 * REACH) / CELLS]))));
      const [low, high] = [Math.min(...values.flat()), Math.max(...values.flat())];
      const cell = side / CELLS;
      const level = (v) => Math.floor(((v - low) / (high - low)) * 9);
      const tiles = values.flatMap((row, i) => row.map((v, j) => draw("rect", { x: j * cell, y: i * cell, width: cell + 0.4, height: cell + 0.4,
        style: `fill:color-mix(in srgb, var(--d2-blue) ${8 + level(v) * 7}%, var(--d2-paper))` })));
      const inside = path.map(([a, b]) => [at(a), side - at(b)].map((v) => Math.max(-400, Math.min(700, v))).map((v) => v.toFixed(1)));
      return make("figure", { class: "d2-chart" }, make("figcaption", {}, say("损失的等高图：横轴 w1，纵轴 w2", "The loss over w1 (across) and w2 (up)")),
        draw("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": say("损失面与路径", "loss surface and path"), class: "d2-surface" }, ...tiles,
          draw("polyline", { points: inside.map((p) => p.join(",")).join(" "), fill: "none", stroke: "var(--d2-orange)", "stroke-width": 2 }),
          ...inside.map(([x, y]) => draw("circle", { cx: x, cy: y, r: 2.4, fill: "var(--d2-orange)" })),
          draw("path", { d: `M${at(TRUTH[0]) - 6} ${side - at(TRUTH[1])}h12m-6 -6v12`, stroke: "var(--d2-ink)", "stroke-width": 2 })));
    }
    render() {
      const { points } = this.data;
      const { path, losses } = this.result;
      const steps = span(losses.length);
      const last = losses.at(-1);
      return {
        stage: [this.surface(points, path), chart(say("全部数据上的损失", "Loss on all data"), [{ name: "", x: steps, y: losses.map((v) => Math.max(1e-3, v)) }],
          { x: [0, losses.length - 1], y: [0.05, 1000], xName: say("步", "step"), log: true })],
        words: say(`${path.length - 1} 步之后损失 ${show(last)}，权重 (${path.at(-1).map((v) => show(v)).join(", ")})。${last > losses[0] ? "发散了。" : ""}`,
          `After ${path.length - 1} steps the loss is ${show(last)}, the weights (${path.at(-1).map((v) => show(v)).join(", ")}).${last > losses[0] ? " It diverged." : ""}`),
      };
    }
  }
  D2.register("d2-descent", Descent);
})();
