// How the objective of an optimized image rose, as a small line.
"use strict";
(function () {
  const { draw } = artlucid;
  const [WIDTH, HEIGHT] = [224, 48];

  artlucid.curve = function ({ steps, objective }) {
    const there = objective.filter((value) => value !== null);
    const [low, high] = [Math.min(...there), Math.max(...there)];
    const x = (step) => (WIDTH * step) / steps.at(-1);
    const y = (value) => 4 + (HEIGHT - 8) * (1 - (value - low) / (high - low || 1));
    const points = objective.map((value, place) => (value === null ? null : `${x(steps[place])},${y(value)}`)).filter(Boolean);
    const last = there.at(-1);
    const words = `Objective from ${artlucid.decimal(there[0], 1)} to ${artlucid.decimal(last, 1)} in ${artlucid.count(steps.at(-1), "step")}`;
    return draw("svg", { class: "objective", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words, preserveAspectRatio: "none" },
      draw("title", {}, words), draw("polyline", { points: points.join(" ") }));
  };
})();
