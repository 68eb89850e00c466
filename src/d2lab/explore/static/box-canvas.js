// A canvas of boxes that are moved, whole or by a corner: mouse, finger or keyboard.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, Explorer } = D2;
  const PHOTO = { width: 400, height: 270, smallest: 12, unit: 1, step: 5, small: 1 };  // pixels; `step` of an arrow key, with Shift `small`
  const CORNERS = [[0, 1], [2, 1], [2, 3], [0, 3]];  // edges that meet there
  const REACH = 14;  // of a corner, pixels of the screen
  const between = (low, value, high) => Math.max(low, Math.min(high, value));
  const GRIPS = [say("整个框", "whole box"), say("左上角", "top left corner"), say("右上角", "top right corner"), say("右下角", "bottom right corner"), say("左下角", "bottom left corner")];

  // A box after its grip (0: all of it, 1 to 4: a corner) was moved; it stays in the image and doesn't turn round.
  const moved = (box, grip, by, { width, height, smallest, unit } = PHOTO) => {
    const whole = (v) => unit * Math.round(v / unit);
    if (!grip) {
      const [x, y] = [0, 1].map((i) => between(-box[i], by[i], [width, height][i] - box[i + 2]));
      return box.map((v, i) => whole(v + (i % 2 ? y : x)));
    }
    const next = [...box];
    for (const edge of CORNERS[grip - 1]) {
      const [low, high] = edge < 2 ? [0, box[edge + 2] - smallest] : [box[edge - 2] + smallest, [width, height][edge % 2]];
      next[edge] = whole(between(low, box[edge] + by[edge % 2], high));
    }
    return next;
  };

  // `boxes` is the list that is moved; `looks(i)` says how one is drawn: { name, hue, dashed, faint, thick, inside }.
  class BoxExplorer extends Explorer {
    field = PHOTO;
    how = say("拖动框或它的角。键盘：Tab 选框，方向键移动（加 Shift 每次 1 像素），空格换一个角。", "Drag a box or a corner. Keyboard: Tab to a box, arrow keys move it (with Shift by 1 pixel), space takes the next corner.");
    connectedCallback() {
      if (this.state) return;
      super.connectedCallback();
      const on = (name, action) => this.stage.addEventListener(name, action);
      on("pointerdown", (event) => this.take(event));
      on("pointermove", (event) => { if (this.drag?.pointer === event.pointerId) this.pull(event); });
      for (const name of ["pointerup", "pointercancel"]) on(name, () => (this.drag = null));
      on("mousedown", (event) => { if (this.drag) event.preventDefault(); });  // the focus is set by `take`
    }
    rebuild() {
      const focus = this.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
      super.rebuild();
      if (focus) this.querySelector(`[data-key="${focus}"]`)?.focus({ preventScroll: true });
    }
    at(event) {
      const frame = this.querySelector(".d2-boxes").getBoundingClientRect();
      const scale = this.field.width / frame.width;
      return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale, reach: REACH * scale };
    }
    take(event) {
      if (event.button || !event.target.closest(".d2-boxes")) return;
      const { x, y, reach } = this.at(event);
      let [index, grip, near] = [-1, 0, reach];
      const size = (box) => (box[2] - box[0]) * (box[3] - box[1]);
      this.boxes.forEach((box, i) => {
        if (x > box[0] && x < box[2] && y > box[1] && y < box[3] && (index < 0 || size(box) < size(this.boxes[index]))) index = i;
      });
      this.boxes.forEach((box, i) => CORNERS.forEach(([a, b], corner) => {
        const away = Math.hypot(box[a] - x, box[b] - y);
        if (away < near) [index, grip, near] = [i, corner + 1, away];
      }));
      if (index < 0) return;
      this.drag = { pointer: event.pointerId, x, y, box: this.boxes[index] };
      this.stage.setPointerCapture(event.pointerId);
      Object.assign(this.state, { active: index, grip });
      this.querySelector(`[data-key="box-${index}"]`).focus({ preventScroll: true });
      this.update();
    }
    pull(event) {
      const { x, y } = this.at(event);
      this.place(moved(this.drag.box, this.state.grip, [x - this.drag.x, y - this.drag.y], this.field));
    }
    place(box) {
      this.boxes[this.state.active] = box;
      this.update();
    }
    key(event) {
      const far = event.shiftKey ? this.field.small : this.field.step;
      const by = { ArrowUp: [0, -far], ArrowDown: [0, far], ArrowLeft: [-far, 0], ArrowRight: [far, 0] }[event.key];
      if (!by && event.key !== " ") return;
      event.preventDefault();
      if (by) this.place(moved(this.boxes[this.state.active], this.state.grip, by, this.field));
      else this.set("grip", (this.state.grip + 1) % GRIPS.length);
    }
    edges(box) { return box; }  // as they are said
    one(box, i, handles) {
      const { active, grip } = this.state;
      const { name, hue, dashed, faint, thick, inside } = this.looks(i);
      const [x1, y1, x2, y2] = box;
      const held = i === active ? grip : 0;
      const [left, top, right, bottom] = this.edges(box);
      const said = say(`${name}：左 ${left}，上 ${top}，右 ${right}，下 ${bottom}；移动${GRIPS[held]}`, `${name}: left ${left}, top ${top}, right ${right}, bottom ${bottom}; moving the ${GRIPS[held]}`);
      const corners = !handles && i !== active ? [] : CORNERS.flatMap(([a, b], corner) => [
        draw("circle", { class: "d2-reach", cx: box[a], cy: box[b], r: 14 }),
        draw("rect", { class: held === corner + 1 ? "d2-handle d2-held" : "d2-handle", x: box[a] - 4, y: box[b] - 4, width: 8, height: 8 })]);
      return draw("g", {
        class: `d2-box${dashed ? " d2-off" : ""}${faint ? " d2-faint" : ""}${thick ? " d2-thick" : ""}`, style: `--hue:var(${hue})`,
        tabindex: 0, role: "application", "data-key": `box-${i}`, "aria-label": said, "aria-describedby": `${this.localName}-how`,
        onkeydown: (event) => this.key(event), onfocus: () => { if (active !== i) { this.state.grip = 0; this.set("active", i); } },
      }, draw("rect", { class: "d2-area", x: x1, y: y1, width: x2 - x1, height: y2 - y1 }), ...corners,
      draw("text", { x: x1 + 5, y: inside === "bottom" ? y2 - 6 : inside === "above" && y1 > 24 ? y1 - 9 : y1 + 15 }, name));
    }
    canvas(title, { below = [], above = [], handles = false } = {}) {
      const { width, height } = this.field;
      return make("figure", { class: "d2-wide d2-canvas" }, make("figcaption", {}, title),
        draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": title, class: "d2-boxes" },
          draw("rect", { class: "d2-frame", x: 0.5, y: 0.5, width: width - 1, height: height - 1 }),
          ...below, ...this.boxes.map((box, i) => this.one(box, i, handles)), ...above),
        make("p", { class: "d2-how", id: `${this.localName}-how` }, this.how));
    }
    // A table with a row of names: cells are words, or { words, class }.
    named(caption, heads, rows) {
      const cell = (one) => make("td", { class: one.class }, one.words ?? one);
      return make("figure", { class: "d2-wide d2-beside" }, make("figcaption", {}, caption), make("div", { class: "d2-table" },
        make("table", { class: "d2-batch" }, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
          make("tbody", {}, ...rows.map(({ name, hue, cells }) => make("tr", { style: `--hue:var(${hue})` }, make("th", { scope: "row" }, name), ...cells.map(cell)))))));
    }
  }
  Object.assign(D2, { BoxExplorer, boxMoved: moved });
})();
