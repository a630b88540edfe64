// Small helpers. Texts come from outside: they only ever become text nodes and attributes, never markup.
"use strict";

const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

// A text from outside, which may run from right to left: kept from turning its surroundings.
const outside = (text) => make("bdi", {}, text);

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

function figure(value) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toExponential(1).replaceAll("-", "−");
  const digits = size >= 1000 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en-GB", options).replaceAll("-", "−");
}

function swatch(tone) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("class", `dot tone${tone % 8}`);
  svg.setAttribute("aria-hidden", "true");
  const shapes = ["M5,.5 a4.5,4.5 0 1,0 .01,0 z", "M1,1 h8 v8 h-8 z", "M5,0 l5,5 l-5,5 l-5,-5 z", "M5,.5 l5,9 h-10 z"];
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[tone % 4]);
  path.setAttribute("class", "mark");
  svg.append(path);
  return svg;
}

// A picture and the heat map over it; the style fades the upper one.
function stack(item, map, size) {
  const below = item.picture;
  const above = map && map.overlay;
  const shape = below || above;
  if (!shape) return [];
  const alt = above
    ? `${map.contender}${map.class ? ` for ${map.class}` : ""} over ${item.name}`
    : item.name;
  const lazy = size === "thumb" ? "lazy" : null;
  const common = { width: shape.width, height: shape.height, loading: lazy, decoding: "async" };
  const images = [];
  if (below) images.push(make("img", { src: below[size], alt: above ? "" : alt, class: "below", ...common }));
  if (above) {
    images.push(make("img", { src: above[size], alt, class: below ? "above" : "below", ...common }));
  }
  return images;
}
