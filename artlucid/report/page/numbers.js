// How numbers are spelled.
"use strict";
(function () {
  const whole = new Intl.NumberFormat("en");

  artlucid.whole = (value) => whole.format(value);

  artlucid.count = (value, noun) => `${whole.format(value)} ${noun}${value === 1 ? "" : "s"}`;

  artlucid.decimal = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits));

  // What chance gives may be far below one image.
  artlucid.chance = function (value) {
    if (value === null) return "–";
    return value >= 1 ? String(Math.round(value)) : value >= 0.05 ? value.toFixed(1) : "0";
  };
})();
