// How a text is cut into batches, by random sampling and by sequential partitioning, and which state each row begins with.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, span, Explorer, show, HUES } = D2;
  const TOKENS = 35;
  const [IN, BACK] = [0.5, 0.8];  // weights of a recurrent layer of one unit, so that a state is one number
  const NO_STATE = 0;
  const kinds = () => [["random", say("随机采样", "random sampling")], ["sequential", say("顺序分区", "sequential partitioning")]];

  // Where each window begins, batch by batch; all that fit with their targets, a last batch only if it is full.
  const begins = ({ kind, batch, steps, offset }, order) => {
    if (kind === "random") {
      const rows = order.map((i) => offset + i * steps);
      return span(Math.floor(rows.length / batch)).map((i) => rows.slice(i * batch, (i + 1) * batch));
    }
    const width = Math.floor((TOKENS - 1 - offset) / batch);
    return span(Math.floor(width / steps)).map((i) => span(batch).map((row) => offset + row * width + i * steps));
  };
  // States after reading windows, one number a row, from the states before them.
  const after = (rows, steps, before, values) => rows.map((begin, row) =>
    span(steps).reduce((h, i) => Math.tanh(IN * values[begin + i] + BACK * h), before[row]));

  class Windows extends Explorer {
    label = say("长文本怎么切，状态去哪里", "How a text is cut, and where the state goes");
    start() { return { kind: "sequential", carry: true, steps: 5, batch: 2, offset: 0, at: 1, seed: 1 }; }
    get windows() { return Math.max(0, Math.floor((TOKENS - 1 - this.state.offset) / this.state.steps)); }
    get data() {
      return { tokens: span(TOKENS), values: span(TOKENS).map((i) => Math.sin(i)), order: D2.random(this.state.seed).shuffled(this.windows) };
    }
    get result() {
      const { values, order } = this.data;
      const { steps, batch, carry } = this.state;
      const starts = begins(this.state, order);
      let states = span(batch).map(() => NO_STATE);
      const batches = starts.map((rows, number) => {
        const before = number && carry ? states : span(batch).map(() => NO_STATE);
        states = after(rows, steps, before, values);
        const last = number ? starts[number - 1].map((begin) => begin + steps - 1) : null;
        return {
          begins: rows, inputs: rows.map((b) => span(steps).map((i) => b + i)), targets: rows.map((b) => span(steps).map((i) => b + i + 1)),
          before, after: states, from: carry ? last : null, fits: rows.map((b, row) => !carry || !last || last[row] === b - 1),
        };
      });
      return { batches };
    }
    changed(key, value) {
      this.state[key] = value;
      if (key === "kind") this.state.carry = value === "sequential";
      this.querySelector('[data-key="carry"]').checked = this.state.carry;
      this.limit("offset", this.state.steps - 1);
      this.limit("at", Math.max(1, this.result.batches.length));
      this.update();
    }
    limit(key, most) {  // changes the slider in place: a new one would break off a drag
      this.state[key] = Math.min(this.state[key], most);
      const input = this.querySelector(`[data-key="${key}"]`);
      Object.assign(input, { max: most, value: this.state[key] });
      input.closest("label").querySelector("output").textContent = show(this.state[key]);
    }
    controls() {
      return [
        this.choice("kind", say("取法", "method"), kinds()),
        this.slider("at", say("看第几批", "batch shown"), 1, Math.max(1, this.result.batches.length)),
        this.slider("batch", say("批量大小", "batch size"), 1, 4),
        this.slider("steps", say("窗口的步数", "steps of a window"), 2, 8),
        this.slider("offset", say("开头跳过", "skipped at the beginning"), 0, this.state.steps - 1),
        this.toggle("carry", say("隐状态传给下一批", "carry the state to the next batch")),
        this.button(say("换一种次序", "another order"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    strip(batches, at) {
      const owner = new Map(batches.flatMap((one, number) => one.inputs.flatMap((row, r) => row.map((token) => [token, [number, r]]))));
      const now = batches[at];
      const boxes = span(TOKENS).map((token) => {
        const [number, row] = owner.get(token) ?? [null, null];
        const first = now.begins.includes(token);
        const kind = number === null ? "d2-unread" : number === at ? "d2-now" : number < at ? "d2-read" : "";
        return make("span", { class: `${kind}${first ? " d2-first" : ""}`, style: number === at ? `--hue:var(${HUES[row]})` : undefined }, String(token));
      });
      const key = [["d2-now", say("这一批", "this batch")], ["d2-read", say("已经读过", "read before")], ["", say("还没读", "to come")], ["d2-unread", say("不作输入", "never an input")]];
      return make("figure", { class: "d2-wide" }, make("figcaption", {}, say("文本：35 个词元", "The text: 35 tokens")),
        make("div", { class: "d2-strip" }, ...boxes),
        make("p", { class: "d2-legend d2-strip" }, ...key.map(([kind, name]) => make("span", { class: "d2-key" }, make("i", { class: kind, style: "--hue:var(--d2-blue)" }), name))));
    }
    rows(one) {
      const run = (tokens) => `${tokens[0]}–${tokens.at(-1)}`;
      const { carry } = this.state;
      const head = [say("行", "row"), say("状态来自", "state from"), say("开始状态", "state before"), say("输入", "inputs"), say("目标", "targets"), say("结束状态", "state after")];
      const come = (row) => (one.from === null ? say("零", "zero") : say(`词元 ${one.from[row]}`, `token ${one.from[row]}`));
      const body = one.begins.map((_, row) => make("tr", { class: one.fits[row] ? "" : "d2-bad", style: `--hue:var(${HUES[row]})` },
        make("th", { scope: "row" }, String(row + 1)), make("td", { class: "d2-number" }, come(row)), make("td", {}, show(one.before[row])),
        make("td", {}, run(one.inputs[row])), make("td", {}, run(one.targets[row])), make("td", {}, show(one.after[row]))));
      const note = carry ? say("状态是上一批同一行留下的", "The state is what the same row of the batch before left") : say("每一批都从零状态开始", "Every batch begins with a state of zero");
      return make("figure", { class: "d2-wide" }, make("figcaption", {}, note),
        make("div", { class: "d2-table" }, make("table", { class: "d2-batch" }, make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, ...body))));
    }
    render() {
      const { batches } = this.result;
      const { carry, batch, steps } = this.state;
      const at = Math.min(this.state.at, batches.length) - 1;
      const name = kinds().find(([kind]) => kind === this.state.kind)[1];
      if (!batches.length) return { stage: [], words: say("窗口太长，凑不满一批。", "The windows are too long: no batch is full.") };
      const wrong = batches.slice(1).flatMap((one) => one.fits).filter((fits) => !fits).length;
      const followed = (batches.length - 1) * batch;
      const told = !carry ? say("状态不传：每批从头开始，看不到窗口之前。", "No state is carried: nothing before a window is seen.")
        : wrong ? say(`状态传错了：${followed} 次里有 ${wrong} 次，前一个词元并不是文本里的前一个。`, `The state is wrong: ${wrong} of ${followed} times it comes from tokens that don't stand before the window.`)
        : say("状态传得对：每一行都接着上一批的同一行往下读。", "The state is right: every row goes on where the same row of the batch before ended.");
      return { stage: [this.strip(batches, at), this.rows(batches[at])],
        words: say(`${name}：${batches.length} 批，每批 ${batch} 行、${steps} 步；第 ${at + 1} 批。${told}`, `${name[0].toUpperCase()}${name.slice(1)}: ${batches.length} batches of ${batch} rows and ${steps} steps; batch ${at + 1}. ${told}`) };
    }
  }
  D2.register("d2-windows", Windows);
})();
