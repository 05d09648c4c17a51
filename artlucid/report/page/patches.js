// In place of whole images, on demand, the parts of them that fire the channel: cut out of the thumbnails.
"use strict";
(function () {
  const { make, state } = artlucid;
  const WHOLE = 1000;

  // Show a part of an image as large as its cell, in its own proportions: the square around the box that fits the image.
  function cut(image, [left, top, right, bottom]) {
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const side = Math.min(Math.max((right - left) * width, (bottom - top) * height) / WHOLE, width, height);
    const inside = (middle, length) => Math.min(Math.max(middle - side / 2, 0), length - side);
    const x = inside(((left + right) / 2 / WHOLE) * width, width);
    const y = inside(((top + bottom) / 2 / WHOLE) * height, height);
    Object.assign(image.style, {
      position: "absolute", objectFit: "fill", maxWidth: "none",
      width: `${(100 * width) / side}%`, height: `${(100 * height) / side}%`, left: `${(-100 * x) / side}%`, top: `${(-100 * y) / side}%`,
    });
  }

  function show(columns, id, boxes) {
    for (const list of columns.querySelectorAll(".mosaic")) {
      const numbers = boxes?.[list.dataset.model]?.[artlucid.channels.numberOf(id)] ?? [];
      [...list.querySelectorAll("img")].forEach((image, place) => {
        const box = numbers.slice(4 * place, 4 * place + 4);
        image.removeAttribute("style");
        if (box.length < 4 || box[0] >= box[2]) return;
        // A thumbnail that has not come yet is cut when it has.
        if (image.naturalWidth) cut(image, box);
        else image.addEventListener("load", () => { if (state.get("patches")) cut(image, box); }, { once: true });
      });
    }
  }

  artlucid.patches = {
    // A switch for the mosaics of a channel; nothing where its layer has no boxes.
    toggle(id, columns) {
      const { overview, placeOf } = artlucid.channels;
      if (!overview.boxed.includes(placeOf(id))) return null;
      const said = make("span", { role: "alert" });
      const input = make("input", { type: "checkbox", id: "patches", checked: state.get("patches") !== null });
      const turn = async () => {
        state.set({ patches: input.checked ? 1 : null });
        try {
          const boxes = await artlucid.load(`patches/${placeOf(id)}`);
          // The reader may have turned them off meanwhile.
          show(columns, id, input.checked ? boxes : null);
        } catch (error) {
          said.textContent = ` ${error.message}`;
        }
      };
      input.addEventListener("change", turn);
      if (input.checked) setTimeout(turn);
      return make("label", { class: "patches" }, input, ` Patches: ${overview.boxes}`, said);
    },
  };
})();
