// Softmax: temperature, shifts, and where single precision overflows.
(() => {
  "use strict";
  const { say, bars, span, Explorer, softmax, naiveSoftmax, show } = window.D2;

  class Softmax extends Explorer {
    label = say("softmax、温度与溢出", "Softmax, temperature and overflow");
    start() { return { z0: 2, z1: 1, z2: 0, z3: -1, temperature: 1, shift: 0 }; }
    get data() {
      const s = this.state;
      return { logits: [s.z0, s.z1, s.z2, s.z3].map((z) => z + s.shift) };
    }
    get result() {
      const { logits } = this.data;
      const { temperature } = this.state;
      const stable = softmax(logits, temperature);
      return { stable, naive: naiveSoftmax(logits, temperature), entropy: -stable.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0) };
    }
    controls() {
      return [
        ...span(4).map((i) => this.slider(`z${i}`, say(`得分 ${i + 1}`, `score ${i + 1}`), -10, 10, 0.1)),
        this.slider("temperature", say("温度", "temperature"), 0.05, 10, 0.05),
        this.slider("shift", say("给所有得分加上", "added to all scores"), -200, 200),
      ];
    }
    render() {
      const { logits } = this.data;
      const { stable, naive, entropy } = this.result;
      const row = (shares, more) => logits.map((z, i) => ({ name: show(z), share: shares[i], words: more(i), bad: !Number.isFinite(shares[i]) }));
      const broken = naive.shares.some((v) => !Number.isFinite(v));
      return {
        stage: [
          bars(say("先减去最大值（稳定）", "Largest score taken out first (steady)"), row(stable, (i) => show(stable[i], 4))),
          bars(say("直接取指数，单精度", "exp as it stands, single precision"), row(naive.shares, (i) => `exp = ${show(naive.exponentials[i])}  ${show(naive.shares[i], 4)}`)),
        ],
        words: say(`熵 ${show(entropy)} 奈特。${broken ? "直接算的已经坏了：指数溢出，或者全都变成 0。" : "两种算法一致。"}`,
          `Entropy ${show(entropy)} nats. ${broken ? "The direct way is broken: exp overflowed, or all became 0." : "Both ways agree."}`),
      };
    }
  }
  window.D2.register("d2-softmax", Softmax);
})();
