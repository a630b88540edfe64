// Start: fill the form, show the first cards, and follow the reader.

let waiting = 0;

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(showView, 60);
}

function onInput(event) {
  if (event.target.name !== "fade") return soon();
  fade(event.target.value);
}

// On paper there is no scrolling: the cards of the view, up to a limit, and all that is folded away.
function beforePrint() {
  addCards(Math.min(view.length, MOST_PRINTED));
  for (const folded of document.querySelectorAll("main details")) folded.open = true;
  fadeCards(tools.elements.fade.value, cards.children);
  for (const image of cards.querySelectorAll("img")) image.loading = "eager";
}

// By the button, pictures that nobody has come near yet are waited for.
async function print() {
  beforePrint();
  const late = new Promise((done) => setTimeout(done, 30000));
  await Promise.race([Promise.all([...cards.querySelectorAll("img")].map(loaded)), late]);
  window.print();
}

// A lazy picture says it is complete before it is fetched; a second one tells whether it can be.
async function loaded(image) {
  const probe = new Image();
  probe.src = image.src;
  const gone = await probe.decode().then(() => false, () => true);
  if (gone || image.naturalWidth) return;
  await new Promise((done) => image.addEventListener("load", done, { once: true }));
}

offerAll();
shapeTiles();
tools.hidden = false;
readAddress();
fade(tools.elements.fade.value);
showView();
keepGoing();
wireViewer();
watchTables();
tools.addEventListener("input", onInput);
tools.addEventListener("change", (event) => event.target.name === "fade" && writeAddress(readState()));
tools.addEventListener("submit", (event) => event.preventDefault());
tools.addEventListener("reset", () => setTimeout(() => (fade(100), showView())));
window.addEventListener("hashchange", () => readAddress() && (fade(tools.elements.fade.value), showView()));
window.addEventListener("beforeprint", beforePrint);
byId("print").addEventListener("click", print);
