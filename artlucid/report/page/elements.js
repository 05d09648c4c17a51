// Elements of HTML and SVG. Text is always set as text, so that no name can be taken for markup.
"use strict";
(function () {
  function filled(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  }

  artlucid.make = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

  artlucid.draw = (tag, attributes = {}, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
})();
