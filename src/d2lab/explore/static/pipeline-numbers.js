// Schedules of a pipeline, tick by tick: GPipe and 1F1B with a flush, as d2lab.parallel.pipeline has them. A forward and a
// backward pass of one micro-batch through one stage take one tick each. A task is [direction, micro-batch]: "F" or "B".
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const span = (n) => Array.from({ length: n }, (_, i) => i);

  const ORDERS = {
    gpipe: (stages, batches) => span(stages).map(() => [...span(batches).map((k) => ["F", k]), ...span(batches).reverse().map((k) => ["B", k])]),
    "1f1b": (stages, batches) => span(stages).map((stage) => {
      const ahead = Math.min(stages - 1 - stage, batches);
      const rest = span(batches).flatMap((k) => [...(k + ahead < batches ? [["F", k + ahead]] : []), ["B", k]]);
      return [...span(ahead).map((k) => ["F", k]), ...rest];
    }),
  };
  // ticks[t][stage]: a task, or null where the stage idles. Each stage keeps its order and waits for what a task needs.
  const timetable = (name, stages, batches) => {
    const orders = ORDERS[name](stages, batches);
    const at = orders.map(() => 0);
    const done = new Set();
    const id = (stage, [kind, k]) => `${stage}${kind}${k}`;
    const needs = (stage, [kind, k]) => (kind === "F" ? (stage ? [id(stage - 1, ["F", k])] : [])
      : [id(stage, ["F", k]), ...(stage < stages - 1 ? [id(stage + 1, ["B", k])] : [])]);
    const ticks = [];
    while (at.some((place, stage) => place < orders[stage].length)) {
      const tick = orders.map((order, stage) => {
        const task = order[at[stage]];
        return task && needs(stage, task).every((one) => done.has(one)) ? task : null;
      });
      tick.forEach((task, stage) => {
        if (!task) return;
        done.add(id(stage, task));
        at[stage] += 1;
      });
      ticks.push(tick);
    }
    return ticks;
  };
  // held[t][stage]: micro-batches that are forward and not yet backward after tick t.
  const held = (ticks) => {
    const now = ticks[0].map(() => 0);
    return ticks.map((tick) => tick.map((task, stage) => (now[stage] += task ? (task[0] === "F" ? 1 : -1) : 0)));
  };
  const counted = (name, stages, batches) => {
    const ticks = timetable(name, stages, batches);
    const idle = ticks.flat().filter((task) => !task).length;
    const after = held(ticks);
    return { ticks, held: after, idle, share: idle / (ticks.length * stages), most: span(stages).map((stage) => Math.max(...after.map((row) => row[stage]))) };
  };

  D2.pipeline = { timetable, held, counted };
})();
