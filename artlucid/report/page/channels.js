// All channels with their numbers: which there are, in which order, and which of them a filter leaves.
"use strict";
(function () {
  const { state } = artlucid;
  let overview, numbers, starts, layerOf, pictured;

  // Orders by name: what is read on a button, the value of a channel, and which end comes first.
  const ORDERS = {
    overlap: { label: "overlap, lowest first", value: (id) => shared(id), falling: false },
    overlap_high: { label: "overlap, highest first", value: (id) => shared(id), falling: true },
    entropy: { label: "entropy after, lowest first", value: (id) => entropy(id).after, falling: false },
    entropy_change: { label: "fall of entropy, largest first", value: (id) => fall(id), falling: true },
    kernel: { label: "change of the kernel, largest first", value: (id) => column("kernel_distance_relative", id), falling: true },
    visual: { label: "change of the optimized image, largest first", value: (id) => column("visual_change", id), falling: true },
    graph: { label: "from input to output", value: (id) => id, falling: false },
  };

  // What can be shown alone, each with what is read on a button and the test that a channel must pass.
  const SHOWN = {
    star: { label: "with a star", test: (id) => artlucid.notes.of(nameOf(id)).star },
    note: { label: "with a note", test: (id) => artlucid.notes.of(nameOf(id)).note !== "" },
    picture: { label: "with optimized images", test: (id) => pictured.has(id) },
    dead: { label: "dead before or after", test: (id) => dead(id) !== null },
  };

  function pairPlace() {
    const asked = Number(state.get("pair") ?? overview.pair);
    return overview.pairs[asked] ? asked : overview.pair;
  }

  const pair = () => overview.pairs[pairPlace()];
  const ofPair = () => numbers.pairs[pairPlace()];
  const column = (name, id) => ofPair()?.[name]?.[id] ?? null;
  const shared = (id, size = 0) => ofPair()?.shared[size]?.[id] ?? null;
  const chance = (id, size = 0) => ofPair()?.chance[size]?.[id] ?? null;
  const ofModel = (model, name, id) => numbers.models[model][name][id];

  function entropy(id) {
    const { a, b } = pair();
    return { before: ofModel(a, "entropy", id), after: ofModel(b, "entropy", id), chance: ofModel(b, "entropy_chance", id) };
  }

  function fall(id) {
    const { before, after } = entropy(id);
    return before === null || after === null ? null : before - after;
  }

  // Which of the pair's models do not fire for any image.
  function dead(id) {
    const { a, b } = pair();
    const none = (model) => ofModel(model, "n_positive", id) === 0;
    return none(a) && none(b) ? "dead before and after" : none(b) ? "dead after" : none(a) ? "dead before" : null;
  }

  function facet(place, id, model = pair().b) {
    const value = numbers.facets[model].value[place]?.[id] ?? -1;
    return value < 0 ? null : { value, name: overview.facets[place].values[value], share: numbers.facets[model].share[place][id] };
  }

  // The keys of the address that filter, each with the test that a channel must pass.
  function tests() {
    const found = {};
    const group = state.get("group");
    if (group) found.group = (id) => overview.layers[layerOf[id]].group === group;
    const layer = state.get("layer");
    if (layer) found.layer = (id) => [overview.layers[layerOf[id]].name, overview.layers[layerOf[id]].block].includes(layer);
    overview.facets.forEach(({ name }, place) => {
      const value = state.get(`is.${name}`);
      if (value !== null) found[`is.${name}`] = (id) => facet(place, id)?.name === value;
    });
    const show = state.get("show");
    if (Object.hasOwn(SHOWN, show)) found.show = SHOWN[show].test;
    return found;
  }

  function passing(without = null) {
    const every = Object.entries(tests()).filter(([key]) => key !== without).map(([, test]) => test);
    return layerOf.reduce((found, _, id) => (every.every((test) => test(id)) && found.push(id), found), []);
  }

  // Dead channels and those without a value come last; equal ones from input to output.
  function ordered() {
    const { value, falling } = ORDERS[order()];
    const keyed = passing().map((id) => ({ id, dead: order() !== "graph" && dead(id) ? 1 : 0, value: value(id) }));
    keyed.sort((one, other) => one.dead - other.dead || compared(one.value, other.value, falling) || one.id - other.id);
    return keyed.map(({ id }) => id);
  }

  function compared(one, other, falling) {
    if (one === null || other === null) return (one === null) - (other === null);
    return falling ? other - one : one - other;
  }

  function order() {
    const asked = state.get("order");
    return asked && possible().includes(asked) ? asked : possible()[0];
  }

  // The orders that there are numbers for.
  function possible() {
    const some = (name) => ofPair()?.[name] !== undefined;
    const entropies = overview.pairs.length && numbers.models[pair().b].entropy.some((value) => value !== null);
    const there = { overlap: overview.sizes.length, overlap_high: overview.sizes.length, entropy: entropies,
      entropy_change: entropies, kernel: some("kernel_distance_relative"), visual: some("visual_change"), graph: true };
    return Object.keys(ORDERS).filter((name) => there[name]);
  }

  const nameOf = (id) => `${overview.layers[layerOf[id]].name}:${id - starts[layerOf[id]]}`;

  function idOf(name) {
    const [layer, number] = [name.slice(0, name.lastIndexOf(":")), name.slice(name.lastIndexOf(":") + 1)];
    const place = overview.layers.findIndex((one) => one.name === layer);
    const inside = place >= 0 && /^\d+$/.test(number) && Number(number) < overview.layers[place].width;
    return inside ? starts[place] + Number(number) : null;
  }

  artlucid.channels = {
    async ready() {
      [overview, numbers] = await Promise.all([artlucid.load("overview"), artlucid.load("channels")]);
      pictured = new Set(numbers.pictured);
      starts = [];
      layerOf = [];
      overview.layers.forEach(({ width }, place) => {
        starts.push(layerOf.length);
        for (let channel = 0; channel < width; channel += 1) layerOf.push(place);
      });
      return overview;
    },
    ORDERS, SHOWN, pair, pairPlace, column, shared, chance, ofModel, entropy, dead, facet, passing, ordered, order, possible,
    nameOf, idOf,
    placeOf: (id) => layerOf[id],
    numberOf: (id) => id - starts[layerOf[id]],
    layer: (id) => overview.layers[layerOf[id]],
    notice: (id) => ofPair()?.notices[ofPair().notice[id]] ?? "",
    get total() { return layerOf.length; },
    get overview() { return overview; },
  };
})();
