// Stars and notes as a file: out of this browser, and in again.
"use strict";
(function () {
  const { make } = artlucid;
  function save() {
    const address = URL.createObjectURL(new Blob(["\uFEFF", artlucid.notes.written()], { type: "text/csv" }));
    make("a", { href: address, download: "channels.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    artlucid.say(`${artlucid.count(artlucid.notes.count(), "marked channel")} saved as channels.csv.`);
  }

  async function take(file) {
    try {
      const { taken, unknown, kept } = artlucid.notes.take(await file.text(), (name) => artlucid.channels.idOf(name) !== null);
      const rest = unknown ? `; ${artlucid.count(unknown, "row")} left out, which name no channel of this page` : "";
      const lost = kept ? "" : " This browser keeps no notes: they are gone with this page.";
      artlucid.say(`${artlucid.count(taken, "marked channel")} read from ${file.name}${rest}.${lost}`);
    } catch (error) {
      artlucid.say(`${file.name} is no table of marks: ${error.message}.`);
    }
  }

  artlucid.exchange = {
    field() {
      const input = make("input", {
        type: "file", id: "import", accept: ".csv,text/csv", class: "unseen",
        onchange: async () => {
          if (input.files.length) await take(input.files[0]);
          input.value = "";
        },
      });
      return make("div", { class: "field exchange" },
        make("button", { type: "button", class: "quiet", id: "export", onclick: save }, "Export marks"),
        input, make("label", { class: "quiet", for: "import" }, "Import marks"));
    },
  };
})();
