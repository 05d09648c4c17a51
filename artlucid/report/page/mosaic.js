// All images that fire a channel in one model, densely; what is pointed at is marked wherever it is, and named.
"use strict";
(function () {
  const { make } = artlucid;

  // `kept`: the images with a green border. `point` is told which image is looked at.
  function mosaic(label, indices, kept, point) {
    const { thumbnails } = artlucid.channels.overview;
    const cells = indices.map((index, place) => make("li", {
      class: kept.has(index) ? "image kept" : "image", role: "option", tabindex: place ? -1 : 0, "data-index": index,
      "aria-selected": "false", "aria-label": `${place + 1}: ${artlucid.images.words(index)}${kept.has(index) ? "; in both" : ""}`,
    }, thumbnails ? artlucid.images.thumbnail(index) : artlucid.images.path(index)));
    const list = make("ul", { class: thumbnails ? "mosaic" : "mosaic of-names", role: "listbox", "aria-label": label, onkeydown: move }, cells);
    const aim = (event) => {
      const cell = event.target.closest(".image");
      if (cell) point(Number(cell.dataset.index));
    };
    ["pointerover", "focusin", "click"].forEach((kind) => list.addEventListener(kind, aim));
    return list;
  }

  // The arrow keys go from image to image, by what stands left, right, above and below.
  function move(event) {
    const cells = [...event.currentTarget.children];
    const here = cells.indexOf(event.target.closest(".image"));
    const columns = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -here, End: cells.length - 1 - here };
    if (here < 0 || !(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    const there = cells[here + steps[event.key]];
    if (!there) return;
    cells[here].tabIndex = -1;
    there.tabIndex = 0;
    there.focus();
  }

  artlucid.mosaic = mosaic;
})();
