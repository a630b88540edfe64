"""Pages as text: all is there and escaped, nothing of others runs, and no file of others is replaced."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import xai_cam.extras
from support.report_pages import HOSTILE, make_page
from xai_cam.errors import InputError, OutputError, XaiCamError
from xai_cam.report.assets import folder_of
from xai_cam.report.model import Item, Map, Page
from xai_cam.report.page import PARTS, SCRIPTS, STYLES, check_report, render, write_report

VOID = {"meta", "img", "input", "br", "link"}


class Reader(HTMLParser):
    """Elements, attributes and texts of a page, by Python's own parser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def data(self) -> dict:
        return json.loads(next(t for t in self.texts["script"] if t.startswith("{")))


@pytest.fixture(scope="module")
def html() -> str:
    return render(make_page())


def test_elements_are_closed_and_names_used_once(html: str) -> None:
    reader = Reader(html)
    assert reader.open == []
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name) in {None, *ids}
        if (attributes.get("href") or "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_texts_of_others_make_no_elements(html: str) -> None:
    """The same page with harmless texts has the same elements."""
    harmless = render(make_page(hostile=False))
    names = [tag for tag, _ in Reader(html).tags]
    assert names == [tag for tag, _ in Reader(harmless).tags]
    assert not [
        a for _, attributes in Reader(html).tags for a in attributes if a.startswith("on") or a == "style"
    ]
    assert (
        "<b>" not in html
        and "{{" not in html.replace("{{ 7*7 }}", "")
        and "49" not in Reader(html).texts["bdi"]
    )


def test_names_arrive_as_they_are(html: str) -> None:
    items = Reader(html).data()["items"]
    shown = [name.replace("\n", "\\n").replace("\udcff", "\\xff") for name in HOSTILE]
    assert [item["name"] for item in items[: len(shown)]] == shown
    assert [item["image"] for item in items[: len(shown)]] == [f"test/{name}" for name in shown]
    assert items[0]["maps"][0]["provenance"]["note"] == HOSTILE[0]
    html.encode("utf-8")


def test_the_data_cannot_end_its_element() -> None:
    evil = "</script><script>alert(1)</script><!--<script>]]>&lt;\u2028"
    page = Page(
        "x", (Item(evil, "failed", evil, None, evil, evil, False, (Map(evil, provenance={evil: evil}),)),)
    )
    reader = Reader(render(page))
    assert [tag for tag, _ in reader.tags].count("script") == 2
    block = next(t for t in reader.texts["script"] if t.startswith("{"))
    assert not set("<>&\u2028") & set(block)
    assert json.loads(block)["items"][0]["image"] == evil


def test_odd_bytes_are_shown_as_escapes_without_a_script_too() -> None:
    page = Page(
        "odd\udcff", (Item("a\nb\udc80.jpg", "failed", "half \ud83d"),), facts=(("model", "m\x00.json"),)
    )
    texts = Reader(render(page)).texts
    assert (texts["title"], texts["h1"]) == (["odd\\xff"], ["odd\\xff"])
    assert texts["bdi"] == ["a\\nb\\x80.jpg", "m\\x00.json"] and "half \\ud83d" in texts["dd"]


def test_only_our_own_style_and_script_may_run(html: str) -> None:
    policy = next(
        a["content"] for _, a in Reader(html).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy and policy.startswith("default-src 'none'; img-src 'self' file:;")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert style and len(script) == 1
    for kind, text in (("style", style[1]), ("script", script[0])):
        expected = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{expected}'" in policy
    assert "unsafe" not in policy


def test_nothing_is_fetched_from_elsewhere(html: str) -> None:
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)
    for tag, attributes in Reader(html).tags:
        assert tag not in ("link", "iframe", "object", "base") and "src" not in attributes


def test_own_parts_do_not_end_their_elements() -> None:
    for name in (*STYLES, *SCRIPTS):
        text = (PARTS / name).read_text("utf-8")
        assert "</" not in text and "<!--" not in text and "innerHTML" not in text
    assert {p.name for p in PARTS.iterdir() if p.suffix in (".js", ".css")} == {*STYLES, *SCRIPTS}


def test_without_a_script_figures_and_failures_can_be_read(html: str) -> None:
    text = re.sub(r"<script.*?</script>|<style.*?</style>", "", html, flags=re.DOTALL)
    for part in (
        "30.0",
        "20.0 to 40.0",
        "0.500",
        "5.00 to 25.0",
        "25 %",
        "−0.25",
        "Look &amp; see.",
        "<noscript>",
    ):
        assert part in text
    assert "line\\nbreak" not in text and "this is &lt;b&gt;no&lt;/b&gt; picture" in text
    assert re.search(
        r'class="clear"><th scope="row"><bdi>grad-cam</bdi></th><td class="text"><bdi>score-cam', text
    )
    assert text.count('class="clear"') == 1, "of the two differences only one leaves out 0"
    best = re.findall(r'class="best"><span class="mean">([^<]*)<', text)
    assert best == ["15.0"], "insertion has one value alone"


def test_charts_have_words(html: str) -> None:
    charts = [a for tag, a in Reader(html).tags if tag == "svg" and a.get("role") == "img"]
    assert [a["aria-label"].partition(",")[0].partition(":")[0] for a in charts if a["aria-label"]] == [
        "Average drop",
        "Insertion",
        "Deletion",
    ]
    assert all(
        a.get("aria-hidden") == "true" or a.get("role") == "img" for t, a in Reader(html).tags if t == "svg"
    )


def test_a_page_of_nothing_but_images() -> None:
    html = render(Page("t", (Item("a/b.jpg", "written", maps=(Map("m", probability=float("nan")),)),)))
    assert not {"summary", "curves", "agreement", "failures", "making"} & {
        a.get("id") for _, a in Reader(html).tags
    }
    assert Reader(html).data()["items"][0]["maps"][0]["probability"] is None
    render(Page("t", ()))


# --- Files --------------------------------------------------------------------------------------------


def test_a_page_is_written_and_pictures_of_an_earlier_one_deleted(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    check_report(path, False)
    page = make_page(6, path)
    write_report(path, page)
    first = path.read_bytes()
    pictures = {p.name for p in folder_of(path).iterdir()}
    assert len(pictures) == 5 * 3
    check_report(path, False)
    write_report(path, replace(page, items=page.items[:2]))
    assert {p.name for p in folder_of(path).iterdir()} == {
        f"xai-cam-{key}.jpg" for key in ("0ff", "00ab", "01ab", "1ff", "10ab", "11ab")
    }
    assert path.read_bytes() != first
    for asset in page.items[0].picture, page.items[0].maps[0].overlay:
        assert asset and (path.parent / asset.full).is_file()


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    for text in ("", "<html>mine</html>", '<meta name="generator" content="other">'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="not written by xai-cam"):
            check_report(path, False)
        check_report(path, True)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError):
        check_report(path, True)
    folder_of(tmp_path / "other.html").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="is not a folder"):
        check_report(tmp_path / "other.html", True)


@pytest.mark.parametrize("name", ["report", "report.pdf", "html", ".html"])
def test_only_html_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"\.html"):
        check_report(tmp_path / name, True)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="`report`"):
        check_report(tmp_path / "file" / "page.html", False)


def test_a_dry_run_makes_no_folder(tmp_path: Path) -> None:
    check_report(tmp_path / "new" / "page.html", False, dry_run=True)
    assert not (tmp_path / "new").exists()


def test_without_jinja2_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: module != "jinja2")
    with pytest.raises(XaiCamError, match=r"Jinja2.* install 'jinja2>=3\.1'"):
        check_report(tmp_path / "page.html", False)


def test_what_a_killed_run_left_beside_a_page_is_deleted_and_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_report(path, make_page())
    left = [place / f".xai-cam-{'0' * 16}.tmp" for place in (tmp_path, folder_of(path))]
    for place in left:
        place.mkdir(parents=True)
        os.utime(place, (0, 0))
    check_report(path, False)
    assert not any(place.exists() for place in left)
