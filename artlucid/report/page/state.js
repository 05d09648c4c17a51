// What the reader looks at. It stands in the address, so that an address shows others the same.
"use strict";
(function () {
  const listeners = [];
  let state = read();

  function read() {
    return new Map(new URLSearchParams(location.hash.slice(1)));
  }

  function spelled(values) {
    const text = new URLSearchParams([...values]).toString();
    // Colons, slashes and brackets read better than their codes, and mean nothing else there.
    return text.replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%28", "(").replaceAll("%29", ")");
  }

  function tell(before) {
    const changed = new Set([...before.keys(), ...state.keys()].filter((key) => before.get(key) !== state.get(key)));
    if (changed.size) listeners.forEach((listener) => listener(changed));
  }

  artlucid.state = {
    get: (key) => state.get(key) ?? null,

    // Change some keys; null takes one away. A step of the reader's history is made where they may want to go back.
    set(changes, { step = false } = {}) {
      const before = state;
      state = new Map(before);
      for (const [key, value] of Object.entries(changes)) {
        if (value === null || value === "") state.delete(key);
        else state.set(key, String(value));
      }
      history[step ? "pushState" : "replaceState"](null, "", `#${spelled(state)}`);
      tell(before);
    },

    // The address of the same view with some keys changed.
    address(changes) {
      const values = new Map(state);
      for (const [key, value] of Object.entries(changes)) {
        if (value === null) values.delete(key);
        else values.set(key, String(value));
      }
      return `#${spelled(values)}`;
    },

    onchange: (listener) => listeners.push(listener),
  };

  // A step back or forward, and another address typed in.
  window.addEventListener("popstate", () => {
    const before = state;
    state = read();
    tell(before);
  });
})();
