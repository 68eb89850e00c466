// ?slides turns a finished page into a deck: formulas, figures and outputs are there already.
if (new URLSearchParams(location.search).has("slides")) {
  const vendor = new URL("vendor/", document.currentScript.src).href;
  window.addEventListener("load", async () => {
    "use strict";
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${vendor}reveal.css` });
    document.head.append(style);
    await new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: `${vendor}reveal.js`, onload: resolve, onerror: reject });
      document.head.append(script);
    });

    const deck = document.createElement("div");
    deck.className = "slides";
    let slide;
    // A title, a piece of code or a figure begins a slide; what follows stays with it. Folded code stays at home.
    const put = (node, fresh) => {
      if (!slide || fresh) { slide = document.createElement("section"); deck.append(slide); }
      slide.append(node);
    };
    const walk = (section) => {
      for (const node of [...section.children]) {
        if (node.matches("span[id], .tools, details") || node.querySelector(":scope > details:only-child")) continue;
        if (node.matches("section")) { walk(node); slide = undefined; continue; }
        const roomy = slide && slide.children.length <= 2 && slide.firstChild.matches("h1, h2, h3");
        put(node, node.matches("h1, h2, figure") || (node.matches(".cell") && !roomy));
      }
    };
    walk(document.querySelector("article section"));

    const reveal = document.createElement("div");
    reveal.className = "reveal";
    reveal.append(deck);
    document.body.replaceChildren(reveal);
    document.body.classList.add("as-slides", "yue");
    const shown = new Reveal(reveal, { hash: true, width: 1120, height: 680, margin: 0.05, center: false, transition: "none", slideNumber: "c/t" });
    await shown.initialize();
    // What is taller than a slide is made smaller, down to two thirds; below that one scrolls.
    const fit = () => {
      const now = shown.getCurrentSlide();
      now.style.fontSize = "";
      for (let size = 24; size > 16 && now.scrollHeight > 680; size -= 1) now.style.fontSize = `${size - 1}px`;
    };
    shown.on("slidechanged", fit);
    fit();
    document.documentElement.dataset.slides = deck.children.length;
  });
}
