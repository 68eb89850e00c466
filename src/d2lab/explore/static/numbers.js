// Tensors and layers: what torch computes, in plain loops. A tensor is { shape, data }, the last axis running fastest.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});

  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  const tensor = (shape, data) => ({ shape, data: data ? Float64Array.from(data) : new Float64Array(size(shape)) });
  const nested = ({ shape, data }, axis = 0, start = 0) => {
    if (axis === shape.length) return data[start];
    const step = size(shape.slice(axis + 1));
    return Array.from({ length: shape[axis] }, (_, i) => nested({ shape, data }, axis + 1, start + i * step));
  };

  // Numbers that look random and are the same for the same seed.
  const random = (seed) => {
    let state = seed >>> 0;
    const even = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const normal = () => Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even());
    const shuffled = (n) => {
      const order = Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor(even() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    };
    return { even, normal, shuffled };
  };

  const outputSize = (n, kernel, stride, padding, dilation = 1) =>
    Math.floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

  // x: (channels, h, w); weight: (maps, channels, a, b); bias: (maps) or null.
  const conv2d = (x, weight, bias, stride = 1, padding = 0, dilation = 1) => {
    const [channels, height, width] = x.shape;
    const [maps, , rows, columns] = weight.shape;
    const h = outputSize(height, rows, stride, padding, dilation);
    const w = outputSize(width, columns, stride, padding, dilation);
    const out = tensor([maps, h, w]);
    for (let m = 0; m < maps; m++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++) {
          let sum = bias ? bias.data[m] : 0;
          for (let c = 0; c < channels; c++)
            for (let a = 0; a < rows; a++) {
              const y = i * stride - padding + a * dilation;
              if (y < 0 || y >= height) continue;
              for (let b = 0; b < columns; b++) {
                const z = j * stride - padding + b * dilation;
                if (z >= 0 && z < width)
                  sum += x.data[(c * height + y) * width + z] * weight.data[((m * channels + c) * rows + a) * columns + b];
              }
            }
          out.data[(m * h + i) * w + j] = sum;
        }
    return out;
  };

  // kind: "max" ignores padding, "mean" counts it as zeros, as torch does.
  const pool2d = (x, kind, window, stride = window, padding = 0) => {
    const [channels, height, width] = x.shape;
    const h = outputSize(height, window, stride, padding);
    const w = outputSize(width, window, stride, padding);
    const out = tensor([channels, h, w]);
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++) {
          let best = -Infinity;
          let sum = 0;
          for (let a = 0; a < window; a++)
            for (let b = 0; b < window; b++) {
              const [y, z] = [i * stride - padding + a, j * stride - padding + b];
              if (y < 0 || y >= height || z < 0 || z >= width) continue;
              const value = x.data[(c * height + y) * width + z];
              best = Math.max(best, value);
              sum += value;
            }
          out.data[(c * h + i) * w + j] = kind === "max" ? best : sum / window ** 2;
        }
    return out;
  };

  const linear = (x, weight, bias) => {
    const [outputs, inputs] = weight.shape;
    const out = tensor([outputs]);
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias.data[o] : 0;
      for (let i = 0; i < inputs; i++) sum += weight.data[o * inputs + i] * x.data[i];
      out.data[o] = sum;
    }
    return out;
  };

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  // The error function by its series near 0 and a continued fraction beyond; both to double precision.
  const erf = (x) => {
    const z = Math.abs(x);
    if (z < 2.5) {
      let term = z;
      let sum = z;
      for (let n = 1; n < 80; n++) {
        term *= -(z * z) / n;
        sum += term / (2 * n + 1);
      }
      return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
    }
    let f = 0;
    for (let n = 60; n > 0; n--) f = n / 2 / (z + f);
    return Math.sign(x) * (1 - Math.exp(-z * z) / ((z + f) * Math.sqrt(Math.PI)));
  };
  const bell = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const share = (x) => (1 + erf(x / Math.SQRT2)) / 2;
  const ACTIVATIONS = {
    relu: { value: (x) => Math.max(0, x), derivative: (x) => (x > 0 ? 1 : 0) },
    leaky_relu: { value: (x) => (x > 0 ? x : 0.01 * x), derivative: (x) => (x > 0 ? 1 : 0.01) },
    sigmoid: { value: sigmoid, derivative: (x) => sigmoid(x) * (1 - sigmoid(x)) },
    tanh: { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 },
    gelu: { value: (x) => x * share(x), derivative: (x) => share(x) + x * bell(x) },
    silu: { value: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) },
    identity: { value: (x) => x, derivative: () => 1 },
  };
  const mapped = (x, f) => tensor(x.shape, Array.from(x.data, f));

  const softmax = (values, temperature = 1) => {
    const top = Math.max(...values);
    const positive = values.map((v) => Math.exp((v - top) / temperature));
    const sum = positive.reduce((a, b) => a + b, 0);
    return positive.map((v) => v / sum);
  };
  // The same without taking the largest out, in single precision: what overflows.
  const naiveSoftmax = (values, temperature = 1) => {
    const positive = values.map((v) => Math.fround(Math.exp(Math.fround(Math.fround(v) / Math.fround(temperature)))));
    const sum = positive.reduce((a, b) => Math.fround(a + b), 0);
    return { exponentials: positive, sum, shares: positive.map((v) => Math.fround(v / sum)) };
  };

  // One layer of a model as `d2lab explore` writes it.
  const LAYERS = {
    conv: (x, l) => conv2d(x, l.weight, l.bias, l.stride, l.padding, l.dilation),
    pool: (x, l) => pool2d(x, l.kind, l.window, l.stride, l.padding),
    mean: (x) => {
      const n = x.shape[1] * x.shape[2];
      return tensor([x.shape[0], 1, 1], nested(x).map((map) => map.flat().reduce((a, b) => a + b, 0) / n));
    },
    linear: (x, l) => linear(x, l.weight, l.bias),
    activation: (x, l) => mapped(x, ACTIVATIONS[l.name].value),
    affine: (x, l) => {
      const each = x.data.length / x.shape[0];
      return tensor(x.shape, x.data.map((v, i) => v * l.gain.data[Math.floor(i / each)] + l.shift.data[Math.floor(i / each)]));
    },
    flatten: (x) => tensor([x.data.length], x.data),
  };
  const forward = (layers, x) => {
    const seen = [x];
    for (const layer of layers) seen.push(LAYERS[layer.type](seen.at(-1), layer));
    return seen;
  };

  // Weights travel as base64 of 32-bit floats.
  const unpack = (packed) => {
    const bytes = Uint8Array.from(atob(packed.data), (c) => c.charCodeAt(0));
    return tensor(packed.shape, new Float32Array(bytes.buffer));
  };

  // A recurrent model of characters: of a run, or the letter model of the course, whose weights are whole thousandths.
  const openedText = (raw) => {
    const real = (part) => (part.map ? part.map(real) : part / raw.scale);
    const numbers = raw.layers ? (packed) => nested(unpack(packed)) : real;
    const layers = raw.layers ?? [{ input: raw.input, state: raw.state, inputBias: raw.bias, stateBias: raw.bias.map(() => 0) }];
    const output = raw.layers ? raw.output : { weight: raw.output, bias: raw.outputBias };
    const opened = (parts) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, numbers(part)]));
    const tokens = [...raw.tokens];
    const places = new Map(tokens.map((token, i) => [token, i]));
    return { letters: raw.letters ?? true, cell: raw.cell ?? "rnn", tokens, places, layers: layers.map(opened), output: opened(output) };
  };
  // What is typed, as such a model reads it; characters that it does not know are left out.
  const readText = (model, text) => {
    const plain = model.letters ? text.toLowerCase().replace(/[^a-z]+/g, " ").replace(/^ /, "") : text;
    return [...plain].filter((letter) => model.places.has(letter));
  };
  const dot = (row, x) => {
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += row[j] * x[j];
    return sum;
  };
  // One step of a layer from the two sums of each gate, in torch's order (GRU: reset, update, new; LSTM: input, forget, cell, output).
  const CELLS = {
    rnn: (a, b, { h }) => ({ h: h.map((_, i) => Math.tanh(a[i] + b[i])) }),
    gru: (a, b, { h }) => {
      const n = h.length;
      return { h: h.map((before, i) => {
        const [reset, update] = [sigmoid(a[i] + b[i]), sigmoid(a[n + i] + b[n + i])];
        return (1 - update) * Math.tanh(a[2 * n + i] + reset * b[2 * n + i]) + update * before;
      }) };
    },
    lstm: (a, b, { h, c }) => {
      const n = h.length;
      const sum = (gate, i) => a[gate * n + i] + b[gate * n + i];
      const cell = c.map((before, i) => sigmoid(sum(1, i)) * before + sigmoid(sum(0, i)) * Math.tanh(sum(2, i)));
      return { h: cell.map((v, i) => sigmoid(sum(3, i)) * Math.tanh(v)), c: cell };
    },
  };
  // Read one character more: `states` are those of the layers before it, none at the beginning.
  const readOne = (model, letter, states) => {
    const place = model.places.get(letter);
    const zeros = (layer) => Array(layer.state[0].length).fill(0);
    let below = null;  // one-hot below the first layer: its product is a column
    const after = model.layers.map((layer, l) => {
      const before = states?.[l] ?? { h: zeros(layer), c: zeros(layer) };
      const given = layer.input.map((row, i) => layer.inputBias[i] + (below ? dot(row, below) : row[place]));
      const carried = layer.state.map((row, i) => layer.stateBias[i] + dot(row, before.h));
      const now = CELLS[model.cell](given, carried, before);
      below = now.h;
      return now;
    });
    return { states: after, logits: model.output.weight.map((row, i) => model.output.bias[i] + dot(row, below)) };
  };

  Object.assign(D2, { unpack, openedText, readText, readOne });
  Object.assign(D2, { size, tensor, nested, random, outputSize, conv2d, pool2d, linear, ACTIVATIONS, mapped });
  Object.assign(D2, { softmax, naiveSoftmax, forward });
})();
