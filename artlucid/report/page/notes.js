// The reader's stars and notes. They stay in this browser, and leave it as a table.
"use strict";
(function () {
  const listeners = [];
  const HEAD = ["layer", "channel", "star", "note"];
  let key, notes;

  function read() {
    try {
      return new Map(Object.entries(JSON.parse(localStorage.getItem(key) ?? "{}")));
    } catch {
      return new Map();
    }
  }

  // False where the browser keeps nothing, as in some private windows.
  function write() {
    try {
      localStorage.setItem(key, JSON.stringify(Object.fromEntries(notes)));
      return true;
    } catch {
      return false;
    }
  }

  const of = (name) => notes.get(name) ?? { star: false, note: "" };

  function put(name, entry) {
    if (entry.star || entry.note) notes.set(name, entry);
    else notes.delete(name);
  }

  artlucid.notes = {
    ready(page) {
      key = `artlucid ${page}`;
      notes = read();
      // Another window with the same page.
      window.addEventListener("storage", (event) => {
        if (event.key !== key) return;
        notes = read();
        listeners.forEach((listener) => listener(null));
      });
    },
    of,
    count: () => notes.size,
    set(name, changes) {
      const [before, after] = [of(name), { ...of(name), ...changes }];
      put(name, after);
      const kept = write();
      // Not at each letter of a note.
      if (before.star !== after.star || !before.note !== !after.note) listeners.forEach((listener) => listener(name));
      return kept;
    },
    onchange: (listener) => listeners.push(listener),
    written() {
      const rows = [...notes].map(([name, { star, note }]) => {
        const colon = name.lastIndexOf(":");
        return [name.slice(0, colon), name.slice(colon + 1), star ? "yes" : "", note];
      });
      return artlucid.csv.written([HEAD, ...rows]);
    },
    // Take a table in; its rows replace what is noted of the same channels.
    take(text, known) {
      const [head, ...rows] = artlucid.csv.read(text);
      const places = HEAD.map((name) => (head ?? []).indexOf(name));
      if (places.some((place) => place < 0)) throw new Error(`its first line must name ${HEAD.join(", ")}`);
      let taken = 0;
      for (const row of rows) {
        const [layer, channel, star, note] = places.map((place) => row[place] ?? "");
        const name = `${layer}:${channel}`;
        if (!known(name)) continue;
        put(name, { star: /^(yes|true|1)$/i.test(star), note });
        taken += 1;
      }
      const kept = write();
      listeners.forEach((listener) => listener(null));
      return { taken, unknown: rows.length - taken, kept };
    },
  };
})();
