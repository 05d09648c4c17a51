// Ordering and filtering. Every choice says how many channels it would leave.
"use strict";
(function () {
  const { make, state } = artlucid;
  const chosen = [];

  // A list of choices for one key of the address.
  function select(key, label, options) {
    const element = make("select", { id: `by-${key}`, onchange: () => state.set({ [key]: element.value || null }, { step: true }) });
    chosen.push({ key, element, options });
    return make("div", { class: "field" }, make("label", { for: `by-${key}` }, label), element);
  }

  function counted(key, valuesOf) {
    const counts = new Map();
    for (const id of artlucid.channels.passing(key)) for (const value of valuesOf(id)) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  }

  const every = (label) => ({ value: "", label });
  const withCount = (counts) => (value) => ({ value, label: `${value} (${artlucid.whole(counts.get(value) ?? 0)})` });

  function groups() {
    const { layer, overview } = artlucid.channels;
    const counts = counted("group", (id) => [layer(id).group]);
    const names = [...new Set(overview.layers.map(({ group }) => group))].filter(Boolean);
    return [every("all parts"), ...names.map(withCount(counts))];
  }

  function layers() {
    const { layer, overview } = artlucid.channels;
    const counts = counted("layer", (id) => [layer(id).name, layer(id).block]);
    const names = [...new Set(overview.layers.flatMap(({ name, block }) => (block ? [block, name] : [name])))];
    return [every("all layers"), ...names.map(withCount(counts))];
  }

  function values(place, name) {
    const { facet } = artlucid.channels;
    const counts = counted(`is.${name}`, (id) => [facet(place, id)?.name]);
    counts.delete(undefined);
    const found = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one) || one.localeCompare(other));
    return [every("any"), ...found.map(withCount(counts))];
  }

  function shown() {
    const { SHOWN, passing } = artlucid.channels;
    const ids = passing("show");
    const counts = Object.entries(SHOWN).map(([value, { label, test }]) => ({ value, label, count: ids.filter(test).length }));
    return [every("all"), ...counts.map(({ value, label, count }) => ({ value, label: `${label} (${artlucid.whole(count)})` }))];
  }

  function orders() {
    const { ORDERS, possible } = artlucid.channels;
    return possible().map((name) => ({ value: name, label: ORDERS[name].label }));
  }

  function refresh() {
    for (const { key, element, options } of chosen) {
      const value = key === "order" ? artlucid.channels.order() : (state.get(key) ?? "");
      const choices = options();
      // An address may name what this page does not have.
      if (!choices.some((choice) => choice.value === value)) choices.push({ value, label: `${value} (0)` });
      element.replaceChildren(...choices.map((choice) => make("option", { value: choice.value }, choice.label)));
      element.value = value;
    }
    clear.hidden = !filtering().length;
  }

  const filtering = () => chosen.map(({ key }) => key).filter((key) => key !== "order" && state.get(key) !== null);
  const clear = make("button", {
    type: "button", class: "quiet", onclick: () => state.set(Object.fromEntries(filtering().map((key) => [key, null])), { step: true }),
  }, "Show all");

  artlucid.filters = {
    ready() {
      const { overview, total } = artlucid.channels;
      if (!total) return document.getElementById("filters").remove();
      const first = [artlucid.jump.field(), select("order", "Order", orders)];
      const fields = [];
      if (overview.layers.some(({ group }) => group)) fields.push(select("group", "Part of the network", groups));
      fields.push(select("layer", "Layer", layers));
      overview.facets.forEach(({ name }, place) => fields.push(select(`is.${name}`, `Most images after: ${name}`, () => values(place, name))));
      fields.push(select("show", "Show", shown));
      // On a phone they would fill the screen; elsewhere they are always open.
      const wide = window.matchMedia("(min-width: 40.01rem)");
      const more = make("details", { class: "more", open: wide.matches }, make("summary", {}, "Filters"),
        make("div", { class: "fields" }, fields, clear, artlucid.exchange.field()));
      wide.addEventListener("change", () => { more.open = wide.matches; });
      document.getElementById("filters").append(...first, more);
      document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
      refresh();
      state.onchange(refresh);
      artlucid.notes.onchange(refresh);
    },
  };
})();
