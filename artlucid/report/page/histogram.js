// What the images of a channel are, before and after: a row a class, two bars.
"use strict";
(function () {
  const { make } = artlucid;
  const SHOWN = 10;

  function counts(place, indices) {
    const found = new Map();
    for (const index of indices) for (const value of artlucid.images.values(place, index)) found.set(value, (found.get(value) ?? 0) + 1);
    return found;
  }

  function bar(kind, count, most) {
    const fill = make("span", { class: `bar ${kind}` });
    fill.style.width = `${most ? (100 * count) / most : 0}%`;
    return make("td", {}, make("span", { class: "track" }, fill), make("span", { class: "count" }, String(count)));
  }

  artlucid.histogram = function (place, [before, after], [labelBefore, labelAfter]) {
    const { name, values } = artlucid.channels.overview.facets[place];
    const [one, other] = [counts(place, before), counts(place, after)];
    const every = [...new Set([...one.keys(), ...other.keys()])];
    const total = (value) => Math.max(one.get(value) ?? 0, other.get(value) ?? 0);
    every.sort((a, b) => total(b) - total(a) || a - b);
    const most = every.length ? total(every[0]) : 0;
    const rows = every.slice(0, SHOWN).map((value) => make("tr", {},
      make("th", { scope: "row" }, values[value]), bar("before", one.get(value) ?? 0, most), bar("after", other.get(value) ?? 0, most)));
    const rest = every.length > SHOWN ? ` The ${SHOWN} most frequent of ${every.length}.` : "";
    return make("table", { class: "histogram" },
      make("caption", {}, `Images by ${name}.${rest}`),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, name), make("th", { scope: "col" }, labelBefore), make("th", { scope: "col" }, labelAfter))),
      make("tbody", {}, rows));
  };
})();
