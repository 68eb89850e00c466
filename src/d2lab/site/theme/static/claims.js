// The browser of claims: its table is whole without this script; here it learns to filter.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const form = document.getElementById("claims-filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("#claims-table tbody tr")];
  const counter = form.querySelector("output");
  const given = new URLSearchParams(location.search);
  for (const field of form.querySelectorAll("[name]")) field.value = given.get(field.name) ?? "";

  const apply = () => {
    const { chapter, verdict, words } = Object.fromEntries(new FormData(form));
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = `${row.dataset.id} ${row.textContent}`.toLowerCase();
      const fits = (!chapter || row.dataset.chapter === chapter) && (!verdict || row.dataset.verdict === verdict)
        && wanted.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    counter.textContent = `${shown} / ${rows.length} ${counter.dataset.unit}`;
    const kept = new URLSearchParams(Object.entries({ chapter, verdict, words }).filter(([, value]) => value));
    if (location.protocol !== "file:") history.replaceState(null, "", kept.size ? `?${kept}` : location.pathname);
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
});
