// Boxes in three lessons: overlap and its gradient, matching of anchors with objects, suppression.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, draw, span, show, bars, BoxExplorer, boxes: { overlap, table, greedy, assign, encode, suppress } } = D2;
  const MODES = [["boxes", say("两个框", "two boxes")], ["matching", say("锚框的标签", "labelling anchors")], ["nms", say("非极大值抑制", "suppression")]];
  const RATE = 1000;  // pixels that an edge moves for a slope of 1 per pixel
  const THINNEST = 4;  // to which a step may shrink a box, pixels
  const ARROW = 34;  // length of the steepest, pixels
  const OBJECTS = [{ label: 0, hue: "--d2-blue" }, { label: 1, hue: "--d2-orange" }, { label: 0, hue: "--d2-violet" }];
  const SCORES = [0.92, 0.88, 0.85, 0.8, 0.74, 0.7, 0.63, 0.58, 0.5, 0.41, 0.34, 0.2];
  const CLASSES = [0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0];
  const letter = (i) => String.fromCharCode(65 + i);
  const begin = () => ({
    boxes: [[60, 50, 200, 170], [130, 95, 330, 225]],
    matching: [[30, 40, 150, 150], [130, 80, 270, 240], [292, 30, 368, 110],
      [20, 50, 140, 170], [55, 50, 165, 160], [125, 100, 275, 250], [160, 60, 300, 190], [300, 55, 396, 150], [305, 180, 385, 255]],
    nms: [[40, 50, 150, 200], [110, 70, 240, 225], [48, 44, 156, 208], [280, 40, 370, 150], [118, 80, 246, 240], [30, 60, 138, 192],
      [272, 52, 376, 166], [100, 62, 226, 214], [66, 70, 190, 230], [138, 96, 266, 250], [296, 64, 390, 180], [190, 20, 262, 84]],
  });
  // The lesson that the explorer stands in decides what it begins with: modes are called as their lessons.
  const here = () => MODES.map(([mode]) => mode).find((mode) => {
    const place = document.getElementById(mode);
    return place && [place, place.parentElement].some((one) => one.querySelector(":scope > h1"));
  });

  class Boxes extends BoxExplorer {
    label = say("框：重叠、匹配与抑制", "Boxes: overlap, matching, suppression");
    start() {
      return { mode: here() ?? "boxes", all: begin(), active: 0, grip: 0, struck: 4, threshold: 0.5, kind: "hard", above: 0.5, sigma: 0.5, each: false, at: 1 };
    }
    get boxes() { return this.state.all[this.state.mode]; }
    get data() { return { boxes: this.boxes, scores: SCORES, classes: CLASSES, labels: OBJECTS.map(({ label }) => label) }; }
    get result() {
      const { mode, threshold, kind, above, sigma, each } = this.state;
      if (mode === "boxes") return overlap(...this.boxes);
      if (mode === "nms") return { steps: suppress(this.boxes, SCORES, { kind, threshold: above, sigma, classes: each ? CLASSES : null }) };
      const [objects, anchors] = [this.boxes.slice(0, 3), this.boxes.slice(3)];
      const ious = table(objects, anchors);
      const owners = assign(ious, threshold);
      return { ious, pairs: greedy(ious), owners, classes: owners.map((i) => (i < 0 ? 0 : OBJECTS[i].label + 1)),
        offsets: owners.map((i, j) => (i < 0 ? [0, 0, 0, 0] : encode(anchors[j], objects[i]))) };
    }
    changed(key, value) {
      this.state[key] = value;
      if (key === "mode") Object.assign(this.state, { active: 0, grip: 0 });
      if (key === "mode" || key === "kind") this.rebuild();
      else this.update();
    }
    controls() {
      const mode = this.choice("mode", say("看什么", "show"), MODES);
      const again = this.button(say("复原", "reset"), () => { this.state = { ...this.start(), mode: this.state.mode }; this.rebuild(); }, "again");
      return [mode, ...this[`${this.state.mode}Controls`](), again];
    }
    render() { return this[`${this.state.mode}Render`](this.result); }
    looks(i) { return this[`${this.state.mode}Looks`](i, this.result); }

    // Two boxes.
    boxesControls() {
      const step = (kind) => this.button(say(`沿 ${kind} 走一步`, `a step along ${kind}`), () => this.follow(kind.toLowerCase()), `step-${kind}`);
      return [step("IoU"), step("GIoU")];
    }
    follow(kind) {  // gradient ascent by one step; the box may not turn round
      const [box, slopes] = [this.boxes[0], this.result.slopes[kind]];
      const next = box.map((v, edge) => Math.round(10 * (v + RATE * slopes[edge])) / 10);
      this.boxes[0] = next.map((v, edge) => (edge < 2 ? Math.min(v, next[edge + 2] - THINNEST) : v));
      this.update();
    }
    boxesLooks(i) {
      return i ? { name: say("标注", "annotation"), hue: "--d2-green", inside: "bottom" } : { name: say("预测", "prediction"), hue: "--d2-blue", inside: "above" };
    }
    arrows(slopes) {
      const [x1, y1, x2, y2] = this.boxes[0];
      const most = Math.max(...Object.values(slopes).flat().map(Math.abs)) || 1;
      return [["iou", "--d2-ink", -9], ["giou", "--d2-orange", 9]].flatMap(([kind, hue, aside]) => slopes[kind].map((slope, edge) => {
        const along = ARROW * (slope / most);
        const [x, y] = edge % 2 ? [(x1 + x2) / 2 + aside, edge < 2 ? y1 : y2] : [edge < 2 ? x1 : x2, (y1 + y2) / 2 + aside];
        if (Math.abs(along) < 0.5) return draw("circle", { class: "d2-still", style: `--hue:var(${hue})`, cx: x, cy: y, r: 3 });
        const turn = (edge % 2 ? 90 : 0) + (along < 0 ? 180 : 0);
        const [long, tip] = [Math.abs(along), Math.min(6, Math.abs(along))];
        return draw("path", { class: "d2-arrow", style: `--hue:var(${hue})`, transform: `translate(${x} ${y}) rotate(${turn})`,
          d: `M0 0H${long}M${long - tip} ${-0.7 * tip}L${long} 0L${long - tip} ${0.7 * tip}` });
      }));
    }
    boxesRender({ intersection, union, hull, iou, giou, slopes }) {
      const [a, b] = this.boxes;
      const rect = (kind, [x1, y1, x2, y2]) => draw("rect", { class: kind, x: x1, y: y1, width: Math.max(0, x2 - x1), height: Math.max(0, y2 - y1) });
      const low = (f) => [0, 1].map((i) => f(a[i], b[i]));
      const high = (f) => [2, 3].map((i) => f(a[i], b[i]));
      const below = [rect("d2-hull", [...low(Math.min), ...high(Math.max)]), intersection > 0 && rect("d2-common", [...low(Math.max), ...high(Math.min)])].filter(Boolean);
      const title = say("虚线：外接框；阴影：交集；箭头：预测框的边往哪边动会变好（黑或白 IoU，橙 GIoU）", "Dashed: the hull; shaded: the intersection; arrows: where edges of the prediction want to go (ink: IoU, orange: GIoU)");
      const edges = [say("左", "left"), say("上", "top"), say("右", "right"), say("下", "bottom")];
      const areas = [[say("交集", "intersection"), intersection], [say("并集", "union"), union], [say("外接框", "hull"), hull]];
      const value = (v) => v.toFixed(5).replace(/^-(?=0\.0+$)/, "");
      const still = slopes.iou.every((v) => v === 0);
      const told = still && iou === 0 ? say("两个框不相交，IoU 的梯度是 0；GIoU 仍然指出方向。", "The boxes don't meet: IoU has no gradient, GIoU still says where to go.")
        : iou === 1 ? say("两个框完全重合。", "The boxes are equal.") : say(`GIoU 比 IoU 小 ${show(iou - giou)}，即外接框里谁也没盖住的那部分。`, `GIoU is ${show(iou - giou)} lower: the share of the hull that neither box covers.`);
      return {
        stage: [this.canvas(title, { below, above: this.arrows(slopes), handles: true }),
          this.named(say("面积（平方像素）", "Areas (square pixels)"), ["", say("面积", "area")], areas.map(([name, area]) => ({ name, hue: "--d2-line", cells: [String(Math.round(area))] }))),
          this.named(say("右移或下移 1 像素，变多少", "Change for 1 pixel to the right or down"), [say("预测框的边", "edge"), "IoU", "GIoU"],
            edges.map((name, i) => ({ name, hue: "--d2-blue", cells: [value(slopes.iou[i]), value(slopes.giou[i])] })))],
        words: `IoU = ${Math.round(intersection)} / ${Math.round(union)} = ${show(iou)}${say("，", ", ")}GIoU = ${show(giou)}${say("。", ". ")}${told}`,
      };
    }

    // Three objects, six anchors.
    matchingControls() {
      const steps = (v) => (v === 4 ? say("3 对，再加阈值", "3 pairs, then threshold") : say(`${v} 对`, `${v} pairs`));
      return [this.slider("struck", say("配到哪一步", "matched"), 0, 4, 1, steps), this.slider("threshold", say("IoU 阈值", "IoU threshold"), 0.05, 0.95, 0.05)];
    }
    ownersNow({ pairs, owners }) {
      const { struck } = this.state;
      return struck === 4 ? owners : owners.map((_, j) => pairs.slice(0, struck).find(({ anchor }) => anchor === j)?.object ?? -1);
    }
    matchingLooks(i, found) {
      if (i < 3) return { name: say(`物体 ${i + 1}`, `object ${i + 1}`), hue: OBJECTS[i].hue, thick: true, inside: "bottom" };
      const owner = this.ownersNow(found)[i - 3];
      return { name: letter(i - 3), hue: owner < 0 ? "--d2-muted" : OBJECTS[owner].hue, dashed: true, faint: owner < 0 };
    }
    matchingRender(found) {
      const { ious, pairs, offsets, classes } = found;
      const { struck, threshold } = this.state;
      const now = this.ownersNow(found);
      const gone = pairs.slice(0, struck);
      const cell = (i, j) => {
        const order = gone.findIndex(({ object, anchor }) => object === i && anchor === j);
        if (order >= 0) return { words: `${show(ious[i][j], 2)} (${order + 1})`, class: "d2-pair" };
        if (struck === 4 && now[j] === i) return { words: `${show(ious[i][j], 2)} (≥)`, class: "d2-passed" };
        const crossed = gone.some(({ object, anchor }) => object === i || anchor === j);
        return { words: show(ious[i][j], 2), class: crossed ? "d2-crossed" : "" };
      };
      const hue = (j) => (now[j] < 0 ? "--d2-line" : OBJECTS[now[j]].hue);
      const rows = span(6).map((j) => ({ name: letter(j), hue: hue(j), cells: span(3).map((i) => cell(i, j)) }));
      const targets = span(6).map((j) => ({ name: letter(j), hue: hue(j), cells: now[j] < 0 ? [say("0（背景）", "0 (background)"), "0", "0", "0", "0"]
        : [say(`${classes[j]}（物体 ${now[j] + 1}）`, `${classes[j]} (object ${now[j] + 1})`), ...offsets[j].map((v) => v.toFixed(2))] }));
      const said = gone.map(({ object, anchor, iou }) => say(`物体 ${object + 1} 配 ${letter(anchor)}（${show(iou, 2)}）`, `object ${object + 1} takes ${letter(anchor)} (${show(iou, 2)})`)).join(say("，", ", "));
      const more = span(6).filter((j) => now[j] >= 0 && !gone.some(({ anchor }) => anchor === j)).map((j) => say(`${letter(j)} 归物体 ${now[j] + 1}`, `${letter(j)} goes to object ${now[j] + 1}`));
      const weak = gone.filter(({ iou }) => iou < threshold).map(({ anchor }) => letter(anchor));
      const others = struck < 4 ? "" : more.length ? say(`阈值 ${show(threshold)} 再加上：${more.join("，")}。`, ` The threshold of ${show(threshold)} adds: ${more.join(", ")}.`) : say(`没有别的锚框达到阈值 ${show(threshold)}。`, ` No other anchor reaches the threshold of ${show(threshold)}.`);
      const poor = weak.length && struck === 4 ? say(`${weak.join("、")} 没有达到阈值，是硬配给物体的。`, ` ${weak.join(", ")} would not pass the threshold: matched all the same, as the best that was left.`) : "";
      return {
        stage: [this.canvas(say("三个物体（实线），六个锚框（虚线）；颜色相同的是一对", "Three objects (solid), six anchors (dashed); an anchor has the color of its object")),
          this.named(say("IoU；括号里是配对的次序", "IoU; in brackets, the order of the pairs"), [say("锚框", "anchor"), ...span(3).map((i) => say(`物体 ${i + 1}`, `object ${i + 1}`))], rows),
          this.named(say("每个锚框的标签", "What each anchor is trained to say"), [say("锚框", "anchor"), say("类别", "class"), "x", "y", say("宽", "width"), say("高", "height")], targets)],
        words: `${said ? say(`按次序：${said}。`, `In order: ${said}.`) : say("还没有配对。", "No pair yet.")}${others}${poor}`,
      };
    }

    // Twelve scored boxes.
    nmsControls() {
      const { kind } = this.state;
      const go = (to) => () => this.set("at", Math.max(0, Math.min(this.result.steps.length, to(this.now))));
      return [
        this.choice("kind", say("方法", "method"), [["hard", say("硬：删去", "hard: remove")], ["linear", say("软：线性", "soft: linear")], ["gaussian", say("软：高斯", "soft: gaussian")]]),
        kind === "gaussian" ? this.slider("sigma", "σ", 0.05, 1, 0.05) : this.slider("above", say("IoU 阈值", "IoU threshold"), 0, 1, 0.05),
        this.toggle("each", say("每个类别各做各的", "each class on its own")),
        this.button(say("下一步", "next step"), go((at) => at + 1), "next"), this.button(say("退一步", "step back"), go((at) => at - 1), "back"),
        this.button(say("从头", "from the start"), go(() => 0), "restart"), this.button(say("做完", "to the end"), go(() => SCORES.length), "end"),
      ];
    }
    get now() { return Math.min(this.state.at, this.result.steps.length); }
    fate(i, { steps }) {  // of a box, after the steps so far
      const done = steps.slice(0, this.now);
      const taken = done.find(({ chosen }) => chosen === i);
      const by = done.find(({ gone }) => gone[i]);
      return { stays: Boolean(taken), by: by?.chosen ?? -1, last: done.at(-1)?.chosen === i, score: taken?.score ?? done.at(-1)?.left[i] ?? SCORES[i] };
    }
    nmsLooks(i, found) {
      const { stays, by, last, score } = this.fate(i, found);
      return { name: by < 0 ? `${letter(i)} ${show(score, 2)}` : letter(i), hue: by >= 0 ? "--d2-muted" : CLASSES[i] ? "--d2-orange" : "--d2-blue", dashed: by >= 0, faint: by >= 0, thick: stays || last };
    }
    nmsRender(found) {
      const { steps } = found;
      const at = this.now;
      const rows = span(SCORES.length).map((i) => {
        const { stays, by, score } = this.fate(i, found);
        const words = by >= 0 ? say(`被 ${letter(by)} 压下`, `gone: ${letter(by)}`) : stays ? say(`${show(score, 2)} 留下`, `${show(score, 2)} stays`) : show(score, 2);
        return { name: say(`${letter(i)} 类别 ${CLASSES[i] + 1}`, `${letter(i)}, class ${CLASSES[i] + 1}`), share: by >= 0 ? 0 : score, words, bad: by >= 0 };
      });
      const title = say("十二个框和得分；蓝是类别 1，橙是类别 2；粗线留下，虚线删去", "Twelve scored boxes; blue is class 1, orange class 2; thick ones stay, dashed ones are gone");
      return { stage: [this.canvas(title), bars(say(`第 ${at} 步以后的得分`, `Scores after step ${at}`), rows)], words: this.told(steps, at) };
    }
    told(steps, at) {
      const left = at < steps.length ? "" : say(`完了：留下 ${steps.map(({ chosen }) => letter(chosen)).join("、")}，共 ${steps.length} 个。`, ` Done: ${steps.map(({ chosen }) => letter(chosen)).join(", ")} stay, ${steps.length} boxes.`);
      if (!at) return say("还没开始：十二个框都在。", "Not begun: all twelve boxes are there.");
      const { chosen, score, factors, gone } = steps[at - 1];
      const iou = (i) => show(overlap(this.boxes[chosen], this.boxes[i]).iou, 2);
      const hit = span(SCORES.length).filter((i) => factors[i] < 1);
      const effect = hit.map((i) => (this.state.kind === "hard" ? say(`${letter(i)}（IoU ${iou(i)}）`, `${letter(i)} (IoU ${iou(i)})`)
        : say(`${letter(i)} 乘 ${show(factors[i], 2)}${gone[i] ? "，删去" : ""}`, `${letter(i)} times ${show(factors[i], 2)}${gone[i] ? ", gone" : ""}`)));
      const done = !hit.length ? say("别的框都不受影响。", " It touches no other box.")
        : this.state.kind === "hard" ? say(`删去 ${effect.join("、")}。`, ` It removes ${effect.join(", ")}.`) : say(`降低得分：${effect.join("、")}。`, ` It lowers ${effect.join(", ")}.`);
      return say(`第 ${at} 步：剩下的框里 ${letter(chosen)} 得分最高（${show(score, 2)}），留下。`, `Step ${at}: ${letter(chosen)} has the highest score left (${show(score, 2)}) and stays.`) + done + left;
    }
  }
  D2.register("d2-boxes", Boxes);
})();
