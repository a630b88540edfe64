"""Pages in a real browser: filters, sorting, the slider, keys, and hostile names that stay text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.browsing import COUNT, choose, counted, names, opacity, slide, until
from support.chromium import chromium, opener
from support.report_pages import HOSTILE, make_page
from xai_cam.report.page import write_report


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a b#c") / 'r%20"é.html'
    write_report(path, make_page(COUNT, path))
    return path


@pytest.fixture
def show(browser: Any, report: Path) -> Iterator[Callable[..., Any]]:
    with opener(browser, report) as show:
        yield show


def test_pictures_load_and_nothing_complains(show: Callable[..., Any]) -> None:
    page = show()
    counted(page, COUNT)
    assert page.locator("#count").get_attribute("aria-live") == "polite"
    first = page.locator(".card").first
    first.scroll_into_view_if_needed()
    until(page, "[...document.querySelector('.card').querySelectorAll('img')].every(i => i.naturalWidth)")
    assert first.locator("img").evaluate_all("all => all.map(i => i.loading)") == ["lazy"] * 4
    assert page.evaluate("document.images.length") == 4 * (COUNT - 1)


def test_hostile_names_stay_text(show: Callable[..., Any]) -> None:
    page = show()
    expected = [name.replace("\n", "\\n").replace("\udcff", "\\xff") for name in HOSTILE]
    assert names(page)[: len(expected)] == expected
    assert page.locator("[onerror], [onfocus], .card script, #cards img[src=x]").count() == 0
    for place in range(len(expected)):
        page.locator(".tile").nth(2 * place).click()
        assert page.locator("#viewer-title").evaluate("h => h.textContent") == expected[place]
        page.keyboard.press("Escape")
    failure = page.locator(".failures dd").inner_text()
    assert failure == "this is <b>no</b> picture"


def test_filters_and_their_address(show: Callable[..., Any]) -> None:
    page = show()
    choose(page, "right", "wrong")
    wrong = [i for i in range(COUNT - 1) if i % 5 == 0]
    counted(page, len(wrong))
    choose(page, "class", "cat")
    counted(page, sum(i % 3 == 2 for i in wrong))
    page.locator("#tools [name=q]").fill("IMAGE 20")
    counted(page, 1)
    assert names(page) == ["image_20.jpg"]
    assert "right=wrong" in page.url and "class=cat" in page.url
    shared = show(fragment=page.url.partition("#")[2].join(["#", ""]))
    assert names(shared) == ["image_20.jpg"]
    page.get_by_role("button", name="Reset").click()
    counted(page, COUNT)
    choose(page, "outcome", "failed")
    counted(page, 1)
    assert "this is <b>no</b> picture" in (page.locator(".card").text_content() or "")


def test_status_and_method_choose_maps(show: Callable[..., Any]) -> None:
    page = show()
    choose(page, "map", "score-cam")
    counted(page, COUNT - 1)
    assert page.locator(".tile").count() == COUNT - 1
    choose(page, "status", "blank")
    counted(page, sum(i % 7 == 0 for i in range(COUNT - 1)))
    assert set(page.locator(".tile .badge").all_text_contents()) == {"blank"}
    choose(page, "map", "grad-cam")
    counted(page, 0)


def test_sorting_by_a_metric_of_the_chosen_method(show: Callable[..., Any]) -> None:
    page = show()
    drops = {i: [(37 * i + 11 * m) % 101 for m in (0, 1)] for i in range(len(HOSTILE), COUNT - 1)}
    page.locator("#tools [name=q]").fill("image_")
    choose(page, "sort", "metric:drop")
    choose(page, "map", "score-cam")
    counted(page, len(drops))
    rising = [f"image_{i}.jpg" for i in sorted(drops, key=lambda i: drops[i][1])]
    assert names(page) == rising
    choose(page, "order", "down")
    until(page, "h => document.querySelector('.card h3').textContent === h", rising[-1])
    assert names(page) == rising[::-1]
    choose(page, "map", "")
    counted(page, len(drops) + 1)
    highest = [f"image_{i}.jpg" for i in sorted(drops, key=lambda i: -max(drops[i]))]
    assert names(page)[:-1] == highest and names(page)[-1] == f"image_{COUNT - 1}.jpg", "no value comes last"


def test_names_are_sorted_as_people_count(show: Callable[..., Any]) -> None:
    page = show()
    page.locator("#tools [name=q]").fill("image_")
    choose(page, "sort", "name")
    counted(page, COUNT - len(HOSTILE))
    assert names(page) == [f"image_{i}.jpg" for i in range(len(HOSTILE), COUNT)]


def test_the_slider_fades_heat_maps(show: Callable[..., Any]) -> None:
    page = show()
    assert opacity(page, ".card .above") == 1
    page.locator(".card").first.scroll_into_view_if_needed()
    slide(page, "#tools [name=fade]", 25)
    until(page, "getComputedStyle(document.querySelector('.card .above')).opacity === '0.25'")
    assert opacity(page, ".card .below") == 1
    page.locator("#tools [name=fade]").press("ArrowLeft")
    until(page, "getComputedStyle(document.querySelector('.card .above')).opacity === '0.24'")
    page.locator(".tile").first.click()
    assert opacity(page, "#viewer .above") == pytest.approx(0.24)
    slide(page, "#viewer-fade", 60)
    assert opacity(page, "#viewer .above") == pytest.approx(0.6)
    page.locator("#viewer-title").focus()
    page.keyboard.press("o")
    assert opacity(page, "#viewer .above") == 0


def test_keys_walk_over_the_filtered_images_and_their_maps(show: Callable[..., Any]) -> None:
    page = show()
    choose(page, "right", "wrong")
    counted(page, 6)
    title, place = page.locator("#viewer-title"), page.locator("#viewer-place")
    pressed = page.locator("#viewer [aria-pressed=true]")
    tile = page.locator(".card").nth(1).locator(".tile").nth(1)
    tile.focus()
    page.keyboard.press("Enter")
    assert page.locator("#viewer").evaluate("d => d.open")
    assert place.inner_text() == "2 of 6" and pressed.inner_text().strip() == "score-cam"
    page.keyboard.press("ArrowRight")
    assert (title.inner_text(), place.inner_text()) == ("image_10.jpg", "3 of 6")
    assert pressed.inner_text().strip() == "score-cam", "the same method of the next image"
    page.keyboard.press("ArrowDown")
    assert pressed.inner_text().strip() == "grad-cam"
    page.keyboard.press("ArrowUp")
    assert pressed.inner_text().strip() == "score-cam"
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert place.inner_text() == "6 of 6" and title.inner_text() == "image_25.jpg"
    page.locator("#viewer-fade").focus()
    page.keyboard.press("ArrowLeft")
    assert place.inner_text() == "6 of 6", "a slider keeps its keys"
    page.keyboard.press("Escape")
    assert not page.locator("#viewer").evaluate("d => d.open")
    until(page, "document.activeElement.dataset.place === '5'")


def test_full_size_says_what_made_it(show: Callable[..., Any]) -> None:
    page = show()
    page.locator(".card").nth(8).locator(".tile").first.click()
    page.get_by_text("What made it").click()
    provenance = dict(
        zip(
            page.locator("#viewer-provenance dt").all_inner_texts(),
            page.locator("#viewer-provenance dd").all_inner_texts(),
            strict=True,
        )
    )
    assert provenance["image"] == "test/image_8.jpg" and provenance["tool"] == "xai-cam 1"
    assert provenance["image sha256"] == f"{8:064x}" and provenance["score of the class"] == "1.50 (logit)"
    links = page.locator("#viewer-links a").evaluate_all("all => all.map(a => a.href)")
    assert len(links) == 2 and all(
        re.search(r"/r%2520%22%C3%A9_files/xai-cam-[0-9a-f]+\.jpg$", u) for u in links
    )
    row = page.locator("#viewer-maps tbody tr").first.inner_text().split()
    assert row == ["grad-cam", "0.090", f"{37 * 8 % 101:.1f}", "0.500"]


def test_everything_has_a_name_for_screen_readers(show: Callable[..., Any]) -> None:
    page = show()
    page.locator(".tile").first.click()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, a')].filter(e =>
            !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label'))).length"""
    )
    assert unnamed == 0
    alts = page.locator(".card").nth(8).locator("img").evaluate_all("all => all.map(i => i.alt)")
    assert alts == ["", "grad-cam for cat over image_8.jpg", "", "score-cam for cat over image_8.jpg"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "dark")])
def test_no_screen_is_too_narrow(show: Callable[..., Any], width: int, scheme: str) -> None:
    page = show(viewport={"width": width, "height": 700}, color_scheme=scheme)
    counted(page, COUNT)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(paper) < 60) is (scheme == "dark")
    page.locator(".tile").first.click()
    box = page.locator("#viewer").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_without_javascript_the_figures_are_there(show: Callable[..., Any]) -> None:
    page = show(java_script_enabled=False)
    assert "needs JavaScript" in page.locator("noscript p").inner_text()
    assert page.locator("#summary table").is_visible() and page.locator(".failures").is_visible()
    assert not page.locator("#tools").is_visible() and not page.locator("#viewer").is_visible()


def test_paper_has_all_pictures_and_no_tools(show: Callable[..., Any]) -> None:
    page = show(color_scheme="dark")
    page.evaluate("window.print = () => { window.printed = true }")
    page.locator("#print").click()
    until(page, "window.printed")
    until(page, "[...document.images].every(i => i.complete && i.naturalWidth)")  # it may be late
    page.emulate_media(media="print")
    assert not page.locator("#tools").is_visible() and page.locator("#cards").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_thousands_of_images_are_made_as_they_are_needed(show: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    write_report(path, make_page(2000))
    page = show(path)
    page.get_by_text("2,000 of 2,000 images").wait_for()
    assert page.locator(".card").count() < 200
    page.keyboard.press("End")
    until(page, "document.querySelectorAll('.card').length > 90")
    choose(page, "sort", "probability")
    choose(page, "order", "down")
    until(page, "document.querySelector('.card h3').textContent === 'image_1998.jpg'")
    page.locator("#tools [name=q]").fill("image_1500")
    page.get_by_text("1 of 2,000 images", exact=True).wait_for()
