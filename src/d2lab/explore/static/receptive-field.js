// The receptive field of one output through a stack of layers, in one dimension.
(() => {
  "use strict";
  const { say, make, draw, span, Explorer, fields, ranges } = window.D2;
  const OUTPUTS = 5;

  class ReceptiveField extends Explorer {
    label = say("感受野", "Receptive field");
    start() {
      return { layers: [{ kernel: 3, stride: 1, dilation: 1 }, { kernel: 2, stride: 2, dilation: 1 }, { kernel: 3, stride: 1, dilation: 1 }], place: 2 };
    }
    get result() {
      const { layers, place } = this.state;
      return { fields: fields(layers), ranges: ranges(layers, place) };
    }
    controls() {
      const layer = (one, i) => {
        const pick = (key, name, values) => make("label", {}, make("span", {}, name), make("select", {
          "data-key": `${key}-${i}`, "aria-label": say(`第 ${i + 1} 层的${name}`, `${name} of layer ${i + 1}`),
          onchange: (event) => { one[key] = values[event.target.selectedIndex]; this.update(); },
        }, ...values.map((v) => make("option", { selected: v === one[key] }, String(v)))));
        return make("fieldset", {}, make("legend", {}, say(`第 ${i + 1} 层`, `layer ${i + 1}`)),
          pick("kernel", say("核", "kernel"), [1, 2, 3, 5, 7]), pick("stride", say("步幅", "stride"), [1, 2, 3]), pick("dilation", say("空洞", "dilation"), [1, 2, 4]));
      };
      const { layers } = this.state;
      return [...layers.map(layer), make("div", { class: "d2-buttons" },
        this.button(say("加一层", "add a layer"), () => { if (layers.length < 5) layers.push({ kernel: 3, stride: 1, dilation: 1 }); this.rebuild(); }, "add"),
        this.button(say("减一层", "remove one"), () => { if (layers.length > 1) layers.pop(); this.rebuild(); }, "remove")),
        this.slider("place", say("输出的位置", "output"), 0, OUTPUTS - 1)];
    }
    render() {
      const { layers, place } = this.state;
      const { fields: seen, ranges: spans } = this.result;
      const whole = ranges(layers, OUTPUTS - 1).map(([, last]) => last + 1);
      const rows = layers.length + 1;
      const [W, step] = [640, 52];
      const H = rows * step;
      const x = (row, unit) => {  // a unit stands over the middle of what it sees in the input
        const [first, last] = ranges(layers.slice(0, row), unit)[0];
        return 14 + (((first + last) / 2 + 0.5) / whole[0]) * (W - 28);
      };
      const y = (row) => H - 20 - row * step;
      const lit = (row, unit) => unit >= spans[row][0] && unit <= spans[row][1];
      const picture = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": this.label });
      layers.forEach(({ kernel, stride, dilation }, row) => {
        for (let unit = 0; unit < whole[row + 1]; unit++) {
          if (!lit(row + 1, unit)) continue;
          for (const k of span(kernel)) {
            const below = unit * stride + k * dilation;
            picture.append(draw("line", { class: "d2-ray", x1: x(row + 1, unit), y1: y(row + 1), x2: x(row, below), y2: y(row) }));
          }
        }
      });
      const touched = layers.reduceRight((set, { kernel, stride, dilation }) => {
        const units = [...set[0]].flatMap((unit) => span(kernel).map((k) => unit * stride + k * dilation));
        return [new Set(units), ...set];
      }, [new Set([place])]);
      for (const row of span(rows)) {
        const radius = Math.max(1.5, Math.min(8, (W / whole[0]) * 0.38));
        for (const unit of span(whole[row]))
          picture.append(draw("circle", { class: touched[row].has(unit) ? "d2-lit" : "d2-unit", cx: x(row, unit), cy: y(row), r: radius }));
      }
      const sizes = seen.map(({ field }, i) => say(`第 ${i + 1} 层 ${field}`, `layer ${i + 1}: ${field}`)).join(say("，", ", "));
      const last = seen.at(-1);
      return {
        stage: [make("figure", { class: "d2-wide" }, make("figcaption", {}, say("最下一行是输入，最上一行是输出", "Input at the bottom, output on top")), picture)],
        words: say(`看到的输入像素：${sizes}。输出每走一步，输入走 ${last.step} 步；输出 ${place} 看到第 ${spans[0][0]} 到第 ${spans[0][1]} 个。`,
          `Input pixels seen: ${sizes}. A step of the output is ${last.step} of the input; output ${place} sees ${spans[0][0]} to ${spans[0][1]}.`),
      };
    }
  }
  window.D2.register("d2-receptive-field", ReceptiveField);
})();
