// Loads the explorers on the pages that have one; every other page stays as light as it was.
(() => {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const FILES = { "d2-convolution": "convolution", "d2-pooling": "convolution", "d2-receptive-field": "receptive-field",
    "d2-activations": "depth", "d2-depth": "depth", "d2-fitting": "fitting", "d2-softmax": "softmax", "d2-descent": "descent",
    "d2-batch-norm": "batch-norm", "d2-net": "net", "d2-sampling": "sampling", "d2-bptt": "bptt", "d2-windows": "windows",
    "d2-states": "states", "d2-boxes": "boxes", "d2-roi": "roi", "d2-transposed": "transposed",
    "d2-mask": "mask", "d2-augmentation": "augmentation", "d2-style": "style", "d2-roofline": "roofline",
    "d2-systolic": "systolic", "d2-ring": "ring", "d2-pipeline": "pipeline", "d2-weights": "weights" };
  // What an explorer needs besides its own file, in this order; "states" names its model in the page.
  const NEEDS = { net: ["model-data", "pad"], sampling: ["text-model"], boxes: ["box-numbers", "box-canvas"], roi: ["roi-numbers", "box-canvas"],
    transposed: ["transposed-numbers"], mask: ["mask-numbers"], augmentation: ["box-numbers", "augment-numbers"], style: ["style-images"],
    roofline: ["roofline-numbers"], systolic: ["systolic-numbers"], ring: ["ring-numbers"], pipeline: ["pipeline-numbers"],
    weights: ["weights-numbers"],
    get states() { return [document.querySelector("d2-states").dataset.model ?? "text-model"]; } };
  const load = (name) => new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: `${here}${name}.js`, onload: done, onerror: failed });
    document.head.append(script);
  });
  const start = async () => {
    const wanted = [...new Set(Object.keys(FILES).filter((tag) => document.querySelector(tag)).map((tag) => FILES[tag]))];
    if (!wanted.length) return;
    for (const name of new Set(["numbers", "experiments", "core", ...wanted.flatMap((one) => NEEDS[one] ?? [])])) await load(name);
    await Promise.all(wanted.map(load));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
