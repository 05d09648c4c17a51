// To a channel by its name, or by a part of it: `4d 52`.
"use strict";
(function () {
  const { make, state } = artlucid;
  const SHOWN = 8;

  const parts = (name) => name.toLowerCase().split(/[_/\s]+/).map((part) => part.replace(/^(mixed|conv2d)(?=\d)/, ""));

  // Layers whose names have all of the words, and the channel if the last word is a number. Best first: the exact name,
  // then the fewest other words in the name, then the widest layer.
  function matches(text) {
    const { idOf, overview } = artlucid.channels;
    if (idOf(text.trim()) !== null) return [text.trim()];
    const words = text.toLowerCase().split(/[\s:_,]+/).filter(Boolean).map((word) => word.replace(/^(mixed|conv2d)(?=\d)/, ""));
    const number = /^\d+$/.test(words.at(-1) ?? "") ? Number(words.pop()) : null;
    if (number === null) return [];
    return overview.layers
      .map((layer) => ({ layer, rest: parts(layer.name).filter((part) => !words.includes(part)).length }))
      .filter(({ layer }) => number < layer.width && words.every((word) => parts(layer.name).some((part) => part.startsWith(word))))
      .sort((one, other) => one.rest - other.rest || other.layer.width - one.layer.width)
      .map(({ layer }) => `${layer.name}:${number}`);
  }

  artlucid.jump = {
    matches,
    field() {
      const found = make("ul", { class: "found", id: "found", "aria-label": "Channels of that name" });
      const input = make("input", {
        id: "jump", type: "search", placeholder: "4d 52", autocomplete: "off", spellcheck: "false", "aria-controls": "found",
        oninput: show,
        onfocus: show,
        onkeydown: (event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            const [first] = matches(input.value);
            if (first) open(first);
            else artlucid.say(`No channel is called “${input.value}”: give a part of a layer’s name and a number, as 4d 52.`);
          }
          if (event.key === "Escape") clear();
          if (event.key === "ArrowDown" && found.firstChild) {
            event.preventDefault();
            found.querySelector("a").focus();
          }
        },
      });

      function show() {
        found.replaceChildren(...matches(input.value).slice(0, SHOWN).map((name) =>
          make("li", {}, make("a", {
            href: state.address({ channel: name }),
            onclick: (event) => { event.preventDefault(); open(name); },
            onkeydown: move,
          }, name))));
      }

      function move(event) {
        if (event.key === "Escape") clear();
        const step = { ArrowDown: "nextSibling", ArrowUp: "previousSibling" }[event.key];
        if (!step) return;
        event.preventDefault();
        (event.target.parentElement[step]?.querySelector("a") ?? input).focus();
      }

      function clear() {
        input.value = "";
        found.replaceChildren();
        input.focus();
      }

      function open(name) {
        clear();
        state.set({ channel: name }, { step: true });
      }

      const field = make("div", { class: "field jump" }, make("label", { for: "jump" }, "Jump to a channel"), input, found);
      const leave = ({ target }) => {
        if (!field.contains(target)) found.replaceChildren();
      };
      ["pointerdown", "focusin"].forEach((kind) => document.addEventListener(kind, leave));
      return field;
    },
  };
})();
