// One picture at full size: arrows walk over the images of the view, and over the maps of an image.

const PEAK = "x, y of the middle of the map's highest cell, which may lie in another part than the largest";
const viewer = byId("viewer");
let place = 0;
let chosen = 0;
let opener = null;

function openViewer(button) {
  opener = button;
  place = Number(button.dataset.place);
  chosen = Number(button.dataset.map);
  showPicture();
  viewer.showModal();
  byId("viewer-title").focus();
}

// The next image that has something to show.
function step(by) {
  let next = place + by;
  while (view[next] && !view[next].maps.length && !view[next].item.picture) next += by;
  if (!view[next]) return;
  const contender = view[place].maps[chosen]?.contender;
  place = next;
  chosen = Math.max(0, view[place].maps.findIndex((map) => map.contender === contender));
  showPicture();
}

function choose(number) {
  const count = view[place].maps.length;
  if (!count) return;
  chosen = (number + count) % count;
  showPicture();
}

function showPicture() {
  const { item, maps } = view[place];
  const map = maps[chosen];
  byId("viewer-title").replaceChildren(outside(item.name));
  byId("viewer-place").textContent = `${place + 1} of ${view.length}`;
  byId("viewer-picture").replaceChildren(...stack(item, map, "full"));
  byId("viewer-verdict").replaceChildren(...verdict(item));
  byId("viewer-previous").setAttribute("aria-disabled", place === 0);
  byId("viewer-next").setAttribute("aria-disabled", place === view.length - 1);
  showMaps(maps);
  showSaid(item, map);
  for (const by of [-1, 1]) fetchAhead(view[place + by]);
}

function fetchAhead(entry) {
  if (!entry) return;
  const same = entry.maps.find((map) => map.contender === view[place].maps[chosen]?.contender);
  for (const asset of [entry.item.picture, same?.overlay]) if (asset) new Image().src = asset.full;
}

function showMaps(maps) {
  const held = byId("viewer-maps").contains(document.activeElement);
  const several = new Set(maps.map((map) => map.class)).size > 1;
  const parts = maps.some((map) => map.parts);
  const ofParts = parts ? ["area", "peak"] : [];
  const heads = ["map", ...(several ? ["class"] : []), "p", ...ofParts, ...page.columns.map((column) => column.title)];
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col", title: text === "peak" ? PEAK : null }, text)));
  const rows = maps.map((map, number) => {
    const pressed = number === chosen ? "true" : "false";
    const name = [swatch(tones.get(map.contender)), " ", outside(map.contender)];
    const button = make("button", { type: "button", "aria-pressed": pressed, "data-choose": number }, ...name);
    const values = [map.probability, ...page.columns.map((column) => map.metrics[column.name])];
    const cells = values.map((value) => make("td", {}, figure(value)));
    const peak = map.parts?.peak;
    if (parts) cells.splice(1, 0, ...[map.parts ? areaOf(map) : "–", peak ? peak.join(", ") : "–"].map((text) => make("td", {}, text)));
    const row = { class: number === chosen ? "chosen" : null };
    const target = several ? make("td", { class: "text" }, outside(map.class)) : "";
    return make("tr", row, make("th", { scope: "row" }, button), target, ...cells);
  });
  byId("viewer-maps").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  if (held) viewer.querySelector("[aria-pressed=true]")?.focus();
}

function showSaid(item, map) {
  const odd = map && map.status !== "ok" ? `This map is ${map.status}: ${map.cause}.` : "";
  const status = odd || (map?.cause ? `Of this map: ${map.cause}.` : "");
  byId("viewer-status").textContent = item.outcome === "failed" ? `Failed: ${item.message}` : status;
  const links = [];
  const link = (asset, text) => links.push(make("a", { href: asset.full, target: "_blank", rel: "noopener" }, text), " ");
  if (map?.overlay) link(map.overlay, "Heat map at full size");
  if (item.picture) link(item.picture, "Image at full size");
  byId("viewer-links").replaceChildren(...links);
  const said = { image: item.image, outcome: item.outcome, ...(map ? provenanceOf(map) : {}) };
  const entries = Object.entries(said).filter(([, text]) => text);
  byId("viewer-provenance").replaceChildren(
    ...entries.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, outside(text)))),
  );
}

function provenanceOf(map) {
  const score = isNumber(map.score) ? `${figure(map.score)} (${map.scoreName})` : "";
  return { file: map.file, layer: map.layer, "score of the class": score, ...page.common, ...map.provenance };
}

// --- Hands ---------------------------------------------------------------------------------------------

function fade(value) {
  fadeCards(value);
  viewer.style.setProperty("--fade", value / 100);
  tools.elements.fade.value = value;
  byId("viewer-fade").value = value;
}

function toggleMarks() {
  tools.elements.marks.value = tools.elements.marks.value ? "" : "hidden";
  document.body.classList.toggle("unmarked", tools.elements.marks.value === "hidden");
  writeAddress(readState());
}

const keys = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => choose(chosen - 1),
  ArrowDown: () => choose(chosen + 1),
  b: () => toggleMarks(),
  o: () => fade(Number(tools.elements.fade.value) > 0 ? 0 : 100),
};

function onKey(event) {
  if (!viewer.open || event.altKey || event.ctrlKey || event.metaKey || event.target.type === "range") return;
  const act = keys[event.key] || keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

function wireViewer() {
  cards.addEventListener("click", (event) => {
    const button = event.target.closest(".tile");
    if (button) openViewer(button);
  });
  byId("viewer-close").addEventListener("click", () => viewer.close());
  byId("viewer-previous").addEventListener("click", () => step(-1));
  byId("viewer-next").addEventListener("click", () => step(1));
  byId("viewer-maps").addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) choose(Number(button.dataset.choose));
  });
  document.addEventListener("keydown", onKey);
  viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
  viewer.addEventListener("close", returnFocus);
  byId("viewer-fade").addEventListener("input", (event) => fade(event.target.value));
}

// To the card of the picture seen last, which may not have been made yet.
function returnFocus() {
  addCards(Math.max(cards.childElementCount, place + 1));
  const tiles = cards.children[place]?.querySelectorAll(".tile") || [];
  const target = tiles[Math.min(chosen, tiles.length - 1)] || opener;
  target.focus();
  target.scrollIntoView({ block: "nearest" });
}
