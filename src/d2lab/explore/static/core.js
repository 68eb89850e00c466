// What all explorers share: the element, its controls, tables of numbers, charts, and the two languages.
(() => {
  "use strict";
  const D2 = window.D2;
  const ZH = document.documentElement.lang.startsWith("zh");
  const say = (zh, en) => (ZH ? zh : en);
  const SVG = "http://www.w3.org/2000/svg";

  const make = (name, attributes = {}, ...children) => {
    const svg = attributes.svg;
    const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "svg" || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const draw = (name, attributes, ...children) => make(name, { ...attributes, svg: true }, ...children);

  const show = (value, digits = 3) => {
    if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e+", "e").replace(".0e", "e");
    return String(Number(value.toPrecision(digits)));
  };

  // The element: `controls()` lists what can be moved, `render()` draws; whatever is moved calls `render` again.
  class Explorer extends HTMLElement {
    connectedCallback() {
      if (this.state) return;
      this.state = this.start();
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", this.label);
      this.panel = make("div", { class: "d2-controls" });
      this.stage = make("div", { class: "d2-stage" });
      this.words = make("p", { class: "d2-words", "aria-live": "polite" });
      this.replaceChildren(this.panel, this.stage, this.words);
      this.rebuild();
    }
    controls() { return []; }
    rebuild() {
      this.panel.replaceChildren(...this.controls().filter(Boolean));
      this.update();
    }
    update() {
      const focus = this.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
      const parts = this.render();
      this.stage.replaceChildren(...parts.stage.filter(Boolean));
      this.words.textContent = parts.words;
      if (focus) this.querySelector(`[data-key="${focus}"]`)?.focus({ preventScroll: true });
    }
    set(key, value) {
      this.state[key] = value;
      this.update();
    }

    slider(key, label, min, max, step = 1, format = (v) => show(v)) {
      const id = `${this.localName}-${key}`;
      const output = make("output", { for: id }, format(this.state[key]));
      const input = make("input", { id, type: "range", min, max, step, "data-key": key, oninput: () => {
        output.textContent = format(Number(input.value));
        this.changed(key, Number(input.value));
      } });
      input.value = this.state[key];
      return make("label", { for: id }, make("span", {}, label, " ", output), input);
    }
    choice(key, label, options) {
      const id = `${this.localName}-${key}`;
      const select = make("select", { id, "data-key": key, onchange: () => {
        const chosen = options[select.selectedIndex][0];
        this.changed(key, chosen);
      } }, ...options.map(([value, name]) => make("option", { selected: value === this.state[key] }, name)));
      return make("label", { for: id }, make("span", {}, label), select);
    }
    toggle(key, label) {
      const id = `${this.localName}-${key}`;
      const input = make("input", { id, type: "checkbox", "data-key": key, onchange: () => this.changed(key, input.checked) });
      input.checked = this.state[key];
      return make("label", { class: "d2-toggle", for: id }, input, label);
    }
    button(label, action, key) {
      return make("button", { type: "button", "data-key": key ?? label, onclick: action }, label);
    }
    changed(key, value) { this.set(key, value); }
  }

  // Colors: blue below 0, orange (or another hue) above, paper at 0; from 0 to 1 for images.
  const tint = (value, top, hue = "--d2-orange") => {
    if (!Number.isFinite(value)) return "var(--d2-red)";
    const share = Math.round(Math.min(1, Math.abs(value) / (top || 1)) * 70);
    return `color-mix(in srgb, var(${value < 0 ? "--d2-blue" : hue}) ${share}%, var(--d2-paper))`;
  };

  // A table of numbers. `marks(i, j)` gives a class; `pick(i, j)` makes it a grid that arrow keys and clicks move through.
  const table = (caption, rows, { top, marks = () => "", pick = null, at = null, key = null, digits = 3, hue = undefined } = {}) => {
    const most = top ?? Math.max(1e-9, ...rows.flat().filter(Number.isFinite).map(Math.abs));
    const body = rows.map((row, i) =>
      make("tr", {}, ...row.map((value, j) => make("td", {
        class: marks(i, j), style: `background:${tint(value, most, hue)}`,
        "aria-selected": pick ? String(at[0] === i && at[1] === j) : undefined, role: pick ? "gridcell" : undefined,
        onclick: pick ? () => pick(i, j) : undefined,
      }, show(value, digits)))));
    const move = (event) => {
      const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      pick(Math.max(0, Math.min(rows.length - 1, at[0] + by[0])), Math.max(0, Math.min(rows[0].length - 1, at[1] + by[1])));
    };
    const grid = make("table", {
      class: pick ? "d2-numbers d2-pick" : "d2-numbers", role: pick ? "grid" : undefined, tabindex: pick ? 0 : undefined,
      "data-key": pick ? key : undefined, "data-table": key ?? undefined, onkeydown: pick ? move : undefined, "aria-label": pick ? caption : undefined,
    }, make("caption", {}, caption), make("tbody", {}, ...body));
    return make("div", { class: "d2-table" }, grid);
  };

  const ticks = (low, high, log) => {
    if (log) {
      const [a, b] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)];
      const step = Math.max(1, Math.ceil((b - a) / 6));
      return Array.from({ length: Math.floor((b - a) / step) + 1 }, (_, i) => a + i * step);
    }
    const rough = (high - low) / 5;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((m) => m * unit >= rough) * unit;
    return Array.from({ length: Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 },
      (_, i) => (Math.ceil(low / step - 1e-9) + i) * step);
  };
  const HUES = ["--d2-blue", "--d2-orange", "--d2-green", "--d2-violet", "--d2-red", "--d2-muted"];

  // A chart of lines and dots. series: { name, x, y, dots, dashed, hue }. Values beyond the frame are cut off.
  const chart = (title, series, { x: [x0, x1], y: [y0, y1], xName = "", yName = "", log = false, bars = null } = {}) => {
    const [W, H, L, R, T, B] = [460, 280, 52, 12, 10, 40];
    const scale = log ? Math.log10 : (v) => v;
    const [low, high] = [scale(y0), scale(y1)];
    const px = (v) => L + ((v - x0) / (x1 - x0 || 1)) * (W - L - R);
    const py = (v) => H - B - ((Math.max(low - 9, Math.min(high + 9, scale(Math.max(v, log ? 1e-300 : -Infinity)))) - low) / (high - low || 1)) * (H - T - B);
    const clip = `clip-${Math.random().toString(36).slice(2)}`;
    const grid = ticks(low, high, log).map((v) => {
      const y = py(log ? 10 ** v : v);
      return draw("g", {}, draw("line", { class: "d2-gridline", x1: L, x2: W - R, y1: y, y2: y }),
        draw("text", { x: L - 6, y: y + 4, "text-anchor": "end" }, log ? show(10 ** v) : show(v)));
    });
    const feet = ticks(x0, x1, false).map((v) => draw("text", { x: px(v), y: H - B + 16, "text-anchor": "middle" }, show(v)));
    const inside = draw("g", { "clip-path": `url(#${clip})` });
    series.forEach((one, i) => {
      const color = `var(${one.hue ?? HUES[i % HUES.length]})`;
      const points = one.x.map((v, k) => [px(v), py(one.y[k])]).filter(([, y]) => Number.isFinite(y));
      if (one.dots) inside.append(...points.map(([a, b]) => draw("circle", { cx: a, cy: b, r: one.size ?? 3.5, fill: one.hollow ? "none" : color, stroke: color, "stroke-width": 1.5 })));
      else inside.append(draw("polyline", { points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "), fill: "none", stroke: color, "stroke-width": 2, "stroke-dasharray": one.dashed ? "5 4" : undefined }));
    });
    const picture = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title },
      draw("clipPath", { id: clip }, draw("rect", { x: L, y: T, width: W - L - R, height: H - T - B })),
      ...grid, ...feet, draw("rect", { class: "d2-frame", x: L, y: T, width: W - L - R, height: H - T - B }), inside,
      draw("text", { x: (L + W - R) / 2, y: H - 6, "text-anchor": "middle" }, xName),
      draw("text", { x: 12, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(T + H - B) / 2})` }, yName));
    const legend = make("p", { class: "d2-legend" }, ...series.filter((s) => s.name).map((one) => {
      const i = series.indexOf(one);
      return make("span", {}, make("i", { class: one.dots ? "d2-dot" : "", style: `--hue:var(${one.hue ?? HUES[i % HUES.length]})` }), one.name);
    }));
    return make("figure", { class: "d2-chart" }, make("figcaption", {}, title), legend, picture);
  };

  // Bars with their numbers, from 0 to 1.
  const bars = (title, rows) => make("figure", { class: "d2-bars" }, make("figcaption", {}, title),
    ...rows.map(({ name, share, words, bad }) => make("div", { class: bad ? "d2-bar d2-bad" : "d2-bar" },
      make("span", {}, name),
      make("i", { style: `--share:${Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0}` }),
      make("span", { class: "d2-number" }, words))));

  const register = (name, type) => customElements.get(name) ?? customElements.define(name, type);
  const span = (n) => Array.from({ length: n }, (_, i) => i);
  Object.assign(D2, { ZH, say, make, draw, show, Explorer, table, chart, bars, tint, register, span, HUES });
})();
