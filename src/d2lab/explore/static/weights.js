// Two densities that are moved apart, examples of the first, and their importance weights as dots.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, bars, random, Explorer, weights: { density, share, weighed } } = D2;
  const LIMITS = [1, 2, 3, 5, 10, 20, 50, 100, Infinity];
  const [W, H, L, R, T, FOOT, STRIP] = [460, 330, 14, 14, 14, 205, 265];
  const [X0, X1] = [-4, 8];
  const LARGEST = 26;  // the radius of a dot that has all of the weight
  const HUES = ["--d2-blue", "--d2-orange"];

  class Weights extends Explorer {
    label = say("重要性权重", "Importance weights");
    start() { return { gap: 1, width: 1, size: 3, limit: LIMITS.length - 1, seed: 1 }; }
    get examples() {
      const { normal } = random(this.state.seed);
      return span(10 * 2 ** this.state.size).map(normal);
    }
    get result() {
      const { gap, width, limit } = this.state;
      const xs = this.examples;
      const long = share(gap, width);
      return { xs, long, ideal: Math.max(1, long * xs.length), limit: LIMITS[limit], ...weighed(xs, gap, width, LIMITS[limit]) };
    }
    controls() {
      const again = () => { this.state.seed += 1; this.update(); };
      return [this.slider("gap", say("均值之差（p 的标准差）", "means apart (deviations of p)"), 0, 5, 0.25), this.slider("width", say("q 的标准差", "deviation of q"), 0.5, 1.5, 0.125),
        this.slider("size", say("样本数", "examples"), 0, 5, 1, (v) => String(10 * 2 ** v)),
        this.slider("limit", say("截断在", "clipped at"), 0, LIMITS.length - 1, 1, (v) => (LIMITS[v] === Infinity ? say("不截断", "no limit") : String(LIMITS[v]))),
        make("div", { class: "d2-buttons" }, this.button(say("重新抽样", "draw again"), again, "again"),
          this.button(say("复原", "reset"), () => { this.state = this.start(); this.rebuild(); }, "reset"))];
    }
    get scale() {
      const top = 0.42 * Math.max(1, 1 / this.state.width);
      return { x: (v) => L + ((v - X0) / (X1 - X0)) * (W - L - R), y: (v) => FOOT - (v / top) * (FOOT - T), r: (part) => LARGEST * Math.sqrt(part) };
    }
    plot(all) {
      const { gap, width } = this.state;
      const { x, y, r } = this.scale;
      const places = span(121).map((k) => X0 + ((X1 - X0) * k) / 120);
      const curve = (middle, wide, hue) => draw("polyline", { points: places.map((v) => `${x(v).toFixed(1)},${y(density(v, middle, wide)).toFixed(1)}`).join(" "), fill: "none", stroke: `var(${hue})`, "stroke-width": 2 });
      const feet = span((X1 - X0) / 2 + 1).map((k) => X0 + 2 * k);
      const dots = all.xs.map((v, k) => draw("circle", { class: "d2-weight-dot", cx: x(v), cy: STRIP, r: r(all.weights[k] / all.total) }));
      const ticks = all.xs.map((v) => draw("line", { class: "d2-edge", x1: x(v), x2: x(v), y1: FOOT, y2: FOOT + 7 }));
      const name = `${say("两个密度与权重", "two densities and the weights")}: ${show(all.effective)} / ${all.xs.length}`;
      return make("figure", { class: "d2-chart" }, make("figcaption", {}, say("样本从 p 抽取；圆点的面积是权重", "Examples are drawn from p; dots have the area of their weights")),
        make("p", { class: "d2-legend" }, make("span", {}, make("i", { style: `--hue:var(${HUES[0]})` }), say("p（训练）", "p (training)")), make("span", {}, make("i", { style: `--hue:var(${HUES[1]})` }), say("q（使用）", "q (in use)")),
          make("span", {}, make("i", { class: "d2-dot", style: `--hue:var(${HUES[1]})` }), say("权重", "weight"))),
        draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": name },
          draw("line", { class: "d2-gridline", x1: L, x2: W - R, y1: FOOT, y2: FOOT }), curve(0, 1, HUES[0]), curve(gap, width, HUES[1]), ...ticks, ...dots,
          ...feet.map((v) => draw("text", { x: x(v), y: H - 18, "text-anchor": "middle" }, show(v))), draw("text", { x: W / 2, y: H - 3, "text-anchor": "middle" }, "x")));
    }
    render() {
      const all = this.result;
      const n = all.xs.length;
      const { gap } = this.state;
      const few = all.effective < 10;
      const rows = [
        { name: say("不截断", "no limit"), share: all.unclipped / n, words: show(all.unclipped) },
        { name: say("这样截断", "as clipped"), share: all.effective / n, words: show(all.effective), bad: few },
        { name: say("公式（长远）", "in the long run"), share: all.ideal / n, words: show(all.ideal) },
        { name: say("留下的权重", "weight kept"), share: all.kept, words: `${show(100 * all.kept)}%` },
        { name: say("最大的一份", "largest share"), share: all.largest, words: `${show(100 * all.largest)}%` },
      ];
      const off = show(all.mean - gap, 2);
      const limit = all.limit === Infinity ? say("没有截断。", "Nothing is clipped. ") : say(`${all.clipped} 个权重被截断。`, `${all.clipped} weights are clipped. `);
      return {
        stage: [this.plot(all), bars(say("有效样本数，和权重落在哪里", "Effective sample size, and where the weight is"), rows)],
        words: say(`${n} 个样本，有效 ${show(all.effective)} 个；最大的一个占全部权重的 ${show(100 * all.largest)}%。${limit}加权的平均 x 是 ${show(all.mean)}，q 的均值是 ${show(gap)}，差 ${off}。${few ? "有效样本这么少，什么也估不准。" : ""}`,
          `${n} examples, ${show(all.effective)} effective; the largest has ${show(100 * all.largest)}% of all weight. ${limit}The weighted mean of x is ${show(all.mean)}, that of q is ${show(gap)}: off by ${off}. ${few ? "With so few effective examples no estimate is any good." : ""}`),
      };
    }
  }
  D2.register("d2-weights", Weights);
})();
