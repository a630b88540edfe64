"""Pieces of HTML for notebooks: self-contained, escaped, not too wide."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from xai_cam.drawing.html import block, bounded, encoded, lines, note, picture, side_by_side, table, title

HOSTILE = "</td><script>alert('x')</script>\"&"


class Tags(HTMLParser):
    """The tags and texts of a page, and whether it is well formed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_every_text_is_escaped_and_every_tag_closed() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    page = block(
        title(HOSTILE),
        table([HOSTILE], [[HOSTILE], ["b"]], [(0, 0)]),
        lines([HOSTILE]),
        note(HOSTILE),
        side_by_side([picture(pixels, HOSTILE)], 100),
    )
    found = Tags(page)
    assert not found.open and "script" not in found.seen and found.texts.count(HOSTILE) == 5
    assert found.seen.count("strong") == 2 and lines([]) == ""


def test_colours_are_the_notebooks_own() -> None:
    """No background and no ink of our own, so that it can be read on black as on white."""
    page = block(title("a"), table(["a"], [["b"]]), lines(["c"]), note("d"))
    assert set(re.findall(r"[^-]color: ?([^;\"]+)", page)) == {"inherit"}
    assert set(re.findall(r"background: ?([^;\"]+)", page)) == {"transparent"}
    assert "http" not in page


def test_pictures_are_in_the_page_and_not_too_wide() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (10, 400, 3), np.uint8)
    tag = picture(pixels, "x", 200)
    (data,) = re.findall(r"base64,([^\"]+)", tag)
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (200, 5)
    with Image.open(io.BytesIO(encoded(pixels))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
    assert bounded(pixels, 400) is pixels and bounded(pixels, 8).shape == (1, 8, 3)
