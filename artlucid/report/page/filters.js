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
    const asked = state.get(`is.${name}`);
    const found = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one) || one.localeCompare(other));
    if (asked !== null && !counts.has(asked)) found.unshift(asked);
    return [every("any"), ...found.map(withCount(counts))];
  }

  function marks() {
    const { nameOf, passing } = artlucid.channels;
    const names = passing("marked").map(nameOf);
    const count = (what) => artlucid.whole(names.filter((name) => artlucid.notes.has(name, what)).length);
    return [every("all"), { value: "star", label: `with a star (${count("star")})` }, { value: "note", label: `with a note (${count("note")})` }];
  }

  function orders() {
    const { ORDERS, possible } = artlucid.channels;
    return possible().map((name) => ({ value: name, label: ORDERS[name].label }));
  }

  function refresh() {
    for (const { key, element, options } of chosen) {
      element.replaceChildren(...options().map(({ value, label }) => make("option", { value }, label)));
      element.value = key === "order" ? artlucid.channels.order() : (state.get(key) ?? "");
    }
    clear.hidden = !filtering().length;
  }

  const filtering = () => chosen.map(({ key }) => key).filter((key) => key !== "order" && state.get(key) !== null);
  const clear = make("button", {
    type: "button", class: "quiet", onclick: () => state.set(Object.fromEntries(filtering().map((key) => [key, null])), { step: true }),
  }, "Show all");

  artlucid.filters = {
    ready() {
      const { overview } = artlucid.channels;
      const fields = [select("order", "Order", orders)];
      if (overview.layers.some(({ group }) => group)) fields.push(select("group", "Part of the network", groups));
      fields.push(select("layer", "Layer", layers));
      overview.facets.forEach(({ name }, place) => fields.push(select(`is.${name}`, `Most images after: ${name}`, () => values(place, name))));
      fields.push(select("marked", "My marks", marks));
      document.getElementById("filters").append(artlucid.jump.field(), ...fields, clear, artlucid.exchange.field());
      document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
      refresh();
      state.onchange(refresh);
      artlucid.notes.onchange(refresh);
    },
  };
})();
