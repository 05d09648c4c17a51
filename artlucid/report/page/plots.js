// The two plots, as SVG drawn here: a line and a box a layer need no library, and each layer can be a button.
"use strict";
(function () {
  const { draw, make, state } = artlucid;
  const LEFT = 44;
  const TOP = 8;
  const HEIGHT = 210;
  const STEP = 22;
  const LETTERS = 24;
  const MARKS = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 4"];

  // A long name without its middle.
  const shortened = (name) => (name.length > LETTERS ? `${name.slice(0, LETTERS / 2 - 1)}…${name.slice(-LETTERS / 2)}` : name);

  // A plot's places: layers from left to right, values from bottom to top. Many layers make it wider than the screen.
  function scales(room, names, [low, high]) {
    const longest = Math.max(0, ...names.map((name) => shortened(name).length));
    const left = Math.max(LEFT, 6.25 * longest - STEP / 2);
    const width = Math.max(room, left + names.length * STEP + 8);
    const step = (width - left - 8) / Math.max(names.length, 1);
    return {
      left,
      step,
      width,
      height: TOP + HEIGHT + Math.max(84, 7 * longest + 20),
      x: (place) => left + step * (place + 0.5),
      y: (value) => TOP + HEIGHT * (1 - (value - low) / (high - low)),
    };
  }

  // Whole numbers of images, few of them, as ratios.
  function counts(size) {
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => 5 * one >= size) ?? Math.ceil(size / 5);
    return Array.from({ length: Math.floor(size / step) + 1 }, (_, place) => (place * step) / size);
  }

  function frame(at, names, ticks, label) {
    return [
      ...ticks.map((tick) =>
        draw("g", { class: "tick", "aria-hidden": "true" },
          draw("line", { x1: at.left, x2: at.width - 8, y1: at.y(tick), y2: at.y(tick) }),
          draw("text", { x: at.left - 8, y: at.y(tick) + 5, "text-anchor": "end" }, label(tick)))),
      ...names.map((name, place) =>
        draw("text", {
          class: "name", "aria-hidden": "true", "text-anchor": "end",
          transform: `translate(${at.x(place) + 5} ${TOP + HEIGHT + 16}) rotate(-50)`,
        }, shortened(name))),
    ];
  }

  // What is clicked: the whole height of a layer, for fingers too.
  function button(at, name, place, words, reading) {
    const pressed = state.get("layer") === name;
    const choose = () => state.set({ layer: pressed ? null : name }, { step: true });
    const say = () => { reading.textContent = words; };
    return draw("rect", {
      class: "layer", role: "button", tabindex: 0, "aria-pressed": String(pressed), "aria-label": `${words}. Show its channels`,
      x: at.x(place) - at.step / 2, y: TOP - 4, width: at.step, height: at.height - TOP, "data-layer": name,
      onclick: choose, onmouseenter: say, onfocus: say,
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          choose();
        }
      },
    });
  }

  // A path through the values that there are; where one is missing the line has a gap.
  function path(values, at) {
    let open = false;
    return values.map((value, place) => {
      const piece = value === null ? "" : `${open ? "L" : "M"}${at.x(place)} ${at.y(value)}`;
      open = value !== null;
      return piece;
    }).join("");
  }

  function band(low, high, at) {
    const there = low.map((value, place) => place).filter((place) => low[place] !== null && high[place] !== null);
    const edge = (values, places) => places.map((place) => `${at.x(place)} ${at.y(values[place])}`);
    return there.length ? `M${[...edge(high, there), ...edge(low, [...there].reverse())].join("L")}Z` : "";
  }

  // Frozen layers could not change: the paper leaves them out of its curves.
  const thawed = (values, frozen) => frozen.map((still, place) => (still ? null : (values?.[place] ?? null)));

  function cka(width) {
    const { overview, pairPlace } = artlucid.channels;
    const kind = state.get("cka") === "debiased" ? "cka_debiased" : "cka";
    const names = overview.plotted;
    const chosen = pairPlace();
    const values = overview.pairs.map(({ cka: of }) => thawed(of[kind], of.frozen));
    const of = overview.pairs[chosen].cka;
    const [low, high, floor] = ["low", "high", "floor"].map((ending) => thawed(of[`${kind}_${ending}`], of.frozen));
    const lowest = Math.min(0, ...[...values, low, floor].flat().filter((value) => value !== null));
    const at = scales(width, names, [Math.floor(lowest * 5) / 5, 1]);
    const order = [...values.keys()].filter((place) => place !== chosen).concat(chosen);
    const reading = document.getElementById("cka-reading");
    const words = (place) => {
      const value = values[chosen][place];
      const between = low[place] === null ? "" : ` (${artlucid.decimal(low[place])} … ${artlucid.decimal(high[place])})`;
      const below = floor[place] === null ? "" : `, floor ${artlucid.decimal(floor[place])}`;
      return `${names[place]}: ${of.frozen[place] ? "frozen" : `CKA ${artlucid.decimal(value)}${between}${below}`}`;
    };
    const some = (numbers) => numbers.some((value) => value !== null);
    const drawn = [some(low) && "Band: interval over images.", some(floor) && "Dotted: the floor, images in another order.",
      values.length > 1 && "Thin lines: the other pairs."];
    reading.textContent = drawn.filter(Boolean).join(" ");
    return draw("svg", { width: at.width, height: at.height, role: "group", "aria-labelledby": "cka-title" },
      frame(at, names, [0, 0.25, 0.5, 0.75, 1], (tick) => String(tick)),
      draw("path", { class: "band", d: band(low, high, at) }),
      draw("path", { class: "floor", d: path(floor, at) }),
      order.map((place) => draw("path", {
        class: place === chosen ? "curve chosen" : "curve", d: path(values[place], at),
        "stroke-dasharray": place === chosen ? null : MARKS[place % MARKS.length],
      })),
      values[chosen].map((value, place) =>
        value === null ? null : draw("circle", { class: "dot", cx: at.x(place), cy: at.y(value), r: 4 })),
      names.map((name, place) => button(at, name, place, words(place), reading)));
  }

  function overlap(width) {
    const { overview, pairPlace } = artlucid.channels;
    const names = overview.plotted;
    const size = overview.sizes[0];
    const at = scales(width, names, [0, 1]);
    const { boxes, cka: { frozen } } = overview.pairs[pairPlace()];
    const reading = document.getElementById("overlap-reading");
    const count = (ratio) => artlucid.chance(ratio * size);
    const words = (place) => {
      const box = boxes[place];
      if (!box) return `${names[place]}: no channels`;
      return `${names[place]}: half of ${artlucid.count(box.n, "channel")} share at most ${count(box.median)} of ${size} images; ` +
        `by chance ${count(box.chance)}${frozen[place] ? "; frozen" : ""}`;
    };
    const missing = overview.layers.length
      ? "There are too few images for sets of maximal activation images."
      : "No layer was compared channel by channel.";
    reading.textContent = size ? "Box: the middle half of a layer’s channels; line: median; dot: mean; dashed: chance." : missing;
    const half = Math.min(at.step * 0.32, 18);
    return draw("svg", { width: at.width, height: at.height, role: "group", "aria-labelledby": "overlap-title" },
      frame(at, names, size ? counts(size) : [], (tick) => artlucid.whole(Math.round(tick * size))),
      boxes.map((box, place) => box && draw("g", { class: frozen[place] ? "box frozen" : "box" },
        draw("line", { x1: at.x(place), x2: at.x(place), y1: at.y(box.least), y2: at.y(box.most) }),
        draw("rect", {
          x: at.x(place) - half, width: 2 * half, y: at.y(box.quartile_3),
          height: Math.max(at.y(box.quartile_1) - at.y(box.quartile_3), 1),
        }),
        draw("line", { class: "median", x1: at.x(place) - half, x2: at.x(place) + half, y1: at.y(box.median), y2: at.y(box.median) }),
        draw("circle", { cx: at.x(place), cy: at.y(box.mean), r: 3 }),
        draw("line", {
          class: "chance", x1: at.x(place) - at.step / 2, x2: at.x(place) + at.step / 2, y1: at.y(box.chance), y2: at.y(box.chance),
        }))),
      names.map((name, place) => button(at, name, place, words(place), reading)));
  }

  function redraw() {
    for (const [id, plot] of [["cka", cka], ["overlap", overlap]]) {
      const place = document.getElementById(id);
      const focused = place.contains(document.activeElement) ? document.activeElement.dataset.layer : null;
      place.replaceChildren(plot(Math.max(place.clientWidth, 280)));
      if (focused) [...place.querySelectorAll(".layer")].find((one) => one.dataset.layer === focused)?.focus();
    }
  }

  // Which pair is looked at, where there are several, and which of the two measures.
  function choosers() {
    const { overview, pairPlace } = artlucid.channels;
    const label = ({ a, b }) => `${overview.models[a].label} → ${overview.models[b].label}`;
    const pair = make("select", { id: "choose-pair", onchange: (event) => state.set({ pair: event.target.value }, { step: true }) },
      overview.pairs.map((one, place) => make("option", { value: place, selected: place === pairPlace() }, label(one))));
    const kind = make("select", { id: "choose-cka", onchange: (event) => state.set({ cka: event.target.value === "debiased" ? "debiased" : null }) },
      make("option", { value: "cka" }, "CKA, as in the paper"),
      make("option", { value: "debiased", selected: state.get("cka") === "debiased" }, "CKA, debiased"));
    const place = document.getElementById("pair");
    place.hidden = false;
    place.replaceChildren(
      make("label", {}, "Before → after ", pair), make("label", {}, "Similarity ", kind));
  }

  artlucid.plots = {
    ready() {
      choosers();
      redraw();
      let width = window.innerWidth;
      window.addEventListener("resize", () => {
        if (width !== window.innerWidth) redraw();
        width = window.innerWidth;
      });
      state.onchange((changed) => {
        if (["pair", "layer", "cka"].some((key) => changed.has(key))) redraw();
        if (changed.has("pair") || changed.has("cka")) {
          document.getElementById("choose-pair").value = artlucid.channels.pairPlace();
          document.getElementById("choose-cka").value = state.get("cka") ?? "cka";
        }
        if (changed.has("pair")) {
          const sentences = artlucid.channels.pair().sentences.map((sentence) => make("li", {}, sentence));
          document.getElementById("sentences").replaceChildren(...sentences);
        }
      });
    },
  };
})();
