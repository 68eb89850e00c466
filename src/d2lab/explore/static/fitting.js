// Under- and overfitting: a polynomial, its data, weight decay and dropout.
(() => {
  "use strict";
  const { say, chart, span, Explorer, fit, evaluate, rootMeanSquare, show } = window.D2;
  const D2 = window.D2;
  const truth = (x) => 0.4 + 1.2 * x - 1.8 * x ** 2 + 1.1 * x ** 3;

  class Fitting extends Explorer {
    label = say("欠拟合与过拟合", "Under- and overfitting");
    start() { return { degree: 3, points: 12, noise: 0.25, decay: -6, dropout: 0, seed: 1 }; }
    get data() {
      const draw = D2.random(this.state.seed);
      const some = (n) => {
        const x = span(n).map(() => 2 * draw.even() - 1);
        return { x, y: x.map((v) => truth(v) + this.state.noise * draw.normal()) };
      };
      return { training: some(this.state.points), test: some(200) };
    }
    get result() {
      const { training, test } = this.data;
      const { degree, decay, dropout } = this.state;
      const weights = fit(training.x, training.y, degree, decay <= -6 ? 0 : 10 ** decay, dropout);
      return { weights, training: rootMeanSquare(weights, training.x, training.y), test: rootMeanSquare(weights, test.x, test.y) };
    }
    controls() {
      return [
        this.slider("degree", say("次数", "degree"), 0, 15),
        this.slider("points", say("训练点数", "training points"), 4, 60),
        this.slider("noise", say("噪声", "noise"), 0, 1, 0.05),
        this.slider("decay", say("权重衰减", "weight decay"), -6, 1, 0.25, (v) => (v <= -6 ? say("无", "none") : show(10 ** v, 2))),
        this.slider("dropout", "dropout", 0, 0.9, 0.05),
        this.button(say("换一组数据", "other data"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    render() {
      const { training } = this.data;
      const { weights, training: seen, test } = this.result;
      const xs = span(201).map((i) => -1 + i * 0.01);
      const degrees = span(16);
      const { decay, dropout } = this.state;
      const curves = degrees.map((d) => fit(this.data.training.x, this.data.training.y, d, decay <= -6 ? 0 : 10 ** decay, dropout));
      const errors = (set) => curves.map((w) => Math.max(1e-4, rootMeanSquare(w, set.x, set.y)));
      return {
        stage: [
          chart(say("数据与拟合", "Data and fit"), [
            { name: say("真实曲线", "truth"), x: xs, y: xs.map(truth), dashed: true, hue: "--d2-muted" },
            { name: say("拟合", "fit"), x: xs, y: xs.map((x) => evaluate(weights, x)) },
            { name: say("训练点", "training points"), x: training.x, y: training.y, dots: true },
          ], { x: [-1, 1], y: [-5, 2], xName: "x" }),
          chart(say("误差随次数的变化", "Error by degree"), [
            { name: say("训练", "training"), x: degrees, y: errors(training) }, { name: say("测试", "test"), x: degrees, y: errors(this.data.test) },
            { x: [this.state.degree, this.state.degree], y: [seen, test].map((v) => Math.max(1e-4, v)), dots: true, hue: "--d2-ink" },
          ], { x: [0, 15], y: [0.01, 10], xName: say("次数", "degree"), log: true }),
        ],
        words: say(`均方根误差：训练 ${show(seen)}，测试 ${show(test)}。`, `Root mean square error: training ${show(seen)}, test ${show(test)}.`),
      };
    }
  }
  D2.register("d2-fitting", Fitting);
})();
