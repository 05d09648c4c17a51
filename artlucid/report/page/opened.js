// A card opened: everything that is known of one channel.
"use strict";
(function () {
  const { make, state } = artlucid;
  let dialog, current, ticket;

  function heading(id) {
    const { nameOf } = artlucid.channels;
    const { position, of } = artlucid.grid.position(id);
    const go = (step, words, sign) => {
      const there = artlucid.grid.beside(id, step);
      return make("button", {
        type: "button", class: "quiet go", "aria-label": words, title: words, disabled: there === null, onclick: () => turn(step),
      }, sign);
    };
    return make("div", { class: "bar-of-dialog" },
      make("h2", { id: "opened-title", tabindex: -1 }, nameOf(id).replace(/:(\d+)$/, " : $1")),
      make("span", { class: "where" }, position < 0 ? "not among those filtered" : `${artlucid.whole(position + 1)} of ${artlucid.whole(of)}`),
      make("span", { class: "goes" },
        artlucid.card.star(id),
        go(-1, "Previous channel (left arrow)", "‹"), go(1, "Next channel (right arrow)", "›"),
        make("button", { type: "button", class: "quiet go", "aria-label": "Close (Escape)", title: "Close (Escape)", onclick: () => dialog.close() }, "×")));
  }

  function turn(step) {
    const there = artlucid.grid.beside(current, step);
    if (there !== null) state.set({ channel: artlucid.channels.nameOf(there) });
  }

  function pictures(id, layer) {
    const { nameOf, numberOf, overview } = artlucid.channels;
    const drawn = overview.pictured.map((model) => {
      const one = layer.pictures[model][numberOf(id)];
      const figure = artlucid.card.picture(model, id, one?.file, `Optimized image of ${nameOf(id)} in ${overview.models[model].label}`);
      if (one?.problem) figure.querySelector(".none").textContent = one.problem;
      if (one?.objective?.some((value) => value !== null)) figure.append(artlucid.curve(one));
      return figure;
    });
    return drawn.length ? make("div", { class: "pictures" }, drawn) : null;
  }

  function numbers(id) {
    const { chance, column, dead, entropy, layer, notice, overview, pair, shared } = artlucid.channels;
    const { before, after, chance: random } = entropy(id);
    const rows = [["before → after", `${overview.models[pair().a].label} → ${overview.models[pair().b].label}`]];
    overview.sizes.forEach((size, place) => {
      if (shared(id, place) !== null) rows.push([`of the top ${artlucid.whole(size)}`, `${artlucid.whole(shared(id, place))} in common; by chance ${artlucid.chance(chance(id, place))}`]);
    });
    if (before !== null || after !== null) {
      rows.push(["class entropy", `${artlucid.decimal(before)} → ${artlucid.decimal(after)}; random images ${artlucid.decimal(random)}`]);
    }
    const moved = column("kernel_distance_relative", id);
    if (moved !== null) rows.push(["kernel moved by", `${(100 * moved).toFixed(1)}\u00a0% of its norm`]);
    const visual = column("visual_change", id);
    if (visual !== null) rows.push(["optimized image changed", artlucid.decimal(visual)]);
    if (dead(id)) rows.push(["fires for no image", dead(id)]);
    rows.push(["part of the network", [layer(id).group, layer(id).block].filter(Boolean).join(", ") || "–"]);
    if (notice(id)) rows.push(["not known", notice(id)]);
    return make("table", { class: "numbers" }, make("tbody", {}, rows.map(([head, value]) =>
      make("tr", {}, make("th", { scope: "row" }, head), make("td", {}, value)))));
  }

  // The images of another model with which those of this one are compared.
  function other(model) {
    const { a, b } = artlucid.channels.pair();
    return model === a ? b : a;
  }

  function mosaics(id, layer) {
    const { numberOf, overview, pair } = artlucid.channels;
    const columns = make("div", { class: "mosaics" });
    const patches = artlucid.patches.toggle(id, columns);
    const named = make("p", { class: "named", "aria-live": "polite" }, "Point at an image to find it in every column.");
    const point = (index) => {
      const places = [];
      for (const list of columns.querySelectorAll(".mosaic")) {
        const cells = [...list.children];
        const here = cells.findIndex((cell) => Number(cell.dataset.index) === index);
        cells.forEach((cell, place) => cell.setAttribute("aria-selected", String(place === here)));
        places.push(`${list.dataset.label}: ${here < 0 ? "not among them" : here + 1}`);
      }
      named.textContent = `${artlucid.images.words(index)} — ${places.join(", ")}`;
    };
    overview.models.forEach(({ label }, model) => {
      const indices = layer.tops[model]?.[numberOf(id)];
      if (!indices) return;
      const kept = new Set(layer.tops[other(model)]?.[numberOf(id)] ?? []);
      const list = artlucid.mosaic(`Images that fire it in ${label}`, indices, kept, point);
      Object.assign(list.dataset, { label, model });
      const role = model === pair().a ? "before" : model === pair().b ? "after" : "";
      columns.append(make("section", { class: role }, make("h3", {}, label),
        make("p", {}, indices.length ? artlucid.count(indices.length, "image") : "no image fires it"), indices.length ? list : null));
    });
    return columns.children.length ? make("div", { class: "fires" }, make("h3", { class: "unseen" }, "Images that fire it"), patches, columns, named) : null;
  }

  function histograms(id, layer) {
    const { numberOf, overview, pair } = artlucid.channels;
    const tops = [pair().a, pair().b].map((model) => layer.tops[model]?.[numberOf(id)] ?? []);
    if (!overview.facets.length || !tops.flat().length) return null;
    const labels = [pair().a, pair().b].map((model) => overview.models[model].label);
    const place = Math.max(0, overview.facets.findIndex(({ name }) => name === state.get("by")));
    const shown = make("div", {}, artlucid.histogram(place, tops, labels));
    const choose = make("select", {
      onchange: () => {
        state.set({ by: choose.value });
        shown.replaceChildren(artlucid.histogram(choose.selectedIndex, tops, labels));
      },
    }, overview.facets.map(({ name }, index) => make("option", { value: name, selected: index === place }, name)));
    return make("div", {}, overview.facets.length > 1 ? make("label", {}, "Count the images by ", choose) : null, shown);
  }

  function note(id) {
    const name = artlucid.channels.nameOf(id);
    const said = make("p", { class: "said", role: "status" });
    const text = make("textarea", {
      id: "note", rows: 3,
      oninput: () => {
        const kept = artlucid.notes.set(name, { note: text.value });
        said.textContent = kept ? "Kept in this browser." : "This browser keeps no notes: export them before you leave.";
      },
    });
    text.value = artlucid.notes.of(name).note;
    return make("div", { class: "note" }, make("label", { for: "note" }, "My note"), text, said);
  }

  async function show(id) {
    const mine = (ticket = {});
    current = id;
    const body = make("div", { class: "inside" }, make("p", {}, "…"));
    dialog.replaceChildren(heading(id), body);
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("h2").focus({ preventScroll: true });
    dialog.scrollTop = 0;
    try {
      const needed = [artlucid.load(`layers/${artlucid.channels.placeOf(id)}`), artlucid.images.ready()];
      const [layer] = await Promise.all(needed);
      // The reader may have gone on meanwhile.
      if (mine !== ticket) return;
      body.replaceChildren(...[
        make("div", { class: "what" }, pictures(id, layer), make("div", { class: "facts" }, numbers(id), note(id))),
        mosaics(id, layer), histograms(id, layer),
      ].filter(Boolean));
    } catch (error) {
      body.replaceChildren(make("p", { role: "alert" }, error.message));
    }
  }

  function outside({ clientX, clientY }) {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    return clientX < left || clientX > right || clientY < top || clientY > bottom;
  }

  function follow() {
    const name = state.get("channel");
    const id = name === null ? null : artlucid.channels.idOf(name);
    if (id !== null) return show(id);
    if (name !== null) artlucid.say(`There is no channel ${name} on this page.`);
    if (dialog.open) dialog.close();
  }

  artlucid.opened = {
    ready() {
      dialog = document.getElementById("opened");
      dialog.addEventListener("close", () => {
        ticket = null;
        if (state.get("channel") !== null) state.set({ channel: null }, { step: true });
        artlucid.grid.refresh(current);
        artlucid.grid.focusOn(current);
      });
      // Beside it; not where a selection of text ends that began in it, nor on its own empty parts.
      let beside = false;
      dialog.addEventListener("pointerdown", (event) => { beside = event.target === dialog && outside(event); });
      dialog.addEventListener("click", (event) => {
        if (beside && event.target === dialog && outside(event)) dialog.close();
      });
      dialog.addEventListener("keydown", (event) => {
        const typing = event.target.matches("textarea, input, select");
        if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step) {
          event.preventDefault();
          turn(step);
        }
      });
      state.onchange((changed) => {
        if (changed.has("channel")) follow();
      });
      follow();
    },
  };
})();
