// The gallery: one card an image, made a few at a time as the reader comes near them.

const CHUNK = 48;
const MOST_TILES = 8;
const MOST_PRINTED = 240;
const cards = byId("cards");
const more = byId("more");
let view = [];

function said(item) {
  const parts = item.predicted ? [`predicted ${item.predicted}`] : [];
  if (item.truth !== null) parts.push(`is ${item.truth}`);
  return parts.join(", ");
}

function verdict(item) {
  const parts = [];
  if (item.right !== null) {
    parts.push(make("span", { class: `badge ${verdictOf(item)}` }, item.right ? "✓ right" : "✗ wrong"), " ");
  }
  if (item.predicted) parts.push("predicted ", make("strong", {}, outside(item.predicted)));
  if (item.truth !== null && item.right !== true) {
    parts.push(item.predicted ? ", is " : "is ", make("strong", {}, outside(item.truth)));
  }
  return parts;
}

function caption(item, map, state) {
  const lines = [swatch(tones.get(map.contender)), " ", outside(map.contender)];
  if (map.class && (item.classes.length > 1 || map.class !== item.predicted)) lines.push(" · ", outside(map.class));
  const sort = state.sort.startsWith("metric:") ? state.sort : "probability";
  const value = valueOf(map, sort);
  const values = [];
  if (map.parts && (state.sort === "area" || state.least || state.most)) values.push(`area ${areaOf(map)}`);
  else if (isNumber(value)) {
    const title = sort === "probability" ? "p" : columns.get(sort.slice(7)).title.toLowerCase();
    values.push(`${title} ${figure(value)}`);
  }
  if (map.status !== "ok") values.push(make("span", { class: "badge odd", title: map.cause }, map.status));
  if (values.length) lines.push(make("span", { class: "value" }, ...values));
  return lines;
}

function tile(entry, place, number, state) {
  const map = entry.maps[number];
  return make(
    "button",
    { type: "button", class: "tile", "data-place": place, "data-map": number },
    make("span", { class: "stack" }, ...stack(entry.item, map, "thumb")),
    make("span", { class: "caption" }, ...(map ? caption(entry.item, map, state) : ["no map"])),
  );
}

function card(entry, place, state) {
  const { item, maps } = entry;
  const tiles = maps.slice(0, MOST_TILES).map((_, number) => tile(entry, place, number, state));
  if (!maps.length && item.picture) tiles.push(tile(entry, place, 0, state));
  const rest = maps.length - MOST_TILES;
  const failed = item.outcome === "failed";
  if (failed) {
    const reason = make("span", { class: "stack reason message" }, "Failed: ", outside(item.message));
    tiles.unshift(make("div", { class: "tile" }, reason));
  }
  return make(
    "li",
    { class: `card${failed ? " failed" : ""}` },
    make("h3", { title: item.image }, outside(item.name)),
    make("p", { class: "verdict", title: said(item) }, ...verdict(item)),
    make("div", { class: "tiles" }, ...tiles),
    rest > 0 ? make("p", { class: "rest" }, `and ${rest} more at full size`) : "",
  );
}

function addCards(upTo) {
  const state = readState();
  const from = cards.childElementCount;
  const until = Math.min(upTo, view.length);
  const fragment = document.createDocumentFragment();
  for (let place = from; place < until; place += 1) fragment.append(card(view[place], place, state));
  for (const one of fragment.children) nearby.observe(one);
  cards.append(fragment);
  more.hidden = until >= view.length;
}

// --- The slider: only the cards near the reader follow it, the others when they come near ----------------

const near = new Set();

function fadeCards(value, some = near) {
  for (const one of some) one.style.setProperty("--fade", value / 100);
}

const nearby = new IntersectionObserver(
  (seen) => {
    for (const one of seen) near[one.isIntersecting ? "add" : "delete"](one.target);
    fadeCards(tools.elements.fade.value);
  },
  { rootMargin: "600px" },
);

// All tiles have one shape, the middle one of the pictures': cards are of one height, however odd a picture is.
function shapeTiles() {
  const pictures = page.items.map((item) => item.picture || item.maps.find((map) => map.overlay)?.overlay);
  const shapes = pictures.filter(Boolean).map((one) => one.width / one.height);
  shapes.sort((a, b) => a - b);
  const middle = shapes[Math.floor(shapes.length / 2)] || 1;
  cards.style.setProperty("--shape", Math.min(1.6, Math.max(0.7, middle)).toFixed(3));
}

// --- The view ------------------------------------------------------------------------------------------

function showView() {
  const state = readState();
  document.body.classList.toggle("unmarked", state.marks === "hidden");
  view = makeView(state);
  const total = page.items.length;
  byId("count").textContent = `${view.length.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")} images`;
  const most = Math.max(1, ...view.map((entry) => Math.min(entry.maps.length, MOST_TILES)));
  cards.className = `cards ${most > 3 ? "rows" : most > 1 ? "some" : "single"}`;
  cards.style.setProperty("--tiles", most);
  nearby.disconnect();
  near.clear();
  cards.replaceChildren();
  addCards(CHUNK);
  writeAddress(state);
}

// More cards before the reader sees the end; the button does the same by hand.
function keepGoing() {
  more.addEventListener("click", () => {
    const next = cards.childElementCount;
    addCards(next + CHUNK);
    const first = cards.children[next];
    if (first) first.querySelector("button")?.focus();
  });
  const watcher = new IntersectionObserver(
    (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      addCards(cards.childElementCount + CHUNK);
      watcher.unobserve(more); // observed anew, it reports again if it is still in sight
      if (!more.hidden) watcher.observe(more);
    },
    { rootMargin: "1200px" },
  );
  const observe = () => {
    watcher.disconnect();
    watcher.observe(more);
  };
  new MutationObserver(observe).observe(more, { attributes: true, attributeFilter: ["hidden"] });
  observe();
}
