// Which images are shown, and in which order: the form's values, kept in the address so that a view can be shared.

const page = JSON.parse(byId("data").textContent);
const tones = new Map(page.contenders.map((name, index) => [name, index]));
const columns = new Map(page.columns.map((column) => [column.name, column]));
const tools = byId("tools");
const collator = new Intl.Collator(undefined, { numeric: true });

page.items.forEach((item, index) => {
  item.index = index;
  item.classes = [...new Set(item.maps.map((map) => map.class))];
  const texts = [item.image, item.predicted, item.truth || "", item.message, ...item.classes];
  item.text = texts.join("\n").toLowerCase();
});

function distinct(values) {
  return [...new Set(values)].filter((value) => value !== "" && value !== null).sort(collator.compare);
}

// Fill a list of choices; it is shown only where there is a choice.
function offer(name, values, least = 2) {
  const select = tools.elements[name];
  select.append(...values.map((value) => make("option", { value }, value)));
  select.closest("label").hidden = values.length < least;
}

function offerAll() {
  offer("class", distinct(page.items.map((item) => item.predicted)));
  offer("truth", distinct(page.items.map((item) => item.truth)));
  offer("map", page.contenders);
  offer("status", distinct(page.items.flatMap((item) => item.maps.map((map) => map.status))));
  offer("outcome", distinct(page.items.map((item) => item.outcome)));
  tools.elements.right.closest("label").hidden = !page.items.some((item) => item.right !== null);
  const found = page.items.some((item) => item.maps.some((map) => map.parts));
  for (const name of ["region", "least", "most", "marks"]) tools.elements[name].closest("label").hidden = !found;
  byId("viewer-marks").hidden = !found;
  if (found) tools.elements.sort.append(make("option", { value: "area" }, "area"));
  for (const column of page.columns) {
    tools.elements.sort.append(make("option", { value: `metric:${column.name}` }, column.title));
  }
}

function readState() {
  const state = {};
  for (const element of tools.elements) if (element.name) state[element.name] = element.value;
  return state;
}

const verdictOf = (item) => (item.right === null ? "unknown" : item.right ? "right" : "wrong");

// Whether the largest part of a map is there and as large as asked for, in per cent of the picture.
function hasParts(map, state) {
  const found = Boolean(map.parts && map.parts.boxes.length);
  if (state.region && found !== (state.region === "with")) return false;
  if (!state.least && !state.most) return true;
  const share = found ? 100 * map.parts.area : null;
  return found && share >= Number(state.least || 0) && share <= Number(state.most || 100);
}

// The maps of an image that are asked for; null where the image itself is not.
function mapsShown(item, state, words) {
  if (state.class && item.predicted !== state.class) return null;
  if (state.truth && item.truth !== state.truth) return null;
  if (state.right && verdictOf(item) !== state.right) return null;
  if (state.outcome && item.outcome !== state.outcome) return null;
  if (!words.every((word) => item.text.includes(word))) return null;
  if (![state.map, state.status, state.region, state.least, state.most].some(Boolean)) return item.maps;
  const maps = item.maps.filter(
    (map) =>
      (!state.map || map.contender === state.map) &&
      (!state.status || map.status === state.status) &&
      hasParts(map, state),
  );
  return maps.length ? maps : null;
}

function valueOf(map, sort) {
  if (sort === "area") return map.parts && map.parts.boxes.length ? map.parts.area : null;
  return sort === "probability" ? map.probability : map.metrics[sort.slice("metric:".length)];
}

// What an image is sorted by: of several maps the one that comes first in this order.
function keyOf(entry, sort, falling) {
  const values = entry.maps.map((map) => valueOf(map, sort)).filter(isNumber);
  return values.length ? (falling ? Math.max(...values) : Math.min(...values)) : null;
}

function sorted(view, state) {
  const falling = state.order === "down";
  const sign = falling ? -1 : 1;
  if (!state.sort) return falling ? view.reverse() : view;
  if (state.sort === "name") {
    return view.sort((a, b) => sign * collator.compare(a.item.name, b.item.name) || a.item.index - b.item.index);
  }
  for (const entry of view) entry.key = keyOf(entry, state.sort, falling);
  return view.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.item.index - b.item.index;
    return sign * (a.key - b.key) || a.item.index - b.item.index;
  });
}

function makeView(state) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const view = [];
  for (const item of page.items) {
    const maps = mapsShown(item, state, words);
    if (maps) view.push({ item, maps });
  }
  return sorted(view, state);
}

// --- The address ---------------------------------------------------------------------------------------

function writeAddress(state) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    const plain = { order: "up", fade: "100" }[name] || "";
    if (value !== plain) said.set(name, value);
  }
  const text = said.toString();
  if (text || location.hash.includes("=")) {
    history.replaceState(null, "", text ? `#${text}` : "#gallery");
  }
}

function readAddress() {
  if (!location.hash.includes("=")) return false;
  tools.reset();
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const element = tools.elements.namedItem(name);
    if (!element || !element.name) continue;
    if (element.tagName === "SELECT" && ![...element.options].some((option) => option.value === value)) continue;
    element.value = value;
  }
  return true;
}
