"""Boxes and peaks on a page in a browser: where they lie, how they are hidden, filtered and sorted by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.browsing import choose, counted, names, until
from support.chromium import chromium, opener
from support.report_pages import make_page
from xai_cam.report.model import Parts
from xai_cam.report.page import write_report

OFF = "its sum is off"
"""What is to be known of maps that are ok."""

AREAS = (120, 600, None, 60, 1200)
"""Pixels of the largest part of the first maps, of pictures of 40 x 30; None: there is none."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parts") / "r.html"
    page = make_page(6, path, hostile=False)
    items = [
        replace(
            item,
            maps=tuple(
                replace(
                    one,
                    parts=Parts((40, 30)) if area is None else Parts((40, 30), BOXES, area, (9, 6)),
                    cause=OFF,
                )
                for one in item.maps[:1]
            ),
        )
        for item, area in zip(page.items, AREAS, strict=False)
    ]
    write_report(path, replace(page, items=(*items, page.items[-1])))
    return path


BOXES = ((10, 15, 20, 10), (0, 0, 4, 3))


@pytest.fixture
def show(report: Path) -> Iterator[Callable[..., Any]]:
    with chromium() as browser, opener(browser, report) as show:
        yield show


def test_boxes_on_a_page(show: Callable[..., Any]) -> None:
    page = show(viewport={"width": 1200, "height": 900})
    counted(page, 6, 6)
    lies = """() => {
      const stack = document.querySelector('.tile .stack').getBoundingClientRect();
      const box = document.querySelector('.marks path.light').getBBox();
      const drawn = document.querySelector('.marks path.light').getScreenCTM();
      return [box.x, box.y, box.width, box.height, drawn.a * 40 - stack.width, drawn.d * 30 - stack.height]
    }"""
    *box, across, down = page.evaluate(lies)
    assert box == [10, 15, 20, 10] and abs(across) < 1 and abs(down) < 1, "it covers the picture"
    assert page.locator(".tile .marks").first.locator("path.light").count() == 3, "two boxes and the peak"
    choose(page, "region", "without")
    counted(page, 1, 6)
    assert names(page) == ["image_2.jpg"] and not page.locator(".marks path").count()
    choose(page, "region", "")
    page.locator("#tools [name=least]").fill("10")
    page.locator("#tools [name=most]").fill("50")
    counted(page, 2, 6)
    assert names(page) == ["image_0.jpg", "image_1.jpg"] and "least=10" in page.url
    assert "area 10.0 %" in page.locator(".caption .value").first.inner_text()
    page.get_by_role("button", name="Reset").click()
    choose(page, "sort", "area")
    until(page, "h => document.querySelector('.card h3').textContent === h", "image_3.jpg")
    assert names(page)[:4] == [f"image_{n}.jpg" for n in (3, 0, 1, 4)]
    page.locator(".tile").nth(1).click()
    titles = page.locator("#viewer-maps th[title]").evaluate_all("all => all.map(e => e.title)")
    assert len(titles) == 1 and "middle of the map's highest cell" in titles[0]
    assert page.locator("#viewer-status").inner_text() == "Of this map: its sum is off."
    table = page.locator("#viewer-maps").inner_text().split()
    assert {"area", "peak", "10.0", "%", "9,", "6"} <= set(table)
    assert page.locator("#viewer-picture .marks").is_visible()
    page.keyboard.press("b")
    assert not page.locator("#viewer-picture .marks").is_visible() and "marks=hidden" in page.url
    page.keyboard.press("b")
    assert page.locator("#viewer-picture .marks").is_visible()


def test_a_page_without_regions_offers_none(show: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "plain.html"
    write_report(path, make_page(3, path))
    page = show(path)
    counted(page, 3, 3)
    for name in ("region", "least", "most", "marks"):
        assert not page.locator(f"#tools [name={name}]").is_visible()
    assert not page.locator("#tools [name=sort] option[value=area]").count()
