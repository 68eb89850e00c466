// Ring all-reduce, step by step: chunks go round and gather contributions; beside it what a server in the middle takes.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, bars, show, span, Explorer, ring: { sent, ring, middle, around } } = D2;
  const [W, H, MIDDLE, RADIUS, BOX] = [440, 440, [220, 216], [164, 176], 92];  // of the figure; a box is a process
  const PAUSE_MS = 900;
  const MEGA = 1e6;
  const LATENCY = 20e-6;  // seconds a message
  const letter = (chunk) => "ABCDEFGH"[chunk];
  const time = (s) => (s >= 1 ? `${show(s)} s` : s >= 1e-3 ? `${show(s * 1e3)} ms` : `${show(s * 1e6)} µs`);
  const volume = (bytes) => (bytes >= MEGA ? `${show(bytes / MEGA)} MB` : `${show(bytes / 1e3)} kB`);

  class Ring extends Explorer {
    label = say("环形全归约，一步一步", "Ring all-reduce, step by step");
    start() { return { n: 4, size: 2, speed: 1, slow: 1, step: 0, running: false }; }
    disconnectedCallback() { clearInterval(this.clock); }
    get data() {
      const { size, speed } = this.state;
      return { bytes: 10 ** size * MEGA, bandwidth: 10 ** speed * 1e9, latency: LATENCY };
    }
    get result() {
      const { n, step, slow } = this.state;
      const { bytes, latency, bandwidth } = this.data;
      return { held: ring(n, step), last: 2 * (n - 1), sent: step ? sent(n, step - 1) : [],
        ring: around(n, bytes, latency, bandwidth, slow), middle: middle(n, bytes, latency, bandwidth, slow) };
    }
    controls() {
      const { running } = this.state;
      return [
        this.slider("n", say("进程数", "processes"), 2, 8),
        this.slider("size", say("梯度", "gradient"), -3, 3, 0.25, (v) => volume(10 ** v * MEGA)),
        this.slider("speed", say("每条链路", "each link"), -1, 2, 0.25, (v) => `${show(10 ** v)} GB/s`),
        this.slider("slow", say("链路 0 → 1：时间", "link 0 → 1: time"), 1, 10, 0.5, (v) => `×${show(v)}`),
        make("div", { class: "d2-buttons" }, this.button(say("上一步", "back"), () => this.go(-1), "back"), this.button(say("下一步", "next step"), () => this.go(1), "next"),
          this.button(running ? say("停", "stop") : say("播放", "play"), () => this.play(), "play"), this.button(say("从头", "to the start"), () => this.rewind(), "again")),
      ];
    }
    changed(key, value) {
      this.state[key] = value;
      if (key === "n") this.state.step = Math.min(this.state.step, 2 * (value - 1));
      this.update();
    }
    go(by) {
      const count = this.result.last + 1;
      this.set("step", (this.state.step + by + count) % count);
    }
    rewind() {
      this.halt();
      this.set("step", 0);
    }
    halt() {
      clearInterval(this.clock);
      this.state.running = false;
      this.querySelector('[data-key="play"]').textContent = say("播放", "play");
    }
    play() {
      if (this.state.running) return this.set("running", (this.halt(), false));
      this.state.running = true;
      this.querySelector('[data-key="play"]').textContent = say("停", "stop");
      this.go(1);
      this.clock = setInterval(() => { if (this.state.step >= this.result.last) this.halt(); else this.go(1); }, PAUSE_MS);
    }

    get box() { return this.state.n > 6 ? BOX - 4 : BOX; }
    place(r) {
      const angle = (2 * Math.PI * r) / this.state.n - Math.PI / 2;
      return [MIDDLE[0] + RADIUS[0] * Math.cos(angle), MIDDLE[1] + RADIUS[1] * Math.sin(angle)];
    }
    // A process: its chunks side by side, fuller in color the more contributions each holds.
    process(r) {
      const { n } = this.state;
      const { held, sent: last } = this.result;
      const [x, y] = this.place(r);
      const width = this.box / n;
      const [left, top] = [x - this.box / 2, y - 14];
      const cells = held[r].flatMap((whose, c) => {
        const came = last.some(({ to, chunk }) => to === r && chunk === c);
        const share = Math.round((75 * (whose.length - 1)) / (n - 1));
        const full = whose.length === n ? "--d2-green" : "--d2-orange";
        return [draw("rect", { class: came ? "d2-chunk d2-came" : "d2-chunk", "data-count": whose.length, x: left + c * width, y: top, width, height: 28, style: `fill:color-mix(in srgb, var(${full}) ${share}%, var(--d2-paper))` }),
          draw("text", { class: "d2-count", x: left + (c + 0.5) * width, y: top + 19, "text-anchor": "middle" }, String(whose.length))];
      });
      return draw("g", {}, draw("text", { x, y: top - 6, "text-anchor": "middle" }, say(`进程 ${r}`, `process ${r}`)), ...cells,
        draw("rect", { class: "d2-frame", x: left, y: top, width: this.box, height: 28 }),
        ...(n > 6 ? [] : held[r].map((_, c) => draw("text", { class: "d2-letter", x: left + (c + 0.5) * width, y: top + 40, "text-anchor": "middle" }, letter(c)))));
    }
    links() {
      const { n, slow } = this.state;
      const { sent: last } = this.result;
      return span(n).flatMap((r) => {
        const [a, b] = [this.place(r), this.place((r + 1) % n)];
        const inward = n === 2 ? (r ? -18 : 18) : 0;  // two links between the same two boxes lie beside each other
        const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        const leaves = (top, bottom) => Math.min((this.box / 2 + 7) / Math.abs(dx || 1e-9), (dy > 0 ? bottom : top) / Math.abs(dy || 1e-9));  // the box, with its words
        const at = (share) => [a[0] + share * dx + inward, a[1] + share * dy];
        const [[x1, y1], [x2, y2], [x, y]] = [at(leaves(36, n > 6 ? 20 : 34)), at(1 - leaves(n > 6 ? 20 : 34, 36)), at(0.5)];
        const slowed = r === 0 && slow > 1;
        const message = last.find(({ from }) => from === r);
        const out = n === 2 ? [inward > 0 ? 22 : -22, 4] : [(x - MIDDLE[0]) * -0.13, (y - MIDDLE[1]) * -0.13 + 4];
        const parts = [draw("line", { class: slowed ? "d2-link d2-slow" : "d2-link", x1, y1, x2, y2, "marker-end": slowed ? "url(#d2-ring-late)" : "url(#d2-ring-tip)" })];
        if (message) parts.push(draw("text", { class: "d2-message", x: x + out[0], y: y + out[1], "text-anchor": "middle" }, `${letter(message.chunk)} ${message.adds ? "+" : "="}`));
        return parts;
      });
    }
    picture() {
      const { n, step } = this.state;
      const { last } = this.result;
      const said = say("每个进程的块；数字是块里有几个进程的贡献，全了就变绿", "The chunks of each process; the number says how many processes have contributed, green when all have");
      const half = !step ? say("开始", "start") : step < n ? say("归约-散播", "reduce-scatter") : say("全收集", "all-gather");
      const tip = (id, kind) => draw("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" }, draw("path", { class: kind, d: "M0 0L8 4L0 8z" }));
      return make("figure", { class: "d2-wide" }, make("figcaption", {}, said),
        draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": said, class: "d2-ring" }, draw("defs", {}, tip("d2-ring-tip", "d2-tip"), tip("d2-ring-late", "d2-tip d2-slow")),
          ...this.links(), ...span(n).map((r) => this.process(r)),
          draw("text", { class: "d2-now", x: MIDDLE[0], y: n === 2 ? MIDDLE[1] + 4 : MIDDLE[1] - 4, "text-anchor": n === 2 ? "end" : "middle", dx: n === 2 ? -70 : 0 }, half),
          draw("text", { x: MIDDLE[0], y: n === 2 ? MIDDLE[1] + 22 : MIDDLE[1] + 15, "text-anchor": n === 2 ? "end" : "middle", dx: n === 2 ? -70 : 0 }, say(`第 ${step} 步，共 ${last} 步`, `step ${step} of ${last}`))));
    }
    render() {
      const { n, step, slow } = this.state;
      const { ring: round, middle: server, held } = this.result;
      const most = Math.max(round.seconds, server.seconds);
      const bytes = Math.max(round.busiest, server.busiest);
      const full = held.flat().filter((whose) => whose.length === n).length;
      const sides = [["ring", say("环", "ring"), round], ["middle", say("中心", "server"), server]];
      return {
        stage: [
          this.picture(),
          bars(say("时间", "Time"), sides.map(([, name, one]) => ({ name, share: one.seconds / most, words: time(one.seconds) }))),
          bars(say("最忙的进程发送的字节", "Bytes that the busiest process sends"), sides.map(([, name, one]) => ({ name, share: one.busiest / bytes, words: volume(one.busiest) }))),
        ],
        words: say(
          `第 ${step} 步之后，${n * n} 块里有 ${full} 块是完整的和。环要 ${round.steps} 步，每个进程发送 ${volume(round.busiest)}，共 ${time(round.seconds)}；进程 0 做中心，要一个接一个收 ${n - 1} 份、发 ${n - 1} 份，${time(server.seconds)}。${slow > 1 ? `环的每一步都有一条消息走那条慢链路；中心只走两次。` : ""}`,
          `After step ${step}, ${full} of ${n * n} chunks are complete sums. The ring takes ${round.steps} steps, each process sends ${volume(round.busiest)}, and all of it takes ${time(round.seconds)}. With process 0 as the server, ${n - 1} ${n > 2 ? "gradients come in and as many sums go out" : "gradient comes in and one sum goes out"}, one after the other, ${time(server.seconds)}.${slow > 1 ? " A message of each step of the ring goes over the slow link; the server's go over it twice." : ""}`),
      };
    }
  }
  D2.register("d2-ring", Ring);
})();
