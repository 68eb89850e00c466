// A grid of multipliers, clock by clock: numbers wait at the left in a skew, sums fall out at the bottom; what is used.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, chart, bars, Explorer, systolic: { clocks, busy, cycles, use } } = D2;
  const [CELL, EDGE, SEEN] = [58, 20, 6];  // units of the drawing: a cell, a number that waits; places for those
  const CHIP = 128;
  const MOST = { m: 8, k: 4, n: 4 };

  class Systolic extends Explorer {
    label = say("脉动阵列", "Systolic array");
    start() { return { m: 3, k: 3, n: 3, clock: 3, batch: 0, layer: 128 }; }
    get length() { const { m, k, n } = this.state; return m + k + n - 2; }
    // Small numbers in a row, so that every product can be checked by hand.
    get data() {
      const { m, k, n } = this.state;
      return { a: span(m).map((i) => span(k).map((j) => ((i * k + j) % 9) + 1)), b: span(k).map((i) => span(n).map((j) => ((i * n + 2 * j + 4) % 9) + 1)) };
    }
    get result() {
      const { a, b } = this.data;
      const { m, k, n, batch, layer } = this.state;
      return { clocks: clocks(a, b), busy: busy(m, k, n), use: m / this.length, cycles: cycles(2 ** batch, layer, layer, CHIP), chip: use(2 ** batch, layer, layer, CHIP) };
    }
    changed(key, value) {
      this.state[key] = value;
      this.state.clock = Math.min(this.state.clock, this.length);
      const input = this.querySelector('[data-key="clock"]');
      Object.assign(input, { max: this.length, value: this.state.clock });  // in place: a new one would break off a drag
      input.closest("label").querySelector("output").textContent = show(this.state.clock);
      this.update();
    }
    controls() {
      const go = (by) => () => this.changed("clock", ((this.state.clock - 1 + by + this.length) % this.length) + 1);
      return [this.slider("clock", say("周期", "clock"), 1, this.length), this.slider("m", say("流过的行数（批量）", "rows that stream (batch)"), 1, MOST.m),
        this.slider("k", say("格子的行数", "rows of cells"), 1, MOST.k), this.slider("n", say("格子的列数", "columns of cells"), 1, MOST.n),
        make("div", { class: "d2-buttons" }, this.button(say("上一周期", "back"), go(-1), "back"), this.button(say("下一周期", "next clock"), go(1), "next"),
          this.button(say("复原", "reset"), () => { this.state = this.start(); this.rebuild(); }, "again")),
        this.slider("batch", say(`${CHIP} × ${CHIP} 的芯片：行数`, `chip of ${CHIP} × ${CHIP}: rows`), 0, 12, 1, (v) => String(2 ** v)),
        this.slider("layer", say("权重的边长", "side of the weights"), 16, 512, 1)];
    }
    // Which numbers of A have not entered yet: row i of the cells gets A[t - i][i] at clock t, from 0.
    waiting(left) {
      const { m, k, clock } = this.state;
      const { a } = this.data;
      return span(k).flatMap((i) => span(m).filter((row) => row + i >= clock && row + i - clock < SEEN).map((row) => draw("text", { class: "d2-waits",
        x: left - 6 - EDGE * (row + i - clock + 0.5), y: (i + 0.5) * CELL + 4, "text-anchor": "middle" }, row + i - clock === SEEN - 1 && row < m - 1 ? "…" : String(a[row][i]))));
    }
    cells(left, { inputs, sums, rows }) {
      const { b } = this.data;
      return span(this.state.k).flatMap((i) => span(this.state.n).map((j) => {
        const works = rows[i][j] >= 0;
        const [x, y] = [left + j * CELL, i * CELL];
        const before = sums[i][j] - inputs[i][j] * b[i][j];
        const product = `${inputs[i][j]}·${b[i][j]}`;
        return draw("g", { class: works ? "d2-mac d2-works" : "d2-mac" }, draw("rect", { x: x + 2, y: y + 2, width: CELL - 4, height: CELL - 4, rx: 5 }),
          ...(works ? [draw("text", { x: x + CELL / 2, y: y + 25, "text-anchor": "middle" }, i ? `${before}+${product}` : product),
            draw("text", { class: "d2-total", x: x + CELL / 2, y: y + 45, "text-anchor": "middle" }, String(sums[i][j]))]
            : [draw("text", { class: "d2-idle", x: x + CELL / 2, y: y + 34, "text-anchor": "middle" }, `·${b[i][j]}`)]));
      }));
    }
    array(now) {
      const { m, k, n } = this.state;
      const left = 10 + EDGE * Math.min(SEEN, m + k - 2);
      const out = now.rows[k - 1].map((row, j) => row >= 0 && draw("text", { class: "d2-leaves", x: left + (j + 0.5) * CELL, y: k * CELL + 20, "text-anchor": "middle" }, `↓ ${now.sums[k - 1][j]}`));
      const width = left + n * CELL + 4;
      const words = say(`第 ${now.number} 周期，${k} × ${n} 格`, `Clock ${now.number}, ${k} × ${n} cells`);
      return make("figure", { class: "d2-wide d2-array" }, make("figcaption", {}, say("左边是等着进来的数，格里是这个周期算的，下面出来的是结果", "Numbers wait at the left, cells show this clock's sum, results leave below")),
        draw("svg", { viewBox: `0 0 ${width} ${k * CELL + 30}`, role: "img", "aria-label": words, style: `max-width:${width * 1.15}px` },
          ...this.waiting(left), ...this.cells(left, now), ...out.filter(Boolean)));
    }
    render() {
      this.state.clock = Math.min(this.state.clock, this.length);
      const all = this.result;
      const { m, k, n, clock, batch, layer } = this.state;
      const now = all.clocks[clock - 1];
      const so = all.busy.slice(0, clock).reduce((sum, one) => sum + one, 0);
      const here = all.busy[clock - 1];
      const percent = (v) => `${show(100 * v)}%`;
      const tiles = Math.ceil(layer / CHIP) ** 2;
      const many = (count, one, more) => `${count} ${count > 1 ? more : one}`;
      const numbers = span(this.length).map((t) => t + 1);
      return {
        stage: [this.array(now),
          chart(say("每个周期在干活的格数", "Cells that work at each clock"), [{ x: numbers, y: all.busy, hue: "--d2-blue" }, { x: [clock], y: [here], dots: true, size: 6, hue: "--d2-orange" }],
            { x: [0.5, this.length + 0.5], y: [0, 1.06 * k * n], xName: say("周期", "clock"), yName: say("格数", "cells") }),
          bars(say("利用率", "Use"), [{ name: say("这个周期", "this clock"), share: here / (k * n), words: percent(here / (k * n)) },
            { name: say("到此为止", "so far"), share: so / (clock * k * n), words: percent(so / (clock * k * n)) }, { name: say("全程", "in all"), share: all.use, words: percent(all.use) },
            { name: say(`${CHIP} × ${CHIP} 芯片`, `chip, ${CHIP} × ${CHIP}`), share: all.chip, words: percent(all.chip) }])],
        words: say(`${m} 行流过 ${k} × ${n} 格，${m} + ${k} + ${n} − 2 = ${this.length} 个周期，利用率 ${m}/${this.length} = ${percent(all.use)}。第 ${clock} 周期有 ${here} 格在干活。芯片：${2 ** batch} 行流过 ${layer} × ${layer} 的权重，${tiles} 块，${all.cycles} 个周期，利用率 ${percent(all.chip)}。`,
          `${many(m, "row streams", "rows stream")} through ${k} × ${n} cells in ${m} + ${k} + ${n} − 2 = ${this.length} clocks, a use of ${m}/${this.length} = ${percent(all.use)}. At clock ${clock}, ${many(here, "cell works", "cells work")}. The chip: ${many(2 ** batch, "row", "rows")}, weights of ${layer} × ${layer} in ${tiles} ${tiles > 1 ? "tiles" : "tile"}, ${all.cycles} clocks, a use of ${percent(all.chip)}.`),
      };
    }
  }
  D2.register("d2-systolic", Systolic);
})();
