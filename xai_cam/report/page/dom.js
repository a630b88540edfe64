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

function draw(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
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
  const svg = draw("svg", { viewBox: "0 0 10 10", class: `dot tone${tone % 8}`, "aria-hidden": "true" });
  const shapes = ["M5,.5 a4.5,4.5 0 1,0 .01,0 z", "M1,1 h8 v8 h-8 z", "M5,0 l5,5 l-5,5 l-5,-5 z", "M5,.5 l5,9 h-10 z"];
  svg.append(draw("path", { d: shapes[tone % 4], class: "mark" }));
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
  return map?.parts ? [...images, marksOf(map.parts)] : images;
}

// The boxes of a map and its highest place, in the pixels of the picture, over whatever size that is shown at.
function marksOf(parts) {
  const svg = draw("svg", { viewBox: `0 0 ${parts.width} ${parts.height}`, class: "marks", "aria-hidden": "true" });
  const boxes = parts.boxes.map(([x, y, w, h]) => `M${x},${y}h${w}v${h}h${-w}z`);
  if (parts.peak) boxes.push(`M${parts.peak[0] + 0.5},${parts.peak[1] + 0.5}h0`);
  for (const tone of ["dark", "light"]) {
    for (const d of boxes) svg.append(draw("path", { d, class: d.endsWith("h0") ? `${tone} peak` : tone }));
  }
  return svg;
}

function areaOf(map) {
  return map.parts.boxes.length ? `${figure(100 * map.parts.area)} %` : "–";
}
