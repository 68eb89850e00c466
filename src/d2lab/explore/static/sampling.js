// Sampling dials on a small letter model: its next-letter distribution, what the dials leave of it, and what is written.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, bars, span, Explorer, softmax, show } = D2;
  const LENGTH = 140;
  const SHOWN = 10;
  const WRITTEN = 3;
  const GRAM = 4;
  const MODEL = D2.openedText(D2.textModel);
  const SIZE = MODEL.tokens.length;
  const clean = (text) => D2.readText(MODEL, text).join("") || " ";
  const read = (text) => [...text].reduce((known, letter) => D2.readOne(MODEL, letter, known.states), {});

  // The distribution after the dials: temperature, top-k, top-p, min-p, in this order. Of equal letters the first counts.
  const dialled = (logits, { temperature, k, p, least }) => {
    const order = span(SIZE).sort((a, b) => logits[b] - logits[a] || a - b);
    if (temperature === 0) return span(SIZE).map((i) => Number(i === order[0]));
    const kept = new Set(k ? order.slice(0, k) : order);
    const masked = () => softmax(logits.map((z, i) => (kept.has(i) ? z : -Infinity)), temperature);
    let shares = masked();
    let before = 0;
    for (const i of order) {
      if (p < 1 && before >= p) kept.delete(i);
      before += shares[i];
    }
    shares = masked();
    for (const i of order) if (shares[i] < least * shares[order[0]]) kept.delete(i);
    return masked();
  };
  const chosen = (shares, number) => {
    let left = number;
    for (let i = 0; i < SIZE; i++) if ((left -= shares[i]) < 0) return i;
    return shares.findLastIndex((share) => share > 0);
  };
  const entropy = (shares) => -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log2(p) : 0), 0);
  const repeats = (texts) => {
    const grams = texts.flatMap((text) => span(text.length - GRAM + 1).map((i) => text.slice(i, i + GRAM)));
    return new Set(grams).size / grams.length;
  };
  const visible = (text) => text.replaceAll(" ", "␣");

  class Sampling extends Explorer {
    label = say("采样：温度、top-k、top-p、min-p", "Sampling: temperature, top-k, top-p, min-p");
    start() { return { prompt: "the gradient of the ", temperature: 1, k: 0, p: 1, least: 0, seed: 1 }; }
    get data() { return { prompt: clean(this.state.prompt), length: LENGTH }; }
    get result() {
      const { prompt } = this.data;
      const { seed } = this.state;
      const known = read(prompt);
      const texts = span(WRITTEN).map((row) => {
        const draw = D2.random(seed * 1000 + row);
        let [now, text] = [known, ""];
        while (text.length < LENGTH) {
          const letter = chosen(dialled(now.logits, this.state), draw.even());
          text += MODEL.tokens[letter];
          now = D2.readOne(MODEL, MODEL.tokens[letter], now.states);
        }
        return text;
      });
      const plain = softmax(known.logits, 1);
      const after = dialled(known.logits, this.state);
      return { logits: known.logits, plain, after, bits: [entropy(plain), entropy(after)], texts, distinct: repeats(texts) };
    }
    controls() {
      const id = "d2-sampling-prompt";
      const prompt = make("input", { id, type: "text", "data-key": "prompt", maxlength: 80, autocomplete: "off", spellcheck: "false", lang: "en",
        oninput: (event) => this.set("prompt", event.target.value) });
      prompt.value = this.state.prompt;
      return [
        make("label", { for: id, class: "d2-text" }, make("span", {}, say("开头（英文字母）", "prompt (letters)")), prompt),
        this.slider("temperature", say("温度", "temperature"), 0, 3, 0.05, (v) => (v ? show(v) : say("0（贪心）", "0 (greedy)"))),
        this.slider("k", "top-k", 0, SIZE, 1, (v) => v || say("全部", "all")),
        this.slider("p", "top-p", 0.05, 1, 0.01),
        this.slider("least", "min-p", 0, 1, 0.01),
        this.button(say("再写一遍", "write again"), () => this.set("seed", this.state.seed + 1), "seed"),
      ];
    }
    render() {
      const { prompt } = this.data;
      const { plain, after, bits, texts, distinct } = this.result;
      const order = span(SIZE).sort((a, b) => plain[b] - plain[a] || a - b).slice(0, SHOWN);
      const rows = (shares) => order.map((i) => ({ name: visible(MODEL.tokens[i]), share: shares[i], words: shares[i] ? `${(100 * shares[i]).toFixed(1)} %` : "—" }));
      const left = after.filter((share) => share > 0).length;
      const { training, heldOut } = D2.textModel.perplexity;
      return {
        stage: [
          bars(say(`模型：最可能的 ${SHOWN} 个字母`, `The model: its ${SHOWN} likeliest letters`), rows(plain)),
          bars(say("拨过之后，抽下一个字母用的概率", "After the dials: what the next letter is drawn from"), rows(after)),
          make("figure", { class: "d2-wide d2-written" }, make("figcaption", {}, say("写下去", "What it writes")),
            ...texts.map((text) => make("p", { lang: "en" }, make("b", {}, prompt), text))),
        ],
        words: say(
          `${SIZE} 个字母里还剩 ${left} 个；熵从 ${show(bits[0])} 比特变成 ${show(bits[1])} 比特。三段文字里，不重复的 ${GRAM} 字母片段占 ${Math.round(100 * distinct)} %。模型是 64 个单元的循环网络，读过本课程的英文；困惑度：训练 ${show(training)}，留出 ${show(heldOut)}。`,
          `${left} of ${SIZE} letters are left; entropy goes from ${show(bits[0])} to ${show(bits[1])} bits. Of all runs of ${GRAM} letters in the three texts, ${Math.round(100 * distinct)} % are different ones. The model is a recurrent network of 64 units that read this course's English; perplexity: training ${show(training)}, held out ${show(heldOut)}.`),
      };
    }
  }
  D2.register("d2-sampling", Sampling);
})();
