// Loads the explorers on the pages that have one; every other page stays as light as it was.
(() => {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const FILES = { "d2-convolution": "convolution", "d2-pooling": "convolution", "d2-receptive-field": "receptive-field",
    "d2-activations": "depth", "d2-depth": "depth", "d2-fitting": "fitting", "d2-softmax": "softmax", "d2-descent": "descent",
    "d2-batch-norm": "batch-norm", "d2-net": "net", "d2-sampling": "sampling", "d2-bptt": "bptt", "d2-windows": "windows",
    "d2-states": "states", "d2-boxes": "boxes", "d2-roi": "roi", "d2-transposed": "transposed",
    "d2-mask": "mask", "d2-augmentation": "augmentation", "d2-style": "style" };
  const load = (name) => new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: `${here}${name}.js`, onload: done, onerror: failed });
    document.head.append(script);
  });
  const start = async () => {
    const wanted = [...new Set(Object.keys(FILES).filter((tag) => document.querySelector(tag)).map((tag) => FILES[tag]))];
    if (!wanted.length) return;
    for (const name of ["numbers", "experiments", "core"]) await load(name);
    if (wanted.includes("net")) for (const name of ["model-data", "pad"]) await load(name);
    if (wanted.includes("sampling")) await load("text-model");
    if (wanted.includes("states")) await load(document.querySelector("d2-states").dataset.model ?? "text-model");
    if (wanted.includes("boxes")) await load("box-numbers");
    if (wanted.includes("roi")) await load("roi-numbers");
    if (wanted.includes("transposed")) await load("transposed-numbers");
    if (wanted.includes("mask")) await load("mask-numbers");
    if (wanted.includes("augmentation")) await load("augment-numbers");
    if (wanted.includes("style")) await load("style-images");
    if (wanted.includes("boxes") || wanted.includes("roi")) await load("box-canvas");
    await Promise.all(wanted.map(load));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
