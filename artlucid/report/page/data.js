// Data come as classic scripts that call `artlucid.take`, because a page from the disk may not fetch files.
"use strict";
(function () {
  const folder = document.documentElement.dataset.data;
  const known = new Map();

  // A promise of the data of that name, and what fulfils it.
  function entry(name) {
    if (!known.has(name)) {
      const one = { asked: false };
      one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject }));
      known.set(name, one);
    }
    return known.get(name);
  }

  artlucid.take = function (name, content) {
    entry(name).resolve(content);
  };

  artlucid.load = function (name) {
    const one = entry(name);
    if (!one.asked) {
      one.asked = true;
      const script = document.createElement("script");
      script.src = `${folder}/${name}.js`;
      script.onerror = () => one.reject(new Error(`${script.src} is not there: copy the page's whole folder.`));
      document.head.append(script);
    }
    return one.promise;
  };
})();
