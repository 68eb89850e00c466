// Activations, and what becomes of signals and gradients through depth: alone, and beside a residual network.
(() => {
  "use strict";
  const { say, chart, span, Explorer, ACTIVATIONS, through, squareWeights, show } = window.D2;
  const D2 = window.D2;
  const WIDTH = 32;
  const NAMES = [["relu", "ReLU"], ["leaky_relu", "leaky ReLU"], ["sigmoid", "sigmoid"], ["tanh", "tanh"], ["gelu", "GELU"], ["silu", "SiLU"], ["identity", say("恒等", "identity")]];
  const input = (seed) => {
    const draw = D2.random(seed + 7919);
    return span(WIDTH).map(() => draw.normal());
  };
  const frame = (values) => {
    const finite = values.filter((v) => Number.isFinite(v) && v > 0).map(Math.log10);
    const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
    return [10 ** Math.floor(low - 0.2), 10 ** Math.ceil(high + 0.2)];
  };

  class Activations extends Explorer {
    label = say("激活函数与深度", "Activations and depth");
    start() { return { name: "sigmoid", x: 1, depth: 20, gain: 1, seed: 1 }; }
    get data() {
      const { depth, gain, seed } = this.state;
      return { weights: squareWeights(seed, depth, WIDTH, gain / Math.sqrt(WIDTH)), input: input(seed) };
    }
    get result() {
      const f = ACTIVATIONS[this.state.name];
      return { value: f.value(this.state.x), derivative: f.derivative(this.state.x), ...through(this.data.weights, this.data.input, this.state.name) };
    }
    controls() {
      return [
        this.choice("name", say("激活函数", "activation"), NAMES),
        this.slider("x", "x", -6, 6, 0.1),
        this.slider("depth", say("层数", "layers"), 1, 50),
        this.slider("gain", say("初始化：标准差 × √宽度", "initialization: deviation × √width"), 0.2, 3, 0.01),
        this.button(say("换一组权重", "other weights"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    render() {
      const { name, x, depth } = this.state;
      const f = ACTIVATIONS[name];
      const xs = span(241).map((i) => -6 + i * 0.05);
      const { value, derivative, signals, gradients } = this.result;
      const layers = span(depth + 1);
      return {
        stage: [
          chart(say("函数与导数", "The function and its derivative"), [
            { name: say("函数", "value"), x: xs, y: xs.map(f.value) }, { name: say("导数", "derivative"), x: xs, y: xs.map(f.derivative), dashed: true },
            { x: [x, x], y: [value, derivative], dots: true, hue: "--d2-ink" },
          ], { x: [-6, 6], y: [-1.5, 2.5], xName: "x" }),
          chart(say("穿过各层：信号与梯度的大小", "Through the layers: size of signal and gradient"), [
            { name: say("信号（向前）", "signal (forward)"), x: layers, y: signals }, { name: say("梯度（向后）", "gradient (backward)"), x: layers, y: gradients, dashed: true },
          ], { x: [0, depth], y: frame([...signals, ...gradients]), xName: say("层", "layer"), log: true }),
        ],
        words: say(`x = ${show(x)}：函数 ${show(value)}，导数 ${show(derivative)}。${depth} 层之后信号 ${show(signals.at(-1))}；回到输入的梯度 ${show(gradients[0])}。`,
          `At x = ${show(x)}: value ${show(value)}, derivative ${show(derivative)}. Behind ${depth} layers the signal is ${show(signals.at(-1))}; the gradient that reaches the input is ${show(gradients[0])}.`),
      };
    }
  }

  class Depth extends Explorer {
    label = say("残差与普通，越来越深", "Residual against plain, deeper and deeper");
    start() { return { name: "relu", depth: 30, gain: 1, scale: 0.2, seed: 1 }; }
    get data() {
      const { depth, gain, seed } = this.state;
      return { weights: squareWeights(seed, depth, WIDTH, gain / Math.sqrt(WIDTH)), input: input(seed) };
    }
    get result() {
      const { weights, input: x } = this.data;
      const { name, scale } = this.state;
      return { plain: through(weights, x, name), residual: through(weights, x, name, { residual: true, scale }) };
    }
    controls() {
      return [
        this.choice("name", say("激活函数", "activation"), NAMES),
        this.slider("depth", say("层数", "layers"), 1, 60),
        this.slider("gain", say("初始化：标准差 × √宽度", "initialization: deviation × √width"), 0.2, 3, 0.01),
        this.slider("scale", say("支路的系数", "factor of the branch"), 0, 1, 0.01),
        this.button(say("换一组权重", "other weights"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    render() {
      const { plain, residual } = this.result;
      const { depth } = this.state;
      const layers = span(depth + 1);
      const two = (title, key) => chart(title, [
        { name: say("普通 f(Wx)", "plain f(Wx)"), x: layers, y: plain[key] },
        { name: say("残差 x + 系数·f(Wx)", "residual x + factor·f(Wx)"), x: layers, y: residual[key] },
      ], { x: [0, depth], y: frame([...plain[key], ...residual[key]]), xName: say("层", "layer"), log: true });
      return {
        stage: [two(say("梯度的大小（向后）", "Size of the gradient (backward)"), "gradients"), two(say("信号的大小（向前）", "Size of the signal (forward)"), "signals")],
        words: say(`${depth} 层，到达输入的梯度：普通 ${show(plain.gradients[0])}，残差 ${show(residual.gradients[0])}。`,
          `${depth} layers; gradient at the input: plain ${show(plain.gradients[0])}, residual ${show(residual.gradients[0])}.`),
      };
    }
  }
  D2.register("d2-activations", Activations);
  D2.register("d2-depth", Depth);
})();
