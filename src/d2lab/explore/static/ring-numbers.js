// An all-reduce round a ring and one through a process in the middle: who holds whose contributions, bytes and seconds; as
// d2lab.parallel.schedules, simulation and cost have them. Sizes in bytes, bandwidth in bytes a second.
(() => {
  "use strict";
  const D2 = (window.D2 ??= {});
  const span = (n) => Array.from({ length: n }, (_, i) => i);
  const modulo = (a, n) => ((a % n) + n) % n;

  // The messages of step t: process r sends a chunk to r + 1; in the first n - 1 steps it is added there, then copied.
  const sent = (n, t) => span(n).map((r) => ({ from: r, to: (r + 1) % n, chunk: modulo(t < n - 1 ? r - t : r - (t - (n - 1)) + 1, n), adds: t < n - 1 }));
  // held[r][c]: the processes whose contributions chunk c of process r contains, after the first `steps` steps.
  const ring = (n, steps) => {
    let held = span(n).map((r) => span(n).map(() => [r]));
    for (let t = 0; t < Math.min(steps, 2 * (n - 1)); t++) {
      const next = held.map((chunks) => chunks.map((whose) => [...whose]));
      for (const { from, to, chunk, adds } of sent(n, t)) next[to][chunk] = adds ? [...held[to][chunk], ...held[from][chunk]] : [...held[from][chunk]];
      held = next;
    }
    return held.map((chunks) => chunks.map((whose) => [...whose].sort((a, b) => a - b)));
  };
  // When process r has received its message of step t, where a message waits for the one before on its link and for what it
  // carries. `slow`: by how much the link from process 0 to process 1 is slower.
  const ringTimes = (n, bytes, latency, bandwidth, slow) => {
    const message = (r) => (latency + bytes / n / bandwidth) * (r === 0 ? slow : 1);
    const got = [];  // got[t][r]
    for (let t = 0; t < 2 * (n - 1); t++) {
      const row = new Array(n).fill(0);
      for (let r = 0; r < n; r++) {
        const to = (r + 1) % n;
        const free = t ? got[t - 1][to] : 0;
        const ready = t ? got[t - 1][r] : 0;
        row[to] = Math.max(free, ready) + message(r);
      }
      got.push(row);
    }
    return got;
  };
  // Process 0 takes one gradient after the other, adds, and sends the sum to one after the other.
  const middle = (n, bytes, latency, bandwidth, slow) => {
    const one = latency + bytes / bandwidth;
    return { steps: 2 * (n - 1), seconds: n < 2 ? 0 : 2 * one * (n - 2 + slow), busiest: (n - 1) * bytes };
  };
  const around = (n, bytes, latency, bandwidth, slow) => {
    const got = ringTimes(n, bytes, latency, bandwidth, slow);
    return { steps: got.length, seconds: got.length ? Math.max(...got.at(-1)) : 0, busiest: (2 * (n - 1) * bytes) / n };
  };

  D2.ring = { sent, ring, ringTimes, middle, around };
})();
