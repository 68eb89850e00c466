// A pipeline of stages and micro-batches: who works when, how much idles, and how many activations each stage holds.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, bars, show, span, Explorer, pipeline: { counted } } = D2;
  const NAMES = [["gpipe", "GPipe"], ["1f1b", "1F1B"]];
  const [W, LEFT, TOP, ROW] = [560, 72, 8, 34];
  const FULL = 100;  // percent of a stage's color

  class Pipeline extends Explorer {
    label = say("流水线：段与微批量", "A pipeline: stages and micro-batches");
    start() { return { schedule: "gpipe", stages: 3, batches: 4, tick: 5 }; }
    get result() {
      const { schedule, stages, batches } = this.state;
      return counted(schedule, stages, batches);
    }
    controls() {
      return [
        this.choice("schedule", say("次序", "schedule"), NAMES),
        this.slider("stages", say("段（设备）", "stages (devices)"), 1, 6), this.slider("batches", say("微批量", "micro-batches"), 1, 12),
        this.slider("tick", say("时钟拍", "tick"), 1, this.result.ticks.length),
        make("div", { class: "d2-buttons" }, this.button(say("上一拍", "back"), () => this.go(-1), "back"), this.button(say("下一拍", "next tick"), () => this.go(1), "next")),
      ];
    }
    changed(key, value) {
      this.state[key] = value;
      const { length } = this.result.ticks;
      this.state.tick = Math.min(this.state.tick, length);
      this.shown(length);
      this.update();
    }
    go(by) {
      const { length } = this.result.ticks;
      this.state.tick = ((this.state.tick - 1 + by + length) % length) + 1;
      this.shown(length);
      this.update();
    }
    shown(length) {  // in place: a new slider would break off a drag
      const input = this.querySelector('[data-key="tick"]');
      Object.assign(input, { max: length, value: this.state.tick });
      input.closest("label").querySelector("output").textContent = show(this.state.tick);
    }

    picture({ ticks }) {
      const { stages, tick } = this.state;
      const width = (W - LEFT - 6) / ticks.length;
      const height = TOP + stages * ROW + 24;
      const cells = ticks.flatMap((row, t) => row.map((task, stage) => {
        const [x, y] = [LEFT + t * width, TOP + stage * ROW];
        const hue = task?.[0] === "F" ? "--d2-blue" : "--d2-orange";
        const kind = `d2-task${task ? "" : " d2-idle"}${t + 1 === tick ? " d2-here" : ""}`;
        const share = task ? (t < tick ? 55 : 22) : 0;
        const box = draw("rect", { class: kind, x: x + 1, y: y + 2, width: width - 2, height: ROW - 4, rx: 3, style: task ? `fill:color-mix(in srgb, var(${hue}) ${share}%, var(--d2-paper))` : undefined });
        const words = task && width >= 15 ? (width >= 26 ? `${task[0]}${task[1]}` : `${task[1]}`) : "";
        return draw("g", {}, box, draw("text", { class: "d2-count", x: x + width / 2, y: y + ROW / 2 + 4, "text-anchor": "middle" }, words));
      }));
      const names = span(stages).map((stage) => draw("text", { x: LEFT - 8, y: TOP + stage * ROW + ROW / 2 + 4, "text-anchor": "end" }, say(`段 ${stage}`, `stage ${stage}`)));
      const foot = draw("text", { x: Math.min(W - 24, Math.max(LEFT + 20, LEFT + (tick - 0.5) * width)), y: height - 6, "text-anchor": "middle" }, say(`第 ${tick} 拍`, `tick ${tick}`));
      const said = say("时间从左到右：F 前向，B 反向，数字是第几个微批量，虚线框是闲着的拍", "Time from left to right: F forward, B backward, and the number of the micro-batch; dashed where a stage idles");
      const legend = make("p", { class: "d2-legend" }, ...[["--d2-blue", say("前向", "forward")], ["--d2-orange", say("反向", "backward")]].map(([hue, name]) => make("span", {}, make("i", { class: "d2-dot", style: `--hue:var(${hue})` }), name)));
      return make("figure", { class: "d2-wide" }, make("figcaption", {}, said), legend, draw("svg", { viewBox: `0 0 ${W} ${height}`, role: "img", "aria-label": said, class: "d2-pipeline" }, ...cells, ...names, foot));
    }
    render() {
      const found = this.result;
      const { ticks, held, idle, share, most } = found;
      const { stages, batches, tick, schedule } = this.state;
      const now = held[tick - 1];
      const name = NAMES.find(([key]) => key === schedule)[1];
      return {
        stage: [
          this.picture(found),
          bars(say(`第 ${tick} 拍之后留着的激活（微批量数；括号里是最多时）`, `Activations held after tick ${tick}, in micro-batches (in brackets: at most)`),
            now.map((count, stage) => ({ name: say(`段 ${stage}`, `stage ${stage}`), share: count / batches, words: `${count} (${most[stage]})` }))),
          bars(say("所有的拍", "All ticks"), [{ name: say("在算", "working"), share: 1 - share, words: `${show(FULL * (1 - share))}%` }, { name: say("气泡", "bubble"), share, words: `${show(FULL * share)}%` }]),
        ],
        words: say(
          `${name}：${ticks.length} 拍 × ${stages} 段，闲着 ${idle} 个，气泡 ${idle} / ${ticks.length * stages} = (${stages} − 1) / (${batches} + ${stages} − 1) = ${show(share)}。段 0 最多留着 ${most[0]} 个微批量的激活，最后一段 ${most.at(-1)} 个。`,
          `${name}: ${ticks.length} ticks × ${stages} ${stages === 1 ? "stage" : "stages"}, of which ${idle} idle. The bubble is ${idle} / ${ticks.length * stages} = (${stages} − 1) / (${batches} + ${stages} − 1) = ${show(share)}. Stage 0 holds the activations of at most ${most[0]} micro-batches, the last one of ${most.at(-1)}.`),
      };
    }
  }
  D2.register("d2-pipeline", Pipeline);
})();
