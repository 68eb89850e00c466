// Backpropagation through time: a recurrent layer unrolled, and the size of its gradient at each step.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, draw, make, chart, span, Explorer, show } = D2;
  const WIDTH = 8;
  const TURNS = [0.3, 0.9, 1.7, 2.6];  // angles by which the blocks of the recurrent weights rotate
  const SHRINK = [1, 0.9, 0.75, 0.5];  // sizes of their eigenvalues, as shares of the largest
  const LONGEST = 50;
  const NO_LIMIT = 10;  // of the slider: no clipping there
  const norm = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  const times = (matrix, v) => matrix.map((row) => row.reduce((sum, w, j) => sum + w * v[j], 0));
  const transposed = (matrix) => matrix[0].map((_, j) => matrix.map((row) => row[j]));

  // An orthogonal basis: Gram-Schmidt on normal numbers.
  const basis = (numbers) => {
    const rows = [];
    while (rows.length < WIDTH) {
      let row = span(WIDTH).map(() => numbers.normal());
      for (const other of rows) {
        const along = row.reduce((sum, x, i) => sum + x * other[i], 0);
        row = row.map((x, i) => x - along * other[i]);
      }
      rows.push(row.map((x) => x / norm(row)));
    }
    return rows;
  };
  // Recurrent weights whose largest eigenvalue has exactly the size `radius`: rotations that shrink, in another basis.
  const recurrent = (numbers, radius) => {
    const q = basis(numbers);
    const blocks = span(WIDTH).map((i) => span(WIDTH).map((j) => {
      const block = i >> 1;
      if (block !== j >> 1) return 0;
      const [size, angle] = [radius * SHRINK[block], TURNS[block]];
      return size * (i === j ? Math.cos(angle) : (i < j ? -1 : 1) * Math.sin(angle));
    }));
    return transposed(q).map((row) => times(transposed(q), times(transposed(blocks), row)));
  };
  const added = (sum, delta, before) => sum.map((row, i) => row.map((v, j) => v + delta[i] * before[j]));

  class Bptt extends Explorer {
    label = say("沿时间反向传播：每一步的梯度", "Backpropagation through time: the gradient at each step");
    start() { return { name: "identity", radius: 0.9, steps: 20, back: LONGEST, clip: 1, seed: 1 }; }
    get data() {
      const { radius, steps, seed } = this.state;
      const numbers = D2.random(seed);
      const weights = recurrent(numbers, radius);
      const final = span(WIDTH).map(() => numbers.normal() / Math.sqrt(WIDTH));  // the loss is its product with the last state
      return { weights, final, inputs: span(steps).map(() => span(WIDTH).map(() => numbers.normal() / Math.sqrt(WIDTH))) };
    }
    get result() {
      const { weights, inputs, final } = this.data;
      const { name, steps, back, clip } = this.state;
      const f = D2.ACTIVATIONS[name];
      const sums = [];
      const states = [span(WIDTH).map(() => 0)];
      for (const x of inputs) {
        sums.push(times(weights, states.at(-1)).map((v, i) => v + x[i]));
        states.push(sums.at(-1).map(f.value));
      }
      const turned = transposed(weights);
      const gradients = new Array(steps + 1).fill(0);
      const parts = new Array(steps).fill(0);
      const used = Math.min(back, steps);
      let [g, full, cut] = [final, weights.map((row) => row.map(() => 0)), null];
      gradients[steps] = norm(g);
      for (let t = steps - 1; t >= 0; t--) {
        const delta = g.map((v, i) => v * f.derivative(sums[t][i]));
        parts[t] = norm(delta) * norm(states[t]);  // of the gradient of the weights, what step t + 1 gives
        full = added(full, delta, states[t]);
        if (steps - t === used) cut = full;
        g = times(turned, delta);
        gradients[t] = norm(g);
      }
      const [all, some] = [full.flat(), cut.flat()];
      const [length, wanted] = [norm(some), norm(all)];
      const factor = clip >= NO_LIMIT || length <= clip ? 1 : clip / length;
      const dot = some.reduce((sum, v, i) => sum + v * all[i], 0);
      return { gradients, parts, used, full: wanted, norm: length, factor, clipped: length * factor, cosine: length * wanted > 0 ? dot / (length * wanted) : 1 };
    }
    controls() {
      return [
        this.slider("radius", say("谱半径", "spectral radius"), 0.2, 1.5, 0.01),
        this.slider("steps", say("时间步", "steps"), 2, LONGEST),
        this.slider("back", say("最多往回走", "steps back, at most"), 1, LONGEST, 1, (v) => (v >= LONGEST ? say("全部", "all") : String(v))),
        this.slider("clip", say("裁剪到", "clip to"), 0.1, NO_LIMIT, 0.1, (v) => (v >= NO_LIMIT ? say("不裁剪", "no limit") : show(v))),
        this.choice("name", say("激活函数", "activation"), [["identity", say("恒等", "identity")], ["tanh", "tanh"]]),
        this.button(say("换一组数", "other numbers"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    unrolled({ gradients, used }) {
      const { steps } = this.state;
      const [W, H, L] = [460, 96, 16];
      const gap = (W - 2 * L) / steps;
      const at = (t) => L + t * gap;
      const sizes = gradients.slice(steps - used).filter((size) => size > 0);
      const most = Math.max(...sizes);
      const decades = Math.max(1, Math.log10(most / Math.min(...sizes)));
      const radius = Math.min(9, Math.max(3, gap * 0.34));
      const cut = steps - used;
      const nodes = gradients.map((size, t) => {
        const share = size > 0 ? Math.round(100 + (90 * Math.log10(size / most)) / decades) : 0;
        return draw("circle", { cx: at(t), cy: 40, r: radius, class: "d2-unit", style: `fill:color-mix(in srgb, var(--d2-orange) ${t < cut ? 0 : share}%, var(--d2-paper))` });
      });
      const edges = span(steps).map((t) => draw("line", { x1: at(t) + radius, x2: at(t + 1) - radius, y1: 40, y2: 40, class: t < cut ? "d2-edge d2-off" : "d2-edge" }));
      const line = cut > 0 ? draw("line", { x1: at(cut) - gap / 2, x2: at(cut) - gap / 2, y1: 14, y2: 66, class: "d2-cut" }) : null;
      const said = say("展开的网络，从左到右；颜色越浓，损失对那个状态的梯度越大（对数刻度）", "The unrolled network, from left to right; the fuller the color of a state, the larger the gradient there (logarithmic)");
      const names = [draw("text", { x: at(0), y: 84, "text-anchor": "start" }, say("状态 0", "state 0")), draw("text", { x: at(steps), y: 84, "text-anchor": "end" }, say(`状态 ${steps}，损失`, `state ${steps}, loss`))];
      if (cut > 0) names.push(draw("text", { x: Math.max(60, Math.min(W - 60, at(cut) - gap / 2)), y: 11, "text-anchor": "middle" }, "detach"));
      return make("figure", { class: "d2-wide" }, make("figcaption", {}, said), draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": said, class: "d2-unrolled" }, ...edges, ...nodes, ...[line].filter(Boolean), ...names));
    }
    render() {
      const found = this.result;
      const { gradients, parts, factor, used, full, norm: length, clipped, cosine } = found;
      const { steps, radius } = this.state;
      const all = span(steps + 1);
      const frame = (values) => {
        const sizes = values.filter((v) => v > 0).map(Math.log10);
        return [10 ** Math.floor(Math.min(-0.5, ...sizes)), 10 ** Math.ceil(Math.max(0.5, ...sizes))];
      };
      const power = all.map((t) => gradients[steps] * radius ** (steps - t));
      const from = span(used).map((i) => steps - used + i);
      const given = from.filter((t) => parts[t] > 0);  // the first state is 0 and gives nothing
      const shown = given.length ? given : from;
      return {
        stage: [
          this.unrolled(found),
          chart(say("损失对每个状态的梯度", "Gradient of the loss with respect to each state"), [
            { name: say("梯度的范数", "norm of the gradient"), x: all, y: gradients },
            { name: say("谱半径的幂", "power of the spectral radius"), x: all, y: power, dashed: true, hue: "--d2-muted" },
          ], { x: [0, steps], y: frame([...gradients, ...power]), xName: say("状态", "state"), log: true }),
          chart(say("权重的梯度：每一步给了多少", "Gradient of the weights: what each step gives"), [
            { name: say("裁剪前", "before clipping"), x: shown.map((t) => t + 1), y: shown.map((t) => parts[t]), dots: true },
            { name: say("裁剪后", "after clipping"), x: shown.map((t) => t + 1), y: shown.map((t) => parts[t] * factor), dots: true, hollow: true, hue: "--d2-green" },
          ], { x: [0, steps + 1], y: frame(shown.flatMap((t) => [parts[t], parts[t] * factor])), xName: say("时间步", "step"), log: true }),
        ],
        words: say(
          `回到状态 0 的梯度是末尾的 ${show(gradients[0] / gradients[steps])} 倍。往回走 ${used} 步，权重的梯度范数 ${show(length)}（走完全程是 ${show(full)}，两者夹角的余弦 ${show(cosine)}）；裁剪后 ${show(clipped)}，每一步都乘 ${show(factor)}。`,
          `The gradient that reaches state 0 is ${show(gradients[0] / gradients[steps])} times that at the end. ${used} steps back, the gradient of the weights has norm ${show(length)} (all the way: ${show(full)}, cosine of the angle between the two ${show(cosine)}); after clipping ${show(clipped)}, every step times ${show(factor)}.`),
      };
    }
  }
  D2.register("d2-bptt", Bptt);
})();
