// Search without a server: MiniSearch over sections, Chinese by pairs of characters, English by prefix and one typo.
(() => {
  "use strict";
  const HAN = /[\u3400-\u9fff]/;
  const WORD = /[\u3400-\u9fff]+|[a-z0-9_]+/g;
  // A claim's title is a whole sentence and would win over every heading; exercises and lists of claims are asides.
  const WEIGHT = { lesson: 2.5, symptom: 2, page: 1.2, reference: 1, aside: 0.9, chapter: 0.7, explorer: 0.7, claim: 0.4, api: 0.4, solution: 0.3 };
  const chinese = document.documentElement.lang.startsWith("zh");
  const WORDS = chinese
    ? { open: "搜索课程", none: "没有结果", near: "没有同时包含这些词的内容，最接近的是：", kinds: { lesson: "课文", symptom: "症状", aside: "课文", chapter: "章", explorer: "交互图", solution: "参考解答", claim: "论断", api: "API", reference: "参考", page: "" } }
    : { open: "Search the course", none: "No results", near: "Nothing has all of these words. The nearest:", kinds: { lesson: "lesson", symptom: "symptom", aside: "lesson", chapter: "chapter", explorer: "explorer", solution: "solution", claim: "claim", api: "API", reference: "reference", page: "" } };

  const tokenize = (text) => {
    const tokens = [];
    for (const [word] of text.toLowerCase().matchAll(WORD)) {
      if (!HAN.test(word)) { tokens.push(word); continue; }
      if (word.length === 1) tokens.push(word);
      for (let i = 0; i + 1 < word.length; i++) tokens.push(word.slice(i, i + 2));
    }
    return tokens;
  };
  const isLatin = (token) => /^[a-z]/.test(token);

  let built;
  const engine = () => {
    if (!built) {
      built = new MiniSearch({
        fields: ["t", "p", "x", "s", "g"],  // out of the glossary: s, other names of terms; g, what a lesson explains
        storeFields: ["k"],
        tokenize,
        processTerm: (term) => term,
        searchOptions: {
          boost: { t: 4, p: 1.5, s: 0.4, g: 1.75 },
          prefix: (term) => isLatin(term) && term.length > 2,
          fuzzy: (term) => (isLatin(term) && term.length > 4 ? 0.2 : false),
          boostDocument: (id, term, stored) => WEIGHT[stored.k] ?? 1,
        },
      });
      built.addAll(window.SEARCH_DOCS);
    }
    return built;
  };
  // Words that stand together, as they were typed, mean more than the same words far apart: "edge detector".
  const PHRASE = 1.5;
  const together = (hits, query) => {
    const phrase = query.toLowerCase().trim().replace(/\s+/g, " ");
    if (!phrase.includes(" ")) return hits;
    const has = (doc) => `${doc.t}\n${doc.x}`.toLowerCase().includes(phrase);
    const scored = hits.map((hit) => [hit, hit.score * (has(window.SEARCH_DOCS[hit.id]) ? PHRASE : 1)]);
    return scored.sort((one, other) => other[1] - one[1]).map(([hit]) => hit);
  };
  // All words first; where no section has them all, any of them.
  const search = (query) => {
    const all = engine().search(query, { combineWith: "AND" });
    const found = together(all.length ? all : engine().search(query, { combineWith: "OR" }), query);
    const shown = {};  // sections of a page: the two best, so that one long lesson leaves room for the others
    const few = (hit) => { const page = hit.u.split("#")[0]; shown[page] = (shown[page] ?? 0) + 1; return shown[page] <= 2; };
    const hits = found.map((hit) => window.SEARCH_DOCS[hit.id]).filter(few).slice(0, 20);
    return Object.assign(hits, { nearest: !all.length });
  };
  window.courseSearch = search;

  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  // A piece of the text around the first word that was asked for, the words marked.
  const excerpt = (text, query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const at = Math.max(0, text.toLowerCase().indexOf(words[0] ?? "") - 30);
    const piece = text.slice(at, at + 120);
    const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    const parts = pattern ? piece.split(new RegExp(`(${pattern})`, "gi")) : [piece];
    return parts.map((part, i) => (i % 2 ? element("mark", {}, part) : part));
  };

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.documentElement.dataset.content_root || "./";
    const input = element("input", { type: "search", "aria-label": WORDS.open, placeholder: `${WORDS.open}…`, autocomplete: "off", "aria-controls": "search-hits" });
    const hits = element("ol", { id: "search-hits", "aria-live": "polite" });
    const dialog = element("dialog", { class: "search", "aria-label": WORDS.open }, input, hits);
    document.body.append(dialog);
    const open = () => { dialog.showModal(); input.select(); };

    document.querySelectorAll(".search-open").forEach((button) => button.addEventListener("click", open));
    document.addEventListener("keydown", (event) => {
      const typing = /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName);
      const wanted = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);
      if (wanted) { event.preventDefault(); open(); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    input.addEventListener("input", () => {
      const query = input.value.trim();
      const found = query ? search(query) : [];
      hits.replaceChildren(...found.map((hit) => {
        const name = element("span", { class: "hit-title" }, hit.t);
        const where = element("small", {}, [hit.t === hit.p ? "" : hit.p, WORDS.kinds[hit.k]].filter(Boolean).join(" · "));
        return element("li", {}, element("a", { href: root + hit.u }, name, where, element("span", { class: "hit-text" }, ...excerpt(hit.x, query))));
      }));
      if (found.length && found.nearest) hits.prepend(element("li", { class: "none" }, WORDS.near));
      if (query && !found.length) hits.append(element("li", { class: "none" }, WORDS.none));
    });
    // Arrows walk through the hits; Enter opens the first.
    dialog.addEventListener("keydown", (event) => {
      const anchors = [...hits.querySelectorAll("a")];
      const at = anchors.indexOf(document.activeElement);
      if (event.key === "Enter" && at < 0) anchors[0]?.click();
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); (anchors[at + step] ?? (step < 0 ? input : anchors[at]))?.focus(); }
    });
  });
})();
