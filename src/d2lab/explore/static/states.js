// Hidden units over a text that you type: each character is tinted by what one unit holds after it was read.
(() => {
  "use strict";
  const { D2 } = window;
  const { say, make, bars, span, show, softmax, tint, Explorer } = D2;
  const SHOWN = 8;
  const MOST = 300;
  const SIGNS = { " ": "␣", "\n": "↵", "\t": "→" };

  class States extends Explorer {
    label = say("隐藏单元在读什么", "Hidden units over a text");
    start() {
      this.model = D2.openedText(window.D2_TEXT ?? D2.textModel);
      return { text: "the state of a recurrent network holds what was read so far", layer: 0, unit: 0, held: "h", color: "unit", at: 0 };
    }
    get size() { return this.model.layers[0].state[0].length; }
    get data() { return { text: D2.readText(this.model, this.state.text).slice(0, MOST) }; }
    get result() {
      const { text } = this.data;
      const key = text.join("");
      if (this.known?.key !== key) {
        let states;
        const steps = text.map((letter) => {
          const read = D2.readOne(this.model, letter, states);
          states = read.states;
          return read;
        });
        this.known = { key, steps };
      }
      const { steps } = this.known;
      const { layer, unit, held } = this.state;
      const shares = steps.map(({ logits }) => softmax(logits, 1));
      // What a character costs: known after it was read, from the prediction one step before. The first has none.
      const bits = text.map((letter, i) => (i ? -Math.log2(shares[i - 1][this.model.places.get(letter)]) : NaN));
      const values = steps.map(({ states }) => states[layer][held][unit]);
      const lively = span(this.size).map((i) => {
        const all = steps.map(({ states }) => states[layer][held][i]);
        return { unit: i, swing: all.length ? Math.max(...all) - Math.min(...all) : 0 };
      }).sort((a, b) => b.swing - a.swing || a.unit - b.unit).slice(0, SHOWN);
      return { values, bits, shares, lively };
    }
    controls() {
      const id = "d2-states-text";
      const text = make("input", { id, type: "text", "data-key": "text", maxlength: MOST, autocomplete: "off", spellcheck: "false",
        oninput: (event) => this.set("text", event.target.value) });
      text.value = this.state.text;
      return [
        make("label", { for: id, class: "d2-text" }, make("span", {}, say("写一段文字", "a text")), text),
        this.model.layers.length > 1 && this.slider("layer", say("层", "layer"), 0, this.model.layers.length - 1, 1, (v) => v + 1),
        this.slider("unit", say("单元", "unit"), 0, this.size - 1, 1, (v) => v + 1),
        this.model.cell === "lstm" && this.choice("held", say("看什么", "show"), [["h", say("隐状态 h", "hidden state h")], ["c", say("记忆元 c", "memory cell c")]]),
        this.choice("color", say("着色", "color"), [["unit", say("这个单元的值", "value of the unit")], ["bits", say("比特数", "bits of each character")]]),
      ];
    }
    strip(text, tints, at) {
      const walk = (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, Home: -MOST, End: MOST }[event.key];
        if (!by) return;
        event.preventDefault();
        this.set("at", Math.max(0, Math.min(text.length - 1, at + by)));
      };
      const said = text.map((letter, i) => make("span", { class: i === at ? "d2-char d2-at" : "d2-char", style: `background:${tints[i]}`,
        onclick: () => this.set("at", i) }, SIGNS[letter] ?? letter));
      return make("div", { class: "d2-read-text", tabindex: 0, role: "slider", "data-key": "at", onkeydown: walk,
        "aria-label": say("在文字里的位置", "place in the text"), "aria-valuemin": 1, "aria-valuemax": text.length, "aria-valuenow": at + 1,
        "aria-valuetext": text[at] }, ...said);
    }
    render() {
      const { text } = this.data;
      if (!text.length) return { stage: [], words: say("写一个模型认识的字符。", "Type a character that the model knows.") };
      const { values, bits, shares, lively } = this.result;
      const { layer, unit, held, color } = this.state;
      const at = Math.min(this.state.at, text.length - 1);
      const top = held === "c" ? Math.max(1, ...values.map(Math.abs)) : 1;
      const tints = text.map((_, i) => (color === "unit" ? tint(values[i], top) : Number.isNaN(bits[i]) ? "none" : tint(bits[i], Math.log2(this.model.tokens.length))));
      const order = span(this.model.tokens.length).sort((a, b) => shares[at][b] - shares[at][a] || a - b).slice(0, SHOWN);
      const next = order.map((i) => ({ name: SIGNS[this.model.tokens[i]] ?? this.model.tokens[i], share: shares[at][i], words: `${(100 * shares[at][i]).toFixed(1)} %` }));
      const choose = (one) => { this.state.unit = one.unit; this.rebuild(); };
      const units = make("figure", { class: "d2-wide" },
        make("figcaption", {}, say("在这段文字上变化最大的单元（括号里是变化范围）", "Units that move most over this text (range of their values)")),
        make("div", { class: "d2-controls" }, ...lively.map((one, i) => this.button(`${one.unit + 1} (${show(one.swing, 2)})`, () => choose(one), `lively-${i}`))));
      const known = bits.filter((v) => !Number.isNaN(v));
      const mean = known.length ? known.reduce((sum, v) => sum + v, 0) / known.length : NaN;
      const [low, high] = [values.indexOf(Math.min(...values)), values.indexOf(Math.max(...values))];
      const sign = (i) => SIGNS[text[i]] ?? text[i];
      const average = known.length ? say(`平均每个字符 ${show(mean)} 比特。`, ` The text costs ${show(mean)} bits a character.`) : "";
      return {
        stage: [
          make("figure", { class: "d2-wide" }, make("figcaption", {}, color === "unit"
            ? say(`第 ${layer + 1} 层第 ${unit + 1} 个单元读完每个字符后的值`, `Layer ${layer + 1}, unit ${unit + 1}: its value after each character`)
            : say("每个字符的比特数：概率的负对数", "Bits of each character: minus the logarithm of its probability")), this.strip(text, tints, at)),
          bars(say(`读完“${sign(at)}”以后，下一个字符`, `The next character, after this “${sign(at)}”`), next),
          units,
        ],
        words: say(
          `单元 ${unit + 1} 在“${sign(at)}”处是 ${show(values[at])}；最大 ${show(values[high])}（“${sign(high)}”），最小 ${show(values[low])}（“${sign(low)}”）。`,
          `Unit ${unit + 1} is ${show(values[at])} at “${sign(at)}”; highest ${show(values[high])} (“${sign(high)}”), lowest ${show(values[low])} (“${sign(low)}”).`) + average,
      };
    }
  }
  D2.register("d2-states", States);
})();
