// Tables wider than the page: which side goes on is shown, as phones hide their scroll bars.

function showSides(box) {
  const beyond = box.scrollWidth - box.clientWidth;
  box.classList.toggle("before", box.scrollLeft > 1);
  box.classList.toggle("behind", box.scrollLeft < beyond - 1);
  box.classList.toggle("wide", beyond > 1);
}

function watchTables() {
  const sizes = new ResizeObserver((seen) => seen.forEach((one) => showSides(one.target.closest(".scroll"))));
  for (const box of document.querySelectorAll(".scroll")) {
    sizes.observe(box);
    for (const table of box.children) sizes.observe(table);
    box.addEventListener("scroll", () => showSides(box), { passive: true });
  }
}
