// The grid holds what is on the screen and a little around it, whatever the number of channels.
"use strict";
(function () {
  const { state } = artlucid;
  const GAP = 16;
  const AROUND = 2;
  const SQUARE = 112;
  let grid, ids, layout, cards, waiting, stale;

  // How many cards stand side by side, and how large they are, in pixels.
  function measured() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const squares = artlucid.card.squares();
    const width = grid.clientWidth;
    const least = Math.max(squares * (SQUARE + 6) + 26, 18 * rem);
    const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
    const card = (width - GAP * (columns - 1)) / columns;
    const side = squares && Math.min((card - 26 - 6 * (squares - 1)) / squares, 260);
    // Title, squares with captions, and the lines that the figures take.
    const lines = card < 22 * rem ? 3 : 2;
    const height = 26 + 2.25 * rem + (squares && side + 1.5 * rem) + lines * 1.5 * rem + 12;
    return { columns, card, side, height, rows: Math.ceil(ids.length / columns) };
  }

  function place(element, position) {
    const column = position % layout.columns;
    element.style.left = `${column * (layout.card + GAP)}px`;
    element.style.top = `${Math.floor(position / layout.columns) * (layout.height + GAP)}px`;
    element.style.width = `${layout.card}px`;
    element.style.height = `${layout.height}px`;
    element.style.setProperty("--side", `${layout.side}px`);
    element.setAttribute("aria-setsize", ids.length);
    element.setAttribute("aria-posinset", position + 1);
  }

  function visible() {
    const above = -grid.getBoundingClientRect().top;
    const row = layout.height + GAP;
    const first = Math.max(0, Math.floor(above / row) - AROUND);
    const last = Math.min(layout.rows, Math.ceil((above + window.innerHeight) / row) + AROUND);
    return [first * layout.columns, Math.min(ids.length, last * layout.columns)];
  }

  function show() {
    waiting = false;
    const [first, last] = visible();
    const wanted = new Set(ids.slice(first, last));
    for (const [id, element] of cards) {
      // What has the focus stays, or the reader would lose their place.
      if (!wanted.has(id) && !element.contains(document.activeElement)) {
        element.remove();
        cards.delete(id);
      }
    }
    for (let position = first; position < last; position += 1) add(position);
  }

  // In the order of the grid, which is the order in which keys and screen readers go.
  function add(position) {
    const id = ids[position];
    if (!cards.has(id)) {
      const element = artlucid.card.make(id);
      cards.set(id, element);
      place(element, position);
      const after = [...grid.children].find((other) => Number(other.getAttribute("aria-posinset")) > position + 1);
      grid.insertBefore(element, after ?? null);
    }
    return cards.get(id);
  }

  function renew() {
    stale = false;
    ids = artlucid.channels.ordered();
    layout = measured();
    cards = new Map();
    grid.replaceChildren();
    grid.style.height = `${Math.max(layout.rows * (layout.height + GAP) - GAP, 0)}px`;
    const total = artlucid.channels.total;
    const some = ids.length === total ? artlucid.count(total, "channel") : `${artlucid.whole(ids.length)} of ${artlucid.count(total, "channel")}`;
    const none = `None of ${artlucid.count(total, "channel")} is left: take a filter away.`;
    document.getElementById("status").textContent = ids.length || !total ? some : none;
    artlucid.say("");
    show();
  }

  function soon() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }

  function focus(position) {
    const top = grid.getBoundingClientRect().top + window.scrollY + Math.floor(position / layout.columns) * (layout.height + GAP);
    const height = layout.height;
    if (top < window.scrollY + 8) window.scrollTo(0, top - 8);
    else if (top + height > window.scrollY + window.innerHeight - 8) window.scrollTo(0, top + height + 8 - window.innerHeight);
    show();
    add(position).querySelector("a.open").focus({ preventScroll: true });
  }

  function onkey(event) {
    const card = event.target.closest(".card");
    if (!card || event.altKey || event.ctrlKey || event.metaKey) return;
    const here = Number(card.getAttribute("aria-posinset")) - 1;
    const { columns } = layout;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -here, End: ids.length - 1 - here };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const there = here + steps[event.key];
    if (there >= 0 && there < ids.length) focus(there);
  }

  // A mark may take its channel out of those that are shown: not before an opened one is closed, for its neighbours' sake.
  function remark(name) {
    if (name !== null && !["star", "note"].includes(state.get("show"))) return;
    if (name !== null && state.get("channel") !== null) {
      stale = true;
      return;
    }
    const card = document.activeElement?.closest(".card");
    const position = card && Number(card.getAttribute("aria-posinset")) - 1;
    renew();
    if (card && ids.length) focus(Math.min(position, ids.length - 1));
  }

  artlucid.grid = {
    ready() {
      grid = document.getElementById("grid");
      grid.addEventListener("keydown", onkey);
      window.addEventListener("scroll", soon, { passive: true });
      new ResizeObserver(() => {
        if (Math.abs(grid.clientWidth - layout.columns * (layout.card + GAP) + GAP) > 0.5) renew();
      }).observe(grid);
      renew();
      state.onchange((changed) => {
        // An opened channel covers the grid and changes nothing of it.
        const others = [...changed].filter((key) => !["channel", "cka", "patches", "by"].includes(key));
        if (others.length) renew();
      });
      artlucid.notes.onchange(remark);
    },
    // The channel before or after another one; null at either end.
    beside(id, step) {
      const position = ids.indexOf(id);
      return position < 0 ? null : (ids[position + step] ?? null);
    },
    position: (id) => ({ position: ids.indexOf(id), of: ids.length }),
    focusOn(id) {
      const position = ids.indexOf(id);
      if (position >= 0) focus(position);
      else document.getElementById("channels-title").focus();
    },
    refresh(id) {
      if (stale) renew();
      const element = cards.get(id);
      if (!element) return;
      const renewed = artlucid.card.make(id);
      cards.set(id, renewed);
      place(renewed, ids.indexOf(id));
      element.replaceWith(renewed);
    },
  };
})();
