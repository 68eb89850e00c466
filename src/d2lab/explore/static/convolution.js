// One convolution, step by step; and pooling, which moves its window in the same way.
(() => {
  "use strict";
  const { say, make, table, tensor, nested, show, span, Explorer } = window.D2;
  const D2 = window.D2;
  const PRESETS = {
    edge: [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    blur: [[0.11, 0.11, 0.11], [0.11, 0.11, 0.11], [0.11, 0.11, 0.11]],
    sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    identity: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  };

  // The input with its zeros around it, and marks for zeros and for what the window covers.
  const padded = (map, padding) => {
    const width = map[0].length + 2 * padding;
    const zeros = () => span(padding).map(() => new Array(width).fill(0));
    return [...zeros(), ...map.map((row) => [...new Array(padding).fill(0), ...row, ...new Array(padding).fill(0)]), ...zeros()];
  };
  const marks = (side, padding, covers) => (i, j) => {
    const outside = i < padding || j < padding || i >= side + padding || j >= side + padding;
    return `${outside ? "d2-zero " : ""}${covers(i, j) ? "d2-window" : ""}`;
  };

  class Convolution extends Explorer {
    label = say("卷积，一步一步", "Convolution, step by step");
    start() {
      return { side: 6, channels: 1, kernel: 3, padding: 1, stride: 1, dilation: 1, seed: 1, at: [0, 0],
        weights: [PRESETS.edge, PRESETS.blur, PRESETS.identity].map((k) => k.map((row) => [...row])) };
    }
    get data() {
      const draw = D2.random(this.state.seed);
      const { channels, side, kernel, weights } = this.state;
      const input = span(channels).map(() => span(side).map(() => span(side).map(() => Math.floor(draw.even() * 10))));
      const kernels = span(channels).map((c) => span(kernel).map((i) => span(kernel).map((j) => weights[c][i][j])));
      return { input, kernels };
    }
    get result() {
      const { input, kernels } = this.data;
      const { stride, padding, dilation, channels, side, kernel } = this.state;
      const x = tensor([channels, side, side], input.flat(2));
      return nested(D2.conv2d(x, tensor([1, channels, kernel, kernel], kernels.flat(2)), null, stride, padding, dilation))[0];
    }
    controls() {
      const names = [["edge", say("竖直边缘", "edges")], ["blur", say("平均", "blur")], ["sharpen", say("锐化", "sharpen")], ["identity", say("恒等", "identity")]];
      return [
        this.slider("kernel", say("核的边长", "kernel"), 1, 3),
        this.slider("padding", say("填充", "padding"), 0, 2),
        this.slider("stride", say("步幅", "stride"), 1, 3),
        this.slider("dilation", say("空洞", "dilation"), 1, 2),
        this.slider("channels", say("输入通道", "input channels"), 1, 3),
        make("div", { class: "d2-buttons", role: "group", "aria-label": say("第一个核", "first kernel") },
          ...names.map(([name, words]) => this.button(words, () => { this.state.weights[0] = PRESETS[name].map((r) => [...r]); this.update(); }, `preset-${name}`))),
        make("div", { class: "d2-buttons" }, this.button(say("下一步", "next step"), () => this.next(), "next"),
          this.button(say("换一组数", "other numbers"), () => this.set("seed", this.state.seed + 1), "seed")),
      ];
    }
    next() {
      const out = this.result;
      const flat = (this.state.at[0] * out[0].length + this.state.at[1] + 1) % (out.length * out[0].length);
      this.set("at", [Math.floor(flat / out[0].length), flat % out[0].length]);
    }
    editor(c, kernel) {
      const field = (value, i, j) => make("td", {}, make("input", {
        type: "number", step: "any", value: String(value), "data-key": `w-${c}-${i}-${j}`,
        "aria-label": `${say("核", "kernel")} ${c + 1}: ${i + 1}, ${j + 1}`,
        onchange: (event) => { this.state.weights[c][i][j] = Number(event.target.value) || 0; this.update(); },
      }));
      return make("div", { class: "d2-table" }, make("table", { class: "d2-numbers d2-edit" },
        make("caption", {}, say(`核 ${c + 1}`, `kernel ${c + 1}`)),
        make("tbody", {}, ...kernel.map((row, i) => make("tr", {}, ...row.map((v, j) => field(v, i, j)))))));
    }
    render() {
      const { input, kernels } = this.data;
      const { side, padding, stride, dilation, kernel } = this.state;
      const span_ = dilation * (kernel - 1) + 1;
      if (span_ > side + 2 * padding) return { stage: [], words: say("核比图像还大。", "The kernel is larger than the image.") };
      const out = this.result;
      const [r, c] = (this.state.at = [Math.min(this.state.at[0], out.length - 1), Math.min(this.state.at[1], out[0].length - 1)]);
      const inside = (a, from) => a >= from * stride && a < from * stride + span_ && (a - from * stride) % dilation === 0;
      const covers = (i, j) => inside(i, r) && inside(j, c);
      const terms = [];
      kernels.forEach((k, channel) => {
        const zeros = padded(input[channel], padding);
        k.forEach((row, a) => row.forEach((w, b) => {
          if (w !== 0) terms.push(`${show(zeros[r * stride + a * dilation][c * stride + b * dilation])}·${w < 0 ? `(${show(w)})` : show(w)}`);
        }));
      });
      const sum = terms.length ? terms.slice(0, 9).join(" + ") + (terms.length > 9 ? " + …" : "") : "0";
      return {
        stage: [
          make("div", { class: "d2-row" }, ...input.map((map, i) =>
            table(say(`输入 ${i + 1}`, `input ${i + 1}`), padded(map, padding), { top: 12, marks: marks(side, padding, covers) }))),
          make("div", { class: "d2-row" }, ...kernels.map((k, i) => this.editor(i, k))),
          table(say("输出（方向键移动）", "output (move with the arrow keys)"), out, { at: [r, c], key: "output", pick: (i, j) => this.set("at", [i, j]) }),
        ],
        words: say(`输出 ${out.length} × ${out[0].length}；第 ${r + 1} 行第 ${c + 1} 列：${sum} = ${show(out[r][c], 4)}`,
          `Output ${out.length} × ${out[0].length}; row ${r + 1}, column ${c + 1}: ${sum} = ${show(out[r][c], 4)}`),
      };
    }
  }

  class Pooling extends Explorer {
    label = say("汇聚", "Pooling");
    start() { return { side: 6, kind: "max", window: 2, stride: 2, padding: 0, seed: 1, at: [0, 0] }; }
    get data() {
      const draw = D2.random(this.state.seed);
      return { input: span(this.state.side).map(() => span(this.state.side).map(() => Math.floor(draw.even() * 19) - 9)) };
    }
    get result() {
      const { side, kind, window, stride, padding } = this.state;
      return nested(D2.pool2d(tensor([1, side, side], this.data.input.flat()), kind, window, stride, padding))[0];
    }
    changed(key, value) {
      this.state[key] = value;
      const most = Math.floor(this.state.window / 2);  // torch allows no more
      if (this.state.padding > most) { this.state.padding = most; this.rebuild(); } else this.update();
    }
    controls() {
      return [
        this.choice("kind", say("取", "take the"), [["max", say("最大值", "maximum")], ["mean", say("平均值", "mean")]]),
        this.slider("window", say("窗口", "window"), 1, 4),
        this.slider("stride", say("步幅", "stride"), 1, 4),
        this.slider("padding", say("填充", "padding"), 0, 2),
        make("div", { class: "d2-buttons" }, this.button(say("换一组数", "other numbers"), () => this.set("seed", this.state.seed + 1), "seed")),
      ];
    }
    render() {
      const { side, padding, stride, window: k, kind } = this.state;
      const out = this.result;
      const [r, c] = (this.state.at = [Math.min(this.state.at[0], out.length - 1), Math.min(this.state.at[1], out[0].length - 1)]);
      const covers = (i, j) => i >= r * stride && i < r * stride + k && j >= c * stride && j < c * stride + k;
      const shown = padded(this.data.input, padding).map((row, i) => row.map((v, j) =>
        i < padding || j < padding || i >= side + padding || j >= side + padding ? (kind === "max" ? -Infinity : 0) : v));
      const seen = shown.flatMap((row, i) => row.filter((_, j) => covers(i, j)));
      const how = kind === "max" ? `max(${seen.map((v) => show(v)).join(", ")})` : `(${seen.map((v) => show(v)).join(" + ")}) / ${k * k}`;
      return {
        stage: [
          table(say("输入", "input"), shown.map((row) => row.map((v) => (v === -Infinity ? NaN : v))).map((row) => row.map((v) => (Number.isNaN(v) ? 0 : v))), { top: 12, marks: marks(side, padding, covers) }),
          table(say("输出（方向键移动）", "output (move with the arrow keys)"), out, { top: 12, at: [r, c], key: "output", pick: (i, j) => this.set("at", [i, j]) }),
        ],
        words: `${out.length} × ${out[0].length}; ${how} = ${show(out[r][c], 4)}`,
      };
    }
  }

  D2.register("d2-convolution", Convolution);
  D2.register("d2-pooling", Pooling);
})();
