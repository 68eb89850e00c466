// The roofline: an operation of chosen shape and type as a point under the roof of a machine, and the limit that binds it.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, bars, Explorer, roofline: { cost, bounds, roof, ridge } } = D2;
  // A small processor in round numbers (an example, not measured); an H100 SXM as its maker states it, without sparsity.
  const MACHINES = {
    processor: { rates: { float64: 25e9, float32: 50e9, bfloat16: 50e9 }, bandwidth: 10e9, overhead: 5e-6 },
    gpu: { rates: { float64: 34e12, float32: 67e12, bfloat16: 989e12 }, bandwidth: 3.35e12, overhead: 5e-6 },
  };
  const NAMES = [["processor", say("小处理器（示例）", "small processor")], ["gpu", say("H100（标称）", "H100, as stated")]];
  const KINDS = [["product", say("矩阵乘法", "matrix product")], ["add", say("相加", "addition")], ["sum", say("每行求和", "row sums")]];
  const TYPES = ["float64", "float32", "bfloat16"].map((name) => [name, name]);
  const LIMITS = { compute: [say("算力", "compute"), "--d2-orange"], bandwidth: [say("带宽", "bandwidth"), "--d2-blue"], overhead: [say("调用开销", "overhead"), "--d2-violet"] };
  const MOST = 13;  // a side of 8,192
  const [W, H, L, R, T, B] = [460, 320, 58, 26, 12, 46];
  const [X0, X1, DECADES] = [-2, 4, 10];
  const unit = (value, names, base = 1000) => {
    const at = Math.max(0, Math.min(names.length - 1, Math.floor(Math.log(value) / Math.log(base) + 1e-9)));
    return `${show(value / base ** at)} ${names[at]}`;
  };
  const rate = (value) => unit(value, ["FLOP/s", "kFLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s"]);
  const count = (value) => (value < 1e5 ? `${show(value, 5)} ` : value < 1e9 ? say(`${show(value / 1e4)} 万`, `${show(value / 1e6)} million `) : say(`${show(value / 1e8)} 亿`, `${show(value / 1e9)} billion `));
  const size = (value) => unit(value, ["B", "kB", "MB", "GB", "TB"]);
  const time = (value) => (value < 1e-6 ? `${show(value * 1e9)} ns` : value < 1e-3 ? `${show(value * 1e6)} µs` : value < 1 ? `${show(value * 1e3)} ms` : `${show(value)} s`);

  class Roofline extends Explorer {
    label = say("屋顶线", "The roofline");
    start() { return { machine: "processor", kind: "product", type: "float32", m: 6, k: 6, n: 6 }; }
    get sides() { return ["m", "k", "n"].map((key) => 2 ** this.state[key]); }
    get data() { return { machine: MACHINES[this.state.machine], sides: this.sides }; }
    get result() {
      const { machine, kind, type } = this.state;
      const one = cost(kind, this.sides, type);
      return { ...one, ...bounds(one, MACHINES[machine], type), ridge: ridge(MACHINES[machine], type) };
    }
    changed(key, value) {
      this.state[key] = value;
      const input = this.querySelector('[data-key="k"]');
      input.disabled = this.state.kind !== "product";  // a sum has no k
      this.update();
    }
    controls() {
      const side = (key) => this.slider(key, key, 0, MOST, 1, (v) => String(2 ** v));
      const together = (by) => () => { for (const key of ["m", "k", "n"]) this.state[key] = Math.max(0, Math.min(MOST, this.state[key] + by)); this.rebuild(); };
      const sliders = ["m", "k", "n"].map(side);
      sliders[1].querySelector("input").disabled = this.state.kind !== "product";
      return [this.choice("machine", say("机器", "machine"), NAMES), this.choice("kind", say("运算", "operation"), KINDS), this.choice("type", say("类型", "type"), TYPES), ...sliders,
        make("div", { class: "d2-buttons" }, this.button(say("边长减半", "halve all sides"), together(-1), "half"), this.button(say("边长加倍", "double all sides"), together(1), "double"),
          this.button(say("复原", "reset"), () => { this.state = this.start(); this.rebuild(); }, "again"))];
    }
    get scale() {
      const top = Math.ceil(Math.log10(Math.max(...Object.values(MACHINES[this.state.machine].rates))) + 0.3);
      const x = (v) => L + ((Math.log10(v) - X0) / (X1 - X0)) * (W - L - R);
      const y = (v) => H - B - (Math.max(0, Math.log10(v) - top + DECADES) / DECADES) * (H - T - B);
      return { x, y, top };
    }
    axes({ x, y, top }) {
      const line = (x1, y1, x2, y2) => draw("line", { class: "d2-gridline", x1, x2, y1, y2 });
      const text = (at, up, anchor, words) => draw("text", { x: at, y: up, "text-anchor": anchor }, words);
      const wide = span(X1 - X0 + 1).map((k) => 10 ** (X0 + k));
      const high = span(DECADES / 2 + 1).map((k) => 10 ** (top - DECADES + 2 * k));
      return [...wide.flatMap((v) => [line(x(v), T, x(v), H - B), text(x(v), H - B + 19, "middle", show(v))]),
        ...high.flatMap((v) => [line(L, y(v), W - R, y(v)), text(L - 6, y(v) + 4, "end", unit(v, ["1", "k", "M", "G", "T", "P"]).replace(/ 1$/, ""))]),
        text((L + W - R) / 2, H - 6, "middle", say("算术强度（FLOP / 字节）", "arithmetic intensity (FLOP / byte)")),
        draw("text", { x: 12, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(T + H - B) / 2})` }, "FLOP/s")];
    }
    // The roof in the colors of its two limits; the same operation at other sizes as rings; the point, and what it can't pass.
    plot(all) {
      const { machine, kind, type } = this.state;
      const box = MACHINES[machine];
      const scale = this.scale;
      const { x, y } = scale;
      const segment = (a, b, hue) => draw("line", { class: "d2-roof", x1: x(a), y1: y(roof(a, box, type)), x2: x(b), y2: y(roof(b, box, type)), style: `--hue:var(${hue})` });
      const dot = (one, r, kindOf, hue) => draw("circle", { class: kindOf, cx: x(one.intensity), cy: y(one.reached), r, style: `--hue:var(${hue})` });
      const others = span(MOST + 1).map((v) => { const one = cost(kind, [2 ** v, 2 ** v, 2 ** v], type); return { ...one, ...bounds(one, box, type) }; });
      const flat = all.flops / box.overhead;
      const name = `${say("屋顶线", "roofline")}: ${show(all.intensity)} FLOP/B, ${rate(all.reached)}`;
      return make("figure", { class: "d2-chart" }, make("figcaption", {}, say("屋顶与这个运算", "The roof and this operation")),
        make("p", { class: "d2-legend" }, ...Object.values(LIMITS).map(([words, hue]) => make("span", {}, make("i", { style: `--hue:var(${hue})` }), words)),
          make("span", {}, make("i", { class: "d2-dot d2-ringed" }), say("边长 1 到 8192 的方阵", "square, side 1 to 8192"))),
        draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": name }, ...this.axes(scale), draw("rect", { class: "d2-frame", x: L, y: T, width: W - L - R, height: H - T - B }),
          segment(10 ** X0, all.ridge, LIMITS.bandwidth[1]), segment(all.ridge, 10 ** X1, LIMITS.compute[1]),
          ...(flat < 10 ** scale.top ? [draw("line", { class: "d2-roof d2-off", x1: L, x2: W - R, y1: y(flat), y2: y(flat), style: `--hue:var(${LIMITS.overhead[1]})` })] : []),
          ...others.map((one) => dot(one, 3, "d2-hollow", "--d2-muted")), dot(all, 6.5, "d2-point", LIMITS[all.regime][1])));
    }
    render() {
      const all = this.result;
      const { machine, kind, type } = this.state;
      const rows = Object.entries(all.seconds).map(([name, seconds]) => ({ name: LIMITS[name][0], share: seconds / all.least, words: time(seconds), bad: name === all.regime }));
      const limit = LIMITS[all.regime][0];
      const [m, k, n] = this.sides;
      const shape = kind === "product" ? `(${m}, ${k}) · (${k}, ${n})` : kind === "add" ? `(${m}, ${n}) + (${m}, ${n})` : `(${m}, ${n})`;
      const peak = show((100 * all.reached) / MACHINES[machine].rates[type], 2);
      return {
        stage: [this.plot(all), bars(say("各需多久；最长的一个说了算（红字）", "Time by each limit; the longest (red) binds"), rows)],
        words: say(`形状 ${shape}：算 ${count(all.flops)}次，搬 ${size(all.bytes)}，每字节 ${show(all.intensity)} 次；拐点在 ${show(all.ridge)}。限制它的是${limit}：至少 ${time(all.least)}，最多 ${rate(all.reached)}，是峰值的 ${peak}%。`,
          `${shape}: ${count(all.flops)}operations on ${size(all.bytes)}: ${show(all.intensity)} for each byte, and the ridge is at ${show(all.ridge)}. The limit is ${limit}: ${time(all.least)} at least, ${rate(all.reached)} at most, ${peak}% of the peak.`),
      };
    }
  }
  D2.register("d2-roofline", Roofline);
})();
