// A mask that the reader paints over a scene: how many pixels are right, and the IoU of each class.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, bars, Explorer, masks: { confusion, figures } } = D2;
  // A scene of `d2lab.data.scenes` and the class of each of its pixels.
  const SCENE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAH9klEQVR42jWWS48fxRXFz7lV/X/Py2MPHg+DbYwxBhuCIQEU5aEEBYlVVqyyyyrL7PkI+R7ZJMomm4BiRRACMYpDsHEMNnhsbA/zfvzf3VX3ZNGTXpS6Sn3v/d3TdaVD/uIdyMxM9UNQICkJdEFwWTDQpQwAAGVyysp6CxcAAnS5O3l0XIdEOOsjuQsgBQL14kfvkiSHHKSB7gkwZMdRpCCJgABAOOKAHPAIz04zQMokWafDUcjRNhPMgBMUAM+QwJr7qAB01AgpuI7KKEcDXF7nrD8+oiDkoosAgkkZEEDAAQdkompQCcogcaShBAGgXEcFWEPX6V013f+1tAAgubuQQZE0Ogi65Mq1LvAaD5I8H4kOJxQDUq47YKBAuCOLBGggUAeIyKSbmZR4JIaOzy68uHrh7Zd+/MPzLy/25sflJIa43d/9amPt6hcfXb31j0e730XzFOQwGBBq2ZSzIJAwkzKTBNBJGXINKWUGdBtxaWa+GYvt/u7j/c294f5ce6ZVNI/3Fs4trf7nwdyjnUcxyDNFMpCRddNyZMgMHiAFSMo5UQ4zgwiZWfay12qvLCzFEO5u3L+9/vXj3fXTJ568cubSpScvuC5du3v9vw9vR1JBia42ywSCDHRzwRMNNDXlpatEFkG4yeFOSeTBsH97/c7Xm2tbhzvb/e1ObK0eO1mY7Q72vt1+2B8fyCcx0k2gGZUiQZpBJEQADiApu1xyABAhBTkFeN7afXz1YGM4HTt9deHkhXMvX159bqE7/++1G+99/rcvH99NOcWQqwA3QdmdIOs/AbgcynAPLjlBAKZs7iY3klKqqpRwrDNzYeXZF08/f2H5mdXF5d3h3id3rn1w64NpNQU8hpydXucM9QWGo74lcjooB2UQJOZcT5GMjiOhXjv/yi9fffu5lWfNKOGr9TsPt7+dlqMa04wegeBOQJJ7ciUoyxNdUDbPIeeQs+Usd6Wcci49l54reZXTaDIaTIbjciyhVTSPdReeWjw12+qaHMphdvVJMUtOIHvKSE+dXHrnzZ/+7re/effXv1panL2z9mAwGnrOLqd7hrvcIdFdAJA9l9V0f7g/LkeLvWOznZlpNd3r7/XH/Uk5jjlPSQLuSIS6rdalp89ePHta8i++uXfv4aODQb9KUxEGwAC5KAEG1mP/aPfhcNK/fu/6+eVneq3u5ademOvMtRudYAVkkRCNcqc00+s9+/SZn7925UcvX97eP/jrtWuf3ryxP9gHJYmkmUVHkjIIzxSMlt33hwc7/W1CO/3tMpWHo8P94X5ZlQCio1JSISbq6ZWlt9549cVnzvbHow8/v/7njz+4ff/+uPD5meZ8t304OJxWKbuyZyGHDLjF0D0+t7Q8e7IbWicXnji1sDKeju9vPri/dX847QOIQnZ55ZZZnVtd+cGli4Dev/bp+9c+uffdrU47Lbc7Vy6em+t0b969sbW35VKWOVhmc4u9du+V05dfPnNlceYEwUYsbjy4+cW3N/YmewJIRqIC2O12Vp967qXnz59YmP/nrRt/+PCP3zz8ut3S2eVjP7r0+qsXvz+ajPoHa+XkAQDPBVQ4MgKPz/UurZz+3ulLx2ZObBxs3lm/+9Htj9d2HkgCKSASCbS52c7lCytnlk+NpuN73919uHWn1xmeXlp8+7Wf/eTKm6eOr3714Mb8POb2plT0DJNMsWE82euszJ1YWVhZmDkxLUcHw821rS/3RtsM9exbFJJEFrnbbs312ouzc68/f7lMb6VqcO7kM69cfOPJpbOHg52trS+bOniiE01NikFW5YZSub/72Z+ufvb7v7xbuQ2S+tmHVaNpyRo2qQAwAolBZRpsH2xt7m0sHz/2wtnnlhcXi1h0m53Z3vGDweadtb/fW7tapN2lbtfYtKwgH+WiEqvKuiUmlYaiVSmMcxHQCpqKBfM0KSJ4sDzKu3c3/nX9KycP53qz2cvVpXMz3YUQ4mC0ubN/czK622sytDpERAadrbIxFVOOacpp8pajUaVOsGaFSeQ0eeGakBFMFnxaHj7YW//0Tr8sN47Pzc50e7OdzuLcE8PxzsbOzeHgUS90zRrGggzM0XKoCs8lpilMLBTJG5UaFvohWlkOJjmYclYwRNK9WXZaaSb4ZLx+f3NQlktni/ONGIPF/mB9b+dLrw6a7Ri8YWwGFMpEsqZiDioqtbJNksbRUTaSyhhjjG3DCJhy4rEVK8Rpu/BmMwppMN5Jc+2FmflWoz0pD7Z2b+wd3jQbNtrRxAgayGxweoo508yTW0wKiYgCMIojisZmAJM8hqIMjdxqqghsRDQbOLl4amXp2aJoHByu7fdvpXKjCEVUowALIwRG0UNFxUAzy8kiAWSAbAYzi260LAsTKSq6GRAtmGJUETHTnZ+fXQ5WHEy3ptPHgW5gBCNjYDREg1koLCTEUJh5iCUzXQaZAhgJ5MCEaiZ5JBHMSBTBQyCpm9+8t7b+3myDnYZaUd1iIVgRpEhGhqBAxYBoRe2+oluspYsZBTNjEagCKaYCIcWIXLiCgiAjzI68mjOQToKc0kLBZqAbkinAM2XRojw4goVgblZEs2yCi43KmmqaUMYUa7eZJTlcBAjLAKQM0MwcmQQCKRGw2hjIA1tuwRno0QuRzhCNkVUeB+TCoueGFCuiqF0nTWKWSwghhCAzF0C0zYpgjYAiIEZGQ2GiyhAQzAowSE4qBGswWLbUdLcBCouG/wFENDoN1jnpvwAAAABJRU5ErkJggg==";
  const TRUTH = `
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000001111111000
00000000000000000000001111111100
00000000000000000000011100011100
00000000000000000000000000011100
00000000000000000000000000111000
00000000000000000000000001110000
00000000000000000000000111110000
00000000000000000000000111110000
00000000222000000000000011111000
00000002220000000000000000111000
00000022200000000000000000111000
00000222200000000000000000110000
00000222000000000000000111110000
00002220000022000000000111100000
00002200000222000000001111100000
00002220022222000000000000000000
00002222222220000000000000000000
00000222222200000000000000000000
00000000222200000000000000000000
00000000222000000000000000000000
00000000222000000000000000000000
00000002220000000000000000000000
00000002220000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000
00000000000000000000000000000000`.trim().split("\n").map((row) => [...row].map(Number));
  const SIDE = TRUTH.length;
  const BACKGROUND = say("背景", "background");
  const CLASSES = [{ name: BACKGROUND }, { name: "3", hue: "--d2-orange" }, { name: "4", hue: "--d2-green" }];
  const [PAINT, ERRORS, PHOTO] = ["paint", "errors", "photo"];
  const VIEWS = [[PAINT, say("涂的", "what is painted")], [ERRORS, say("错的像素", "wrong pixels")], [PHOTO, say("原图", "the photo")]];
  const copy = (mask) => mask.map((row) => [...row]);
  const blank = () => span(SIDE).map(() => new Array(SIDE).fill(0));
  const between = (low, value, high) => Math.max(low, Math.min(high, value));

  // Answers to begin with: what a model might say.
  const shifted = (by) => TRUTH.map((row, i) => row.map((_, j) => TRUTH[i]?.[j - by] ?? 0));
  const boxed = () => {
    const mask = blank();
    for (const kind of [1, 2]) {
      const places = span(SIDE).flatMap((i) => span(SIDE).filter((j) => TRUTH[i][j] === kind).map((j) => [i, j]));
      const [[top, left], [bottom, right]] = [Math.min, Math.max].map((end) => [0, 1].map((axis) => end(...places.map((place) => place[axis]))));
      for (let i = top; i <= bottom; i++) for (let j = left; j <= right; j++) mask[i][j] = kind;
    }
    return mask;
  };
  const swapped = () => TRUTH.map((row) => row.map((kind) => [0, 2, 1][kind]));
  const ANSWERS = [["clear", say("全是背景", "all background"), blank], ["truth", say("标注", "the truth"), () => copy(TRUTH)],
    ["shift", say("标注右移 1 像素", "truth, 1 pixel to the right"), () => shifted(1)], ["box", say("把框填满", "filled boxes"), boxed],
    ["swap", say("类别对调", "classes swapped"), swapped]];

  class Mask extends Explorer {
    label = say("涂一张掩码：像素准确率与平均交并比", "Paint a mask: pixel accuracy and mean IoU");
    start() {
      this.picture = draw("svg", { class: "d2-mask", viewBox: `0 0 ${SIDE} ${SIDE}`, tabindex: 0, role: "application", "data-key": "canvas",
        "aria-label": say("画布：方向键移动，空格涂", "Canvas: arrow keys move, space paints"),
        onpointerdown: (event) => this.press(event), onpointermove: (event) => { if (this.last) this.stroke(event); },
        onpointerup: () => (this.last = null), onpointercancel: () => (this.last = null),
        onkeydown: (event) => this.key(event) });
      const how = say("按住拖动就涂。键盘：方向键移动，空格涂。", "Drag to paint. Keyboard: arrow keys move, space paints.");
      this.canvas = make("figure", { class: "d2-wide d2-canvas" }, this.picture, make("p", { class: "d2-how" }, how));
      return { painted: blank(), kind: 1, brush: 2, view: PAINT, at: [12, 10] };
    }
    get data() { return { truth: TRUTH, painted: this.state.painted }; }
    get result() {
      const matrix = confusion(TRUTH, this.state.painted, CLASSES.length);
      return { matrix, ...figures(matrix) };
    }
    controls() {
      return [this.choice("kind", say("涂哪一类", "paint"), CLASSES.map(({ name }, kind) => [kind, name])),
        this.slider("brush", say("笔宽（像素）", "brush, pixels"), 1, 5), this.choice("view", say("看", "show"), VIEWS),
        make("div", { class: "d2-buttons", role: "group", "aria-label": say("现成的答案", "ready answers") },
          ...ANSWERS.map(([key, words, answer]) => this.button(words, () => this.set("painted", answer()), key)))];
    }
    // The canvas stays in place while it is painted on: a new one would break off the stroke.
    update() {
      const { stage: [side], words } = this.render();
      if (this.canvas.parentNode) this.stage.lastChild.replaceWith(side);
      else this.stage.replaceChildren(this.canvas, side);
      this.words.textContent = words;
      this.paint();
    }

    place(event) {
      const frame = this.picture.getBoundingClientRect();
      return [(event.clientY - frame.top) / frame.height, (event.clientX - frame.left) / frame.width].map((share) => between(0, Math.floor(share * SIDE), SIDE - 1));
    }
    press(event) {
      if (event.button) return;
      this.picture.setPointerCapture?.(event.pointerId);
      this.last = this.place(event);
      this.stroke(event);
    }
    stroke(event) {
      const [from, to] = [this.last, this.place(event)];
      const steps = Math.max(1, ...to.map((v, axis) => Math.abs(v - from[axis])));
      for (let k = 0; k <= steps; k++) this.dab(from.map((v, axis) => Math.round(v + ((to[axis] - v) * k) / steps)));
      this.last = this.state.at = to;
      this.update();
    }
    covered([row, column]) {
      const { brush } = this.state;
      const reach = (at) => span(brush).map((k) => at - Math.floor((brush - 1) / 2) + k).filter((v) => v >= 0 && v < SIDE);
      return reach(row).flatMap((i) => reach(column).map((j) => [i, j]));
    }
    dab(at) { for (const [i, j] of this.covered(at)) this.state.painted[i][j] = this.state.kind; }
    key(event) {
      const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!by && event.key !== " ") return;
      event.preventDefault();
      if (by) this.state.at = this.state.at.map((v, axis) => between(0, v + by[axis], SIDE - 1));
      else this.dab(this.state.at);
      this.update();
    }

    squares(kind, hue, inside) {
      const path = span(SIDE).flatMap((i) => span(SIDE).filter((j) => inside(i, j)).map((j) => `M${j} ${i}h1v1h-1z`)).join("");
      return draw("path", { class: kind, d: path, style: `--hue:var(${hue})` });
    }
    paint() {
      const { painted, view, at } = this.state;
      const layers = { [PAINT]: () => [1, 2].map((kind) => this.squares("d2-painted", CLASSES[kind].hue, (i, j) => painted[i][j] === kind)),
        [ERRORS]: () => [this.squares("d2-painted", "--d2-red", (i, j) => painted[i][j] !== TRUTH[i][j])], [PHOTO]: () => [] };
      const under = this.covered(at);
      const [[top, left], [bottom, right]] = [under[0], under.at(-1)];
      this.picture.replaceChildren(draw("image", { class: "d2-scene", href: SCENE, width: SIDE, height: SIDE }), ...layers[view](),
        ...["d2-brush d2-halo", "d2-brush"].map((kind) => draw("rect", { class: kind, x: left, y: top, width: right - left + 1, height: bottom - top + 1 })));
    }
    render() {
      const { matrix, iou, mean, accuracy } = this.result;
      const names = CLASSES.map(({ name }) => name);
      const head = make("thead", {}, make("tr", {}, make("td", {}, say("标注＼涂的", "true \\ painted")), ...names.map((name) => make("th", { scope: "col" }, name))));
      const rows = matrix.map((row, i) => make("tr", {}, make("th", { scope: "row", style: `--hue:var(${CLASSES[i].hue ?? "--d2-line"})` }, names[i]), ...row.map((value, j) => make("td", { class: i === j ? "d2-pair" : "" }, String(value)))));
      const counts = make("div", { class: "d2-table" }, make("table", { class: "d2-batch" }, head, make("tbody", {}, ...rows)));
      const bar = (name, share) => ({ name, share, words: show(share) });
      const shares = bars(say("从 0 到 1", "From 0 to 1"), [bar(say("像素准确率", "pixel accuracy"), accuracy), ...iou.map((share, kind) => bar(say(`交并比 ${names[kind]}`, `IoU ${names[kind]}`), share)), bar(say("平均交并比", "mean IoU"), mean)]);
      return { stage: [make("div", { class: "d2-side" }, shares, counts)], words: this.told(matrix, iou, mean, accuracy) };
    }
    told(matrix, iou, mean, accuracy) {
      const all = SIDE * SIDE;
      const right = matrix.reduce((sum, row, kind) => sum + row[kind], 0);
      const { kind } = this.state;
      const both = matrix[kind][kind];
      const either = matrix[kind].reduce((a, b) => a + b) + matrix.reduce((sum, row) => sum + row[kind], 0) - both;
      return say(`${all} 个像素对了 ${right} 个，准确率 ${show(accuracy)}；“${CLASSES[kind].name}”的交并比是 ${both} / ${either} = ${show(iou[kind])}，三类平均 ${show(mean)}。`,
        `Of ${all} pixels ${right} are right, an accuracy of ${show(accuracy)}; the IoU of “${CLASSES[kind].name}” is ${both} / ${either} = ${show(iou[kind])}, the mean of three classes ${show(mean)}.`);
    }
  }
  D2.register("d2-mask", Mask);
})();
