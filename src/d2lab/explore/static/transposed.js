// Transposed convolution: one input at a time lays its kernel down; or each output reads the stretched input.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, table, show, span, Explorer, transposed: { side, lay, cut, stretch, turn, products, slide } } = D2;
  const WAYS = [["lay", say("逐个输入放下核", "each input lays its kernel down")], ["slide", say("撑开输入，再做卷积", "stretch the input, then convolve")]];
  const KERNELS = { book: null, ones: say("全是 1", "all ones"), bilinear: say("双线性", "bilinear") };
  const edge = (k) => span(k).map((i) => { const [half, middle] = [Math.ceil(k / 2), Math.ceil(k / 2) - 1 + (k % 2 ? 0 : 0.5)]; return 1 - Math.abs(i - middle) / half; });

  class Transposed extends Explorer {
    label = say("转置卷积，一次一个输入", "Transposed convolution, one input at a time");
    start() { return { way: "lay", weights: "book", n: 2, kernel: 2, stride: 1, padding: 0, extra: 0, seed: 0, counts: false, step: 1, at: [0, 0] }; }
    get data() {
      const { n, kernel: k, weights, seed } = this.state;
      const draw = D2.random(seed);
      const drawn = (length) => span(length).map((i) => span(length).map((j) => (seed ? Math.floor(draw.even() * 6) : (i * length + j) % 10)));
      const map = drawn(n);
      const kernel = { book: drawn(k), ones: span(k).map(() => span(k).map(() => 1)), bilinear: edge(k).map((a) => edge(k).map((b) => a * b)) }[weights];
      return { map, kernel };
    }
    get result() {
      const { map, kernel } = this.data;
      const { stride, padding, extra, kernel: k, step } = this.state;
      const wide = stretch(map, k, stride, extra);
      return { laid: lay(map, kernel, stride, extra, step), output: cut(lay(map, kernel, stride, extra, Infinity).canvas, padding),
        wide, turned: turn(kernel), slid: cut(slide(wide, turn(kernel)), padding), side: side(map.length, k, stride, padding, extra) };
    }
    changed(key, value) {
      this.state[key] = value;
      const { n, stride } = this.state;
      if (key === "n") this.state.step = Math.min(this.state.step, n * n);
      if (this.state.extra > stride - 1) this.state.extra = stride - 1;
      const input = this.querySelector('[data-key="extra"]');
      Object.assign(input, { max: stride - 1, value: this.state.extra });  // in place: a new one would break off a drag
      input.closest("label").querySelector("output").textContent = show(this.state.extra);
      this.update();
    }
    controls() {
      return [
        this.choice("way", say("算法", "way"), WAYS),
        this.slider("n", say("输入的边长", "side of the input"), 1, 4), this.slider("kernel", say("核的边长", "kernel"), 1, 4),
        this.slider("stride", say("步幅", "stride"), 1, 3), this.slider("padding", say("填充", "padding"), 0, 2),
        this.slider("extra", say("输出填充", "output padding"), 0, this.state.stride - 1),
        this.choice("weights", say("核", "weights"), Object.entries(KERNELS).map(([key, name]) => [key, name ?? say("依次的数", "numbers in a row")])),
        this.toggle("counts", say("改看每处放了几个核", "count the kernels on each place")),
        make("div", { class: "d2-buttons" }, this.button(say("上一步", "back"), () => this.go(-1), "back"), this.button(say("下一步", "next step"), () => this.go(1), "next"),
          this.button(say("换一组数", "other numbers"), () => this.set("seed", this.state.seed + 1), "seed"),
          this.button(say("复原", "reset"), () => { this.state = this.start(); this.rebuild(); }, "again")),
      ];
    }
    // One input further, or one output; round and round.
    go(by) {
      const { n, way } = this.state;
      if (way === "lay") return this.set("step", ((this.state.step - 1 + by + n * n) % (n * n)) + 1);
      const { length } = this.result.output;
      const flat = (this.state.at[0] * length + this.state.at[1] + by + length * length) % (length * length);
      return this.set("at", [Math.floor(flat / length), flat % length]);
    }
    render() {
      const all = this.result;
      const { n, kernel: k, stride: s, padding: p, extra } = this.state;
      const sum = `(${n} − 1) · ${s} − 2 · ${p} + ${k}${extra ? ` + ${extra}` : ""} = ${all.side}`;
      const size = say(`输出的边长 ${sum}。`, `Side of the output: ${sum}. `);
      if (all.side < 1) return { stage: [], words: size + say("填充把一切都裁掉了。", "Padding cuts everything off.") };
      return this.state.way === "lay" ? this.laying(all, size) : this.sliding(all, size);
    }
    laying({ laid, output }, size) {
      const { map, kernel } = this.data;
      const { n, kernel: k, stride, padding, step, counts } = this.state;
      const [i, j] = [Math.floor((step - 1) / n), (step - 1) % n];
      const [top, left, last] = [i * stride, j * stride, laid.canvas.length - padding];
      const here = (a, b) => a >= top && a < top + k && b >= left && b < left + k;
      const gone = (a, b) => a < padding || b < padding || a >= last || b >= last;
      const whole = counts ? lay(map, kernel, stride, this.state.extra, Infinity).counts : null;
      const pick = (a, b) => this.set("step", a * n + b + 1);
      const scaled = kernel.map((row) => row.map((weight) => map[i][j] * weight));
      return {
        stage: [
          table(say("输入（方向键移动）", "input (move with the arrow keys)"), map, { at: [i, j], pick, key: "input" }),
          table(say("核", "kernel"), kernel, {}),
          table(say(`${show(map[i][j])} × 核`, `${show(map[i][j])} × kernel`), scaled, { hue: "--d2-green" }),
          table(counts ? say("每处放了几个核（到此为止）", "kernels on each place (so far)") : say("画布（到此为止）", "canvas (so far)"), counts ? laid.counts : laid.canvas,
            { top: counts ? Math.max(...whole.flat()) : 1.4 * Math.max(1e-9, ...output.flat().map(Math.abs)), key: "canvas", marks: (a, b) => `${gone(a, b) ? "d2-zero " : ""}${here(a, b) ? "d2-window" : ""}` }),
          table(say("输出（全部放完）", "output (all of them)"), counts ? cut(whole, padding) : output, { key: "output" }),
        ],
        words: size + say(`第 ${step} 个输入（共 ${n * n} 个）是 ${show(map[i][j])}：它乘上核，加到画布的第 ${top + 1}–${top + k} 行、第 ${left + 1}–${left + k} 列。${padding ? `虚线是填充裁掉的 ${padding} 圈。` : ""}`,
          `Input ${step} of ${n * n} is ${show(map[i][j])}: times the kernel, it is added to rows ${top + 1}–${top + k} and columns ${left + 1}–${left + k} of the canvas.${padding ? ` Padding cuts off what is dashed, ${padding} on every side.` : ""}`),
      };
    }
    sliding({ wide, turned, slid }, size) {
      const { kernel: k, stride, padding, n } = this.state;
      const [r, c] = (this.state.at = this.state.at.map((v) => Math.min(v, slid.length - 1)));
      const [top, left] = [r + padding, c + padding];
      const here = (a, b) => a >= top && a < top + k && b >= left && b < left + k;
      const real = (v) => v >= k - 1 && (v - k + 1) % stride === 0 && (v - k + 1) / stride < n;
      const terms = products(wide, turned, top, left).filter((_, at) => real(top + Math.floor(at / k)) && real(left + (at % k)));
      const sum = terms.map(([value, weight]) => `${show(value)}·${show(weight)}`).join(" + ") || "0";
      return {
        stage: [
          table(say("撑开的输入：虚线是补的零", "stretched input: dashed are zeros put in"), wide, { marks: (a, b) => `${real(a) && real(b) ? "" : "d2-zero "}${here(a, b) ? "d2-window" : ""}` }),
          table(say("转半圈的核", "kernel, turned by half"), turned, {}),
          table(say("输出（方向键移动）", "output (move with the arrow keys)"), slid, { at: [r, c], pick: (a, b) => this.set("at", [a, b]), key: "slid" }),
        ],
        words: size + say(`第 ${r + 1} 行第 ${c + 1} 列：窗口里有 ${terms.length} 个真的输入，${sum} = ${show(slid[r][c], 4)}`,
          `Row ${r + 1}, column ${c + 1}: the window holds ${terms.length} real inputs, ${sum} = ${show(slid[r][c], 4)}`),
      };
    }
  }
  D2.register("d2-transposed", Transposed);
})();
