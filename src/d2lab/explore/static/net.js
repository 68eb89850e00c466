// A trained network, opened: draw its input, see every map, and follow one number of any layer back to what made it.
(() => {
  "use strict";
  const { say, make, bars, table, show, softmax, forward, nested, Explorer, ACTIVATIONS } = window.D2;
  const D2 = window.D2;
  const TERMS = 6;

  const opened = (raw) => ({ ...raw, layers: raw.layers.map((layer) => ({ ...layer, ...Object.fromEntries(["weight", "bias", "gain", "shift"].map((key) => [key, layer[key] && D2.unpack(layer[key])])) })) });

  const rgb = (name) => {
    const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim().replace("#", "");
    return [0, 2, 4].map((i) => parseInt(value.slice(i, i + 2), 16));
  };
  const paint = (canvas, map, top, at) => {
    const [paper, blue, orange] = ["--d2-paper", "--d2-blue", "--d2-orange"].map(rgb);
    const [h, w] = [map.length, map[0].length];
    Object.assign(canvas, { width: w, height: h });
    const context = canvas.getContext("2d");
    const image = context.createImageData(w, h);
    map.flat().forEach((v, k) => {
      const share = Math.min(1, Math.abs(v) / (top || 1));
      const ink = v < 0 ? blue : orange;
      for (let c = 0; c < 3; c++) image.data[4 * k + c] = paper[c] + (ink[c] - paper[c]) * share;
      image.data[4 * k + 3] = 255;
    });
    context.putImageData(image, 0, 0);
    if (at) {
      [context.strokeStyle, context.lineWidth] = [getComputedStyle(document.documentElement).getPropertyValue("--d2-ink"), 0.25];
      context.strokeRect(at[1] + 0.1, at[0] + 0.1, 0.8, 0.8);
    }
  };
  const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);

  class Net extends Explorer {
    label = say("打开一个网络", "A network, opened");
    start() {
      this.net = opened(window.D2_NET);
      this.pad = new D2.Pad(this.net.shape, () => this.update());
      new MutationObserver(() => this.isConnected && this.update()).observe(document.documentElement, { attributeFilter: ["class"] });
      if (this.net.examples.length) this.pad.pixels = this.example(0);
      this.pad.paint();
      return { layer: 0, map: 0, at: this.middle(0), example: 0 };
    }
    connectedCallback() {
      super.connectedCallback();
      this.insertBefore(this.words, this.stage);  // beside the controls that it answers to
    }
    middle(layer) {
      const { shape } = forward(this.net.layers.slice(0, layer + 1), this.pad.input).at(-1);
      return shape.length === 3 ? [Math.floor(shape[1] / 2), Math.floor(shape[2] / 2)] : [0, 0];
    }
    example(i) {
      return Float64Array.from(atob(this.net.examples[i].pixels), (c) => c.charCodeAt(0) / 255);
    }
    get result() {
      const seen = forward(this.net.layers, this.pad.input);
      return { seen, logits: Array.from(seen.at(-1).data), probabilities: softmax(Array.from(seen.at(-1).data)) };
    }
    controls() {
      const { examples, layers } = this.net;
      const file = make("input", { type: "file", accept: "image/*", "data-key": "file", onchange: (event) => event.target.files[0] && this.pad.read(event.target.files[0]).catch(() => { this.words.textContent = say("这个文件不是浏览器能读的图像。", "This file is no image that the browser can read."); }) });
      const color = this.net.shape[0] === 3 ? make("label", {}, make("span", {}, say("颜色", "color")), make("input", { type: "color", value: "#ffffff", oninput: (event) => {
        this.pad.color = [1, 3, 5].map((i) => parseInt(event.target.value.slice(i, i + 2), 16) / 255);
      } })) : null;
      return [
        make("div", { class: "d2-draw" }, this.pad.canvas, make("div", { class: "d2-buttons" },
          this.button(say("清空", "clear"), () => this.pad.clear(), "clear"), this.button(say("反色", "invert"), () => this.pad.invert(), "invert"),
          examples.length ? this.button(say("下一个例子", "next example"), () => { this.state.example = (this.state.example + 1) % examples.length; this.pad.load(this.example(this.state.example)); }, "example") : null)),
        color,
        make("label", {}, make("span", {}, say("自己的图像（只在本机读取）", "an image of yours (read here only)")), file),
        this.choice("layer", say("层", "layer"), layers.map((layer, i) => [i, `${i + 1} ${layer.title}`])),
      ];
    }
    changed(key, value) {
      this.state[key] = value;
      if (key === "layer") Object.assign(this.state, { map: 0, at: this.middle(value) });
      this.update();
    }
    select(layer, map, at) {
      Object.assign(this.state, { layer, map, at });
      this.querySelector(`#${this.localName}-layer`).selectedIndex = layer;
      this.update();
    }
    maps(tensor) {
      return tensor.shape.length === 3 ? nested(tensor) : [[Array.from(tensor.data)]];
    }
    strip(index, seen) {
      const maps = this.maps(seen[index + 1]);
      const top = largest(seen[index + 1].data);
      const { layer, map, at } = this.state;
      const small = maps.map((values, m) => {
        const canvas = make("canvas", {
          class: layer === index && map === m ? "d2-map d2-chosen" : "d2-map",
          style: maps[0].length === 1 ? "aspect-ratio:auto;height:1.1rem;width:100%" : "",
          onclick: (event) => this.select(index, m, [Math.floor((event.offsetY / canvas.clientHeight) * values.length), Math.floor((event.offsetX / canvas.clientWidth) * values[0].length)]),
        });
        paint(canvas, values, top, layer === index && map === m ? at : null);
        return canvas;
      });
      const shape = seen[index + 1].shape.join(" × ");
      return make("section", { class: "d2-layer" }, make("h3", {}, `${index + 1} ${this.net.layers[index].title} `, make("small", {}, shape)), make("div", { class: "d2-maps" }, ...small));
    }
    // The number that is looked at: what it was made of, term by term.
    step(seen) {
      const { layer: index, map, at } = this.state;
      const layer = this.net.layers[index];
      const [x, y] = [seen[index], seen[index + 1]];
      const flat = y.shape.length === 1;
      const value = flat ? y.data[at[1]] : y.data[(map * y.shape[1] + at[0]) * y.shape[2] + at[1]];
      const here = flat ? x.data[at[1]] : x.shape.length === 3 ? x.data[(map * x.shape[1] + at[0]) * x.shape[2] + at[1]] : null;
      if (layer.type === "conv" || layer.type === "pool") return { value, ...this.window(layer, x, map, at) };
      if (layer.type === "linear") {
        const inputs = layer.weight.shape[1];
        const terms = Array.from(x.data, (v, i) => ({ i, v, w: layer.weight.data[at[1] * inputs + i] })).sort((a, b) => Math.abs(b.v * b.w) - Math.abs(a.v * a.w));
        return { value, terms, bias: layer.bias ? layer.bias.data[at[1]] : 0 };
      }
      if (layer.type === "affine") return { value, here, gain: layer.gain.data[flat ? at[1] : map], shift: layer.shift.data[flat ? at[1] : map] };
      return { value, here };
    }
    window(layer, x, map, [row, column]) {
      const [channels, height, width] = x.shape;
      const [rows, columns] = layer.type === "conv" ? layer.weight.shape.slice(2) : [layer.window, layer.window];
      const chosen = layer.type === "conv" ? Array.from({ length: channels }, (_, c) => c) : [map];
      const dilation = layer.dilation ?? 1;
      const grid = (f) => Array.from({ length: rows }, (_, a) => Array.from({ length: columns }, (_, b) => f(a, b)));
      const parts = chosen.map((c) => {
        const seen = grid((a, b) => {
          const [i, j] = [row * layer.stride - layer.padding + a * dilation, column * layer.stride - layer.padding + b * dilation];
          return i < 0 || j < 0 || i >= height || j >= width ? 0 : x.data[(c * height + i) * width + j];
        });
        const kernel = layer.type === "conv" ? grid((a, b) => layer.weight.data[((map * channels + c) * rows + a) * columns + b]) : null;
        const sum = kernel ? seen.flat().reduce((total, v, k) => total + v * kernel.flat()[k], 0) : null;
        return { channel: c, seen, kernel, sum };
      });
      return { parts, bias: layer.bias ? layer.bias.data[map] : 0 };
    }
    explained(found, layer) {
      const { map, at } = this.state;
      const where = say(`第 ${map + 1} 幅图，第 ${at[0] + 1} 行第 ${at[1] + 1} 列`, `map ${map + 1}, row ${at[0] + 1}, column ${at[1] + 1}`);
      const bias = ` + ${show(found.bias ?? 0)}`;
      if (found.parts && layer.type === "conv") return `${where}: ${found.parts.map((p) => show(p.sum)).join(" + ")}${bias} = ${show(found.value, 5)}`;
      if (found.parts) return `${where}: ${layer.kind === "max" ? "max" : say("平均", "mean")}(${found.parts[0].seen.flat().map((v) => show(v)).join(", ")}) = ${show(found.value, 5)}`;
      if (found.terms) {
        const rest = found.terms.slice(TERMS).reduce((sum, t) => sum + t.v * t.w, 0);
        return `${found.terms.slice(0, TERMS).map((t) => `${show(t.v)}·${show(t.w)}`).join(" + ")} + ${say("其余", "the rest")} ${show(rest)}${bias} = ${show(found.value, 5)}`;
      }
      if (found.gain !== undefined) return `${where}: ${show(found.here)}·${show(found.gain)} + ${show(found.shift)} = ${show(found.value, 5)}`;
      if (layer.type === "activation") return `${where}: ${layer.name}(${show(found.here)}) = ${show(ACTIVATIONS[layer.name].value(found.here), 5)}`;
      return `${where}: ${show(found.value, 5)}`;
    }
    detail(seen) {
      const { layer: index, map, at } = this.state;
      const maps = this.maps(seen[index + 1]);
      const values = maps[Math.min(map, maps.length - 1)];
      const found = this.step(seen);
      const canvas = make("canvas", {
        class: "d2-big", tabindex: 0, role: "application", "data-key": "map", style: values.length === 1 ? "aspect-ratio:auto;height:1.6rem;width:100%" : "",
        "aria-label": say("选中的图：方向键移动，加减号换一幅", "The chosen map: arrow keys move, plus and minus change the map"),
        onkeydown: (event) => {
          const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
          const turn = { "+": 1, "=": 1, "-": -1 }[event.key];
          if (!by && !turn) return;
          event.preventDefault();
          if (turn) this.select(index, (map + turn + maps.length) % maps.length, at);
          else this.select(index, map, [Math.max(0, Math.min(values.length - 1, at[0] + by[0])), Math.max(0, Math.min(values[0].length - 1, at[1] + by[1]))]);
        },
        onclick: (event) => this.select(index, map, [Math.floor((event.offsetY / canvas.clientHeight) * values.length), Math.floor((event.offsetX / canvas.clientWidth) * values[0].length)]),
      });
      paint(canvas, values, largest(values.flat()), at);
      const windows = (found.parts ?? []).slice(0, 8).flatMap((part) => [
        table(say(`输入 ${part.channel + 1}`, `input ${part.channel + 1}`), part.seen, { digits: 2 }),
        part.kernel ? table(say(`核 ${part.channel + 1}`, `kernel ${part.channel + 1}`), part.kernel, { digits: 2 }) : null]);
      const more = (found.parts?.length ?? 0) > 8 ? make("p", {}, say(`还有 ${found.parts.length - 8} 个通道`, `and ${found.parts.length - 8} channels more`)) : null;
      return { found, box: make("section", { class: "d2-detail" }, make("div", { class: "d2-row" }, canvas, ...windows.filter(Boolean)), more) };
    }
    render() {
      const { seen, probabilities } = this.result;
      const order = probabilities.map((p, i) => [p, i]).sort((a, b) => b[0] - a[0]).slice(0, 5);
      const { found, box } = this.detail(seen);
      return {
        stage: [
          bars(say("预测", "Prediction"), order.map(([p, i]) => ({ name: this.net.classes[i], share: p, words: p.toFixed(3) }))),
          box,
          make("div", { class: "d2-layers" }, ...this.net.layers.map((_, i) => this.strip(i, seen))),
        ],
        words: this.explained(found, this.net.layers[this.state.layer]),
      };
    }
  }
  D2.register("d2-net", Net);
})();
