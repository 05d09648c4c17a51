// Tables as text with commas, for spreadsheets.
"use strict";
(function () {
  // A spreadsheet would take these for the beginning of a formula.
  const FORMULA = /^[=+\-@'\t\r]/;

  const cell = (value) => {
    const text = FORMULA.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  artlucid.csv = {
    written: (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join(""),

    // Rows of cells; a quoted cell may hold commas, quotes and line ends.
    read(text) {
      const rows = [[]];
      const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\r|\n|$)/y;
      const source = text.replace(/^\uFEFF/, "");
      while (pattern.lastIndex < source.length) {
        const found = pattern.exec(source);
        if (!found) throw new Error("a quotation mark is not closed");
        const value = found[1] !== undefined ? found[1].replaceAll('""', '"') : found[2];
        rows.at(-1).push(/^'[=+\-@'\t\r]/.test(value) ? value.slice(1) : value);
        if (found[3] !== ",") rows.push([]);
        else if (pattern.lastIndex === source.length) rows.at(-1).push("");
      }
      return rows.filter((row) => row.length > 1 || row[0]);
    },
  };
})();
