// Batch normalization of one feature: the batch's own moments in training, the running ones in the test.
(() => {
  "use strict";
  const { say, chart, span, Explorer, batchNorm, show } = window.D2;
  const D2 = window.D2;

  class BatchNorm extends Explorer {
    label = say("批量归一化：训练与测试", "Batch normalization: training against test");
    start() { return { mean: 3, deviation: 2, size: 8, momentum: 0.1, steps: 20, seed: 1 }; }
    get data() {
      const draw = D2.random(this.state.seed);
      const { mean, deviation, size, steps } = this.state;
      return { batches: span(steps).map(() => span(size).map(() => mean + deviation * draw.normal())) };
    }
    get result() { return batchNorm(this.data.batches, this.state.momentum); }
    controls() {
      return [
        this.slider("mean", say("数据的均值", "mean of the data"), -5, 5, 0.5),
        this.slider("deviation", say("数据的标准差", "deviation of the data"), 0.5, 5, 0.5),
        this.slider("size", say("批量大小", "batch size"), 2, 64),
        this.slider("momentum", say("动量", "momentum"), 0.01, 1, 0.01),
        this.slider("steps", say("训练步数", "training steps"), 1, 100),
        this.button(say("换一组数据", "other data"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    render() {
      const { steps, training, testing } = this.result;
      const { mean, deviation, size } = this.state;
      const at = span(steps.length).map((i) => i + 1);
      const constant = (v) => at.map(() => v);
      const examples = span(size).map((i) => i + 1);
      const off = Math.max(...training.map((v, i) => Math.abs(v - testing[i])));
      return {
        stage: [
          chart(say("均值：每批的、滑动的、真实的", "Mean: of each batch, running, true"), [
            { name: say("每批", "of the batch"), x: at, y: steps.map((s) => s.own.mean), dots: true, size: 2.5 },
            { name: say("滑动", "running"), x: at, y: steps.map((s) => s.running.mean) },
            { name: say("真实", "true"), x: at, y: constant(mean), dashed: true, hue: "--d2-muted" },
          ], { x: [1, Math.max(2, steps.length)], y: [Math.min(0, mean) - 2 * deviation, Math.max(0, mean) + 2 * deviation], xName: say("步", "step") }),
          chart(say("最后一批的输出", "Outputs for the last batch"), [
            { name: say("训练：用这一批的统计量", "training: moments of the batch"), x: examples, y: training, dots: true },
            { name: say("测试：用滑动的统计量", "test: running moments"), x: examples, y: testing, dots: true, hollow: true, size: 5 },
          ], { x: [0, size + 1], y: [-4, 4], xName: say("样本", "example") }),
        ],
        words: say(`滑动均值 ${show(steps.at(-1).running.mean)}（真实 ${show(mean)}），滑动方差 ${show(steps.at(-1).running.variance)}（真实 ${show(deviation ** 2)}）。同一个样本，训练与测试最多差 ${show(off)}。`,
          `Running mean ${show(steps.at(-1).running.mean)} (true ${show(mean)}), running variance ${show(steps.at(-1).running.variance)} (true ${show(deviation ** 2)}). The same example differs by up to ${show(off)} between training and test.`),
      };
    }
  }
  D2.register("d2-batch-norm", BatchNorm);
})();
