// A card is one channel: its optimized image in each model, nine images that fire it, one line of figures.
"use strict";
(function () {
  const { make, state } = artlucid;
  const MOST_PICTURES = 4;

  // The models whose optimized images stand on a card: all, or of many the two that are compared.
  function pictured() {
    const { overview, pair } = artlucid.channels;
    if (overview.pictured.length <= MOST_PICTURES) return overview.pictured;
    return [pair().a, pair().b].filter((model) => overview.pictured.includes(model));
  }

  // A page without thumbnails names the images in opened cards alone.
  const withImages = () => artlucid.channels.overview.tops && artlucid.channels.overview.thumbnails;

  // Room for the pictures and for the images; where there are no pictures, for the images of two models.
  const squares = () => (withImages() ? Math.max(pictured().length + 1, 2) : pictured().length);

  function picture(model, id, file, alt) {
    const label = artlucid.channels.overview.models[model].label;
    const dead = artlucid.channels.ofModel(model, "n_positive", id) === 0;
    const shown = file
      ? make("img", { src: `${document.documentElement.dataset.pictures}/${file}`, alt, decoding: "async" })
      : make("span", { class: "none" }, dead ? "dead" : "no picture");
    return make("figure", {}, shown, make("figcaption", { title: label }, label));
  }

  // How a channel's figures read, in short pieces.
  function figures(id) {
    const { chance, dead, entropy, facet, overview, shared } = artlucid.channels;
    const found = [];
    if (dead(id)) found.push(dead(id));
    if (shared(id) !== null) found.push(`${shared(id)} of ${overview.sizes[0]} kept (chance ${artlucid.chance(chance(id))})`);
    const { before, after } = entropy(id);
    if (before !== null || after !== null) found.push(`entropy ${artlucid.decimal(before)} → ${artlucid.decimal(after)}`);
    const first = overview.facets.length ? facet(0, id) : null;
    if (first) found.push(`${first.name} ${first.share}\u00a0%`);
    return found;
  }

  // Marked are the images that fire it in both models that are compared, so in these alone.
  function nine(id, cards, model, caption) {
    const { numberOf, overview, pair, pairPlace } = artlucid.channels;
    const side = [pair().a, pair().b].indexOf(model);
    const first = cards.first[model]?.[numberOf(id)] ?? [];
    const bits = cards.shared[pairPlace()]?.[side]?.[numberOf(id)] ?? 0;
    const marked = first.map((_, place) => (bits >> place) % 2 === 1);
    const kept = side < 0 ? "" : `; ${marked.filter(Boolean).length} of them fire it in both`;
    const words = first.length
      ? `The first ${first.length} images that fire it in ${overview.models[model].label}${kept}`
      : `No image fires it in ${overview.models[model].label}`;
    return make("figure", { class: "images" },
      make("div", { class: "nine", role: "img", "aria-label": words },
        first.map((index, place) => make("span", { class: marked[place] ? "image kept" : "image" }, artlucid.images.thumbnail(index)))),
      make("figcaption", { title: caption }, caption));
  }

  // The models whose images stand on a card without pictures: those that have pictures on other cards, or before and after.
  function fired() {
    const { pair } = artlucid.channels;
    const compared = [pair().a, pair().b];
    return compared.every((model) => pictured().includes(model)) ? pictured() : compared;
  }

  // Optimized images from left to right, then what fires the channel; without pictures, what fires it in each model.
  function contents(id, cards) {
    const { nameOf, numberOf, overview, pair } = artlucid.channels;
    const files = pictured().map((model) => [model, cards.pictures[model][numberOf(id)]]);
    const label = (model) => overview.models[model].label;
    if (withImages() && !files.some(([, file]) => file)) return fired().map((model) => nine(id, cards, model, label(model)));
    const pictures = files.map(([model, file]) => picture(model, id, file, `Optimized image of ${nameOf(id)} in ${label(model)}`));
    return withImages() ? [...pictures, nine(id, cards, pair().b, "fired by")] : pictures;
  }

  function star(id) {
    const name = artlucid.channels.nameOf(id);
    const on = artlucid.notes.of(name).star;
    const button = make("button", {
      type: "button", class: "star", "aria-pressed": String(on), "aria-label": `Star ${name}`,
      onclick: (event) => {
        event.stopPropagation();
        if (!artlucid.notes.set(name, { star: !artlucid.notes.of(name).star })) artlucid.say("This browser keeps no notes.");
        button.setAttribute("aria-pressed", String(artlucid.notes.of(name).star));
      },
    });
    return button;
  }

  artlucid.card = {
    squares,
    picture,
    figures,
    star,
    // The card at once, its images when their script has come.
    make(id) {
      const { nameOf, placeOf } = artlucid.channels;
      const name = nameOf(id);
      const inside = make("div", { class: "squares" });
      const link = make("a", {
        class: "open", href: state.address({ channel: name }),
        onclick: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          state.set({ channel: name }, { step: true });
        },
      }, name.replace(/:(\d+)$/, " : $1"));
      if (squares()) artlucid.load(`cards/${placeOf(id)}`).then((cards) => inside.replaceChildren(...contents(id, cards)), (error) => artlucid.say(error.message));
      const note = artlucid.notes.of(name).note;
      return make("li", { class: "card", "data-id": id },
        make("div", { class: "head" }, make("h3", {}, link), note ? make("span", { class: "noted", title: note }, "note") : null, star(id)),
        squares() ? inside : null,
        make("p", { class: "figures" }, figures(id).map((piece) => make("span", {}, piece))));
    },
  };
})();
