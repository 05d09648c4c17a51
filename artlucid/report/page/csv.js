// Tables as text with commas, for spreadsheets.
"use strict";
(function () {
  // A spreadsheet would take these for the beginning of a formula, in East Asia the wide ones too.
  const FORMULA = /^[=+\-@＝＋－＠'\t\r\n]/;

  const cell = (value) => {
    const text = FORMULA.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  artlucid.csv = {
    written: (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join(""),

    // Rows of cells; a quoted cell may hold commas, quotes and line ends. Spreadsheets of many countries write semicolons.
    read(text) {
      const rows = [[]];
      const source = text.replace(/^\uFEFF/, "");
      const comma = /^[^,\r\n]*;/.test(source) ? ";" : ",";
      const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${comma}\\r\\n]*))(${comma}|\\r\\n|\\r|\\n|$)`, "y");
      while (pattern.lastIndex < source.length) {
        const found = pattern.exec(source);
        if (!found) throw new Error("a quotation mark is not closed");
        const value = found[1] !== undefined ? found[1].replaceAll('""', '"') : found[2];
        rows.at(-1).push(value.startsWith("'") && FORMULA.test(value.slice(1)) ? value.slice(1) : value);
        if (found[3] !== comma) rows.push([]);
        else if (pattern.lastIndex === source.length) rows.at(-1).push("");
      }
      return rows.filter((row) => row.length > 1 || row[0]);
    },
  };
})();
