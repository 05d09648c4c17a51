// The parts in their order.
"use strict";
(function () {
  const said = document.getElementById("said");
  artlucid.say = (text) => { said.textContent = text; };

  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("channels-title").focus();
  });

  artlucid.channels.ready().then((overview) => {
    artlucid.notes.ready(overview.page);
    artlucid.plots.ready();
    artlucid.filters.ready();
    artlucid.grid.ready();
    artlucid.opened.ready();
    document.documentElement.dataset.ready = "";
  }).catch((error) => {
    artlucid.say(error.message);
    throw error;
  });
})();
