// The images of the dataset: where their thumbnails stand, and what they are.
"use strict";
(function () {
  const { make } = artlucid;
  const folder = document.documentElement.dataset.thumbnails;
  let images;

  artlucid.images = {
    async ready() { images ??= await artlucid.load("images"); },

    // Also without `ready`: a place in the dataset is all that an address needs.
    thumbnail(index) {
      if (!artlucid.channels.overview.thumbnails) return make("span", { class: "none", "aria-hidden": "true" });
      return make("img", { src: `${folder}/${Math.floor(index / 1000)}/${index}.webp`, alt: "", loading: "lazy", decoding: "async" });
    },

    // Its values in one column of labels, as places in the list of values.
    values(place, index) {
      const given = images.columns[place][index];
      return Array.isArray(given) ? given : given < 0 ? [] : [given];
    },

    // Files of one name may stand in several folders.
    path: (index) => [images.folders[images.folder[index]], images.files[index]].filter(Boolean).join("/"),

    // File, class, artist, date: what is known of it.
    words(index) {
      const { facets } = artlucid.channels.overview;
      const known = facets.flatMap(({ values }, place) => artlucid.images.values(place, index).map((value) => values[value]));
      return [artlucid.images.path(index), ...known].join(" · ");
    },
  };
})();
