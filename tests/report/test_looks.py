"""How a page looks in a browser: heights, what stands on top, colours, tables on a phone, labels."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.browsing import counted, until
from support.chromium import chromium, opener
from support.report_pages import flat, make_page
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.model import ColourBar, Page
from xai_cam.report.page import write_report


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def show(browser: Any, odd: Path) -> Iterator[Callable[..., Any]]:
    with opener(browser, odd) as show:
        yield show


def odd_page(path: Path) -> Page:
    """Pictures of all shapes and names, a failed image, a wide table, and the bar of the colours."""
    store, page = AssetStore(folder_of(path)), make_page(8, path, hostile=False)
    shapes = [(30, 40), (300, 40), (20, 310), (30, 40), (28, 28), (40, 30), (30, 40)]
    items = [
        replace(item, image=f"{'long' * 20 * (n % 2)}{n}.jpg", picture=store.put(f"{n:x}dd", flat(20, shape)))
        for n, (item, shape) in enumerate(zip(page.items, shapes, strict=False))
    ]
    return replace(
        page,
        items=(*items, page.items[-1]),
        model="shapes/model.json",
        colours=ColourBar(("#808080", "#ff0000"), "0", "maximum", "a long note below the colours " * 3),
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("odd") / "r.html"
    write_report(path, odd_page(path))
    return path


@pytest.mark.parametrize("width", [1400, 390])
def test_cards_are_of_one_height(show: Callable[..., Any], odd: Path, width: int) -> None:
    page = show(odd, viewport={"width": width, "height": 800})
    counted(page, 8, 8)
    heights = page.locator(".card").evaluate_all("all => all.map(c => c.getBoundingClientRect().height)")
    tiles = page.locator(".card .stack").evaluate_all("all => all.map(c => c.getBoundingClientRect().height)")
    assert max(heights[:-1]) - min(heights[:-1]) < 2 and max(tiles) - min(tiles) < 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page itself is no wider"


def test_the_model_stands_on_top_and_the_colours_beside_the_pictures(
    show: Callable[..., Any], odd: Path
) -> None:
    page = show(odd)
    assert page.locator(".model").inner_text() == "Model shapes/model.json"
    above = page.locator(".model, h1").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert above == sorted(above) and page.title().endswith("shapes/model.json")
    bar = page.locator("#tools .colours")
    assert bar.locator("figcaption span").all_inner_texts()[:2] == ["0", "maximum"]
    ends, note = (bar.locator(f"figcaption span:nth-child({n})").bounding_box() for n in (2, 3))
    assert note["y"] >= ends["y"] + ends["height"] - 1 and note["width"] <= bar.bounding_box()["width"] + 1
    box = bar.locator("svg").bounding_box()
    page.locator("#tools").scroll_into_view_if_needed()
    box = bar.locator("svg").bounding_box()
    image = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")
    first, last = (image.getpixel((x, image.height // 2)) for x in (4, image.width - 5))
    assert np.abs(np.subtract(first, (128, 128, 128))).max() <= 12
    assert np.abs(np.subtract(last, (255, 0, 0))).max() <= 12


def test_wide_tables_say_on_a_phone_that_they_go_on(show: Callable[..., Any], odd: Path) -> None:
    page = show(odd, viewport={"width": 390, "height": 800})
    box = page.locator("#summary .scroll")
    until(page, "document.querySelector('#summary .scroll').classList.contains('behind')")
    said = "getComputedStyle(document.querySelector('#summary .scroll'), '::before').content"
    assert "to the right" in page.evaluate(said)
    box.evaluate("e => { e.scrollLeft = e.scrollWidth }")
    until(page, "!document.querySelector('#summary .scroll').classList.contains('behind')")
    assert "to the left" in page.evaluate(said)
    name = box.locator("tbody th").first
    left = name.bounding_box()["x"]
    assert left >= 0, "the names stay in sight"
    wide = show(odd, viewport={"width": 1400, "height": 800})
    until(wide, "!document.querySelector('#summary .scroll').classList.contains('wide')")


@pytest.mark.parametrize("width", [1400, 390])
def test_labels_of_charts_are_not_cut(show: Callable[..., Any], odd: Path, width: int) -> None:
    page = show(odd, viewport={"width": width, "height": 800})
    cut = page.locator(".chart svg text").evaluate_all(
        """all => all.filter(t => {
          const one = t.getBoundingClientRect(), chart = t.closest('svg').getBoundingClientRect();
          return one.left < chart.left - 1 || one.right > chart.right + 1;
        }).map(t => t.textContent)"""
    )
    assert cut == []
