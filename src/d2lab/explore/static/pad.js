// A pad to draw on, as large as the image that a network reads: pointer, finger or keyboard.
(() => {
  "use strict";
  const { say, make, tensor } = window.D2;
  const D2 = window.D2;

  class Pad {
    constructor([channels, height, width], changed) {
      Object.assign(this, { channels, height, width, changed, cursor: [Math.floor(height / 2), Math.floor(width / 2)], down: false, brush: Math.max(0.8, width / 16), color: [1, 1, 1] });
      this.pixels = new Float64Array(channels * height * width);
      this.canvas = make("canvas", {
        width, height, class: "d2-pad", tabindex: 0, role: "application", "data-key": "pad",
        "aria-label": say("画板：方向键移动，空格落笔或抬笔，Delete 清空", "Drawing pad: arrow keys move, space puts the pen down or up, Delete clears"),
        onpointerdown: (event) => { this.canvas.setPointerCapture?.(event.pointerId); this.pressed = true; this.last = null; this.stroke(event); },
        onpointermove: (event) => { if (this.pressed) this.stroke(event); },
        onpointerup: () => (this.pressed = false), onpointercancel: () => (this.pressed = false),
        onkeydown: (event) => this.key(event), onfocus: () => this.paint(), onblur: () => { this.down = false; this.paint(); },
      });
      this.paint();
    }
    get input() { return tensor([this.channels, this.height, this.width], this.pixels); }
    stroke(event) {
      event.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * this.width - 0.5;
      const y = ((event.clientY - box.top) / box.height) * this.height - 0.5;
      const [fromX, fromY] = this.last ?? [x, y];
      const steps = Math.max(1, Math.ceil(Math.hypot(x - fromX, y - fromY) * 2));
      for (let i = 1; i <= steps; i++) this.dab(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
      this.last = [x, y];
      this.done();
    }
    dab(x, y) {
      for (let i = Math.max(0, Math.floor(y - this.brush - 1)); i <= Math.min(this.height - 1, Math.ceil(y + this.brush + 1)); i++)
        for (let j = Math.max(0, Math.floor(x - this.brush - 1)); j <= Math.min(this.width - 1, Math.ceil(x + this.brush + 1)); j++) {
          const ink = Math.max(0, Math.min(1, this.brush + 0.5 - Math.hypot(i - y, j - x)));
          for (let c = 0; c < this.channels; c++) {
            const k = (c * this.height + i) * this.width + j;
            this.pixels[k] += (this.color[c] - this.pixels[k]) * (this.channels === 1 ? Math.max(0, ink - this.pixels[k]) / (1 - this.pixels[k] || 1) : ink);
          }
        }
    }
    key(event) {
      const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (by) {
        this.cursor = [Math.max(0, Math.min(this.height - 1, this.cursor[0] + by[0])), Math.max(0, Math.min(this.width - 1, this.cursor[1] + by[1]))];
        if (this.down) this.dab(this.cursor[1], this.cursor[0]);
      } else if (event.key === " ") {
        this.down = !this.down;
        if (this.down) this.dab(this.cursor[1], this.cursor[0]);
      } else if (event.key === "Delete" || event.key === "Backspace") this.pixels.fill(0);
      else return;
      event.preventDefault();
      this.done();
    }
    clear() { this.pixels.fill(0); this.done(); }
    load(values) { this.pixels = Float64Array.from(values); this.done(); }
    // An image file of the reader: it is drawn here and goes nowhere.
    async read(file) {
      const bitmap = await createImageBitmap(file);
      const canvas = make("canvas", { width: this.width, height: this.height });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, this.width, this.height);
      const bytes = context.getImageData(0, 0, this.width, this.height).data;
      const n = this.height * this.width;
      for (let k = 0; k < n; k++) {
        const [r, g, b] = [0, 1, 2].map((c) => bytes[4 * k + c] / 255);
        if (this.channels === 1) this.pixels[k] = 0.299 * r + 0.587 * g + 0.114 * b;
        else [r, g, b].forEach((v, c) => (this.pixels[c * n + k] = v));
      }
      this.done();
    }
    invert() { this.pixels = this.pixels.map((v) => 1 - v); this.done(); }
    done() { this.paint(); this.changed(); }
    paint() {
      const context = this.canvas.getContext("2d");
      const image = context.createImageData(this.width, this.height);
      const n = this.height * this.width;
      for (let k = 0; k < n; k++) {
        for (let c = 0; c < 3; c++) image.data[4 * k + c] = 255 * this.pixels[(this.channels === 1 ? 0 : c * n) + k];
        image.data[4 * k + 3] = 255;
      }
      context.putImageData(image, 0, 0);
      if (document.activeElement === this.canvas) {
        context.fillStyle = this.down ? "#f08c3a" : "#56b4e9";
        context.globalAlpha = 0.7;
        context.fillRect(this.cursor[1], this.cursor[0], 1, 1);
        context.globalAlpha = 1;
      }
    }
  }
  D2.Pad = Pad;
})();
