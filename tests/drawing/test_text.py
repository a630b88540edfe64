"""Lines of text: measured, shortened, cut and broken."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from xai_cam.drawing.text import (
    SMALLEST_FONT,
    cut,
    fitting_size,
    fold,
    font,
    number,
    one_line,
    shorten,
    shorten_path,
    text_width,
    wrap,
)


def test_a_width_grows_with_the_letters_and_their_size() -> None:
    assert text_width("", 13) == 0
    assert 0 < text_width("il", 13) < text_width("MW", 13) < text_width("MWM", 13)
    assert text_width("kernel", 9) < text_width("kernel", 18)


@pytest.mark.parametrize(
    "text",
    [
        "Grad-CAM “0.5” · 7 × 7 … – ± µ °",
        "Žluťoučký kůň, ğışö, Łódź, Đà Nẵng",
        "αβγδΩ Ελληνικά",
        "кошка Їжак",
        "柴犬・シベリアンハスキー（ネコ）",
        "图像分类哈士奇",
        "臺灣黑熊",
        "고양이강아지",
        "←→≤≥∞∑√",
    ],
)
def test_the_font_has_the_letters_of_many_languages(text: str) -> None:
    missing = bytes(font(20).getmask("\U0010ffff"))
    assert max(missing) > 0, "a box, which is seen"
    for letter in text.replace(" ", ""):
        assert bytes(font(20).getmask(letter)) not in (missing, b""), letter


@pytest.mark.parametrize(
    "text", ["\U0001f431 cat", "قطة", "\x00\x07", "\udcfc", "e\u0301", "\u200f", "x" * 5000]
)
def test_no_text_is_too_strange_to_be_measured_and_written(text: str) -> None:
    from xai_cam.drawing.canvas import Canvas

    assert text_width(text, 13) >= 0
    Canvas(20, 60).write(text, 2, 2, width=40)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.0, "0"), (1234.5, "1.23e+03"), (-0.00012345, "-0.000123"), (2, "2")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_any_name_of_a_file_becomes_one_line() -> None:
    assert one_line(" two\n lines\tand  blanks ") == "two lines and blanks"
    assert one_line("latin-1: \udcfc.png") == "latin-1: ?.png"
    assert one_line("чайка \U0001f426") == "чайка \U0001f426"


def test_names_keep_their_beginning_and_paths_their_end() -> None:
    assert shorten("abcdef", 6) == "abcdef" and shorten("abcdefg", 6) == "abcde…"
    assert shorten("a\nb  c", 5) == "a b c"
    assert shorten_path("block/conv", 4) == "conv" and shorten_path("block/conv_12", 4) == "…_12"
    assert shorten_path("photos/a.png", 30) == "a.png"


def test_type_is_made_smaller_until_a_text_fits() -> None:
    text = "block1_conv1/kernel"
    for size in (11, 15):
        assert fitting_size(text, 15, text_width(text, size)) == size
    assert fitting_size(text, 15, text_width(text, 15) + 100) == 15
    assert fitting_size(text, 15, 1) == SMALLEST_FONT
    assert fitting_size(text, 8, 1) == 8  # never larger than was asked for


def test_of_a_text_without_room_the_end_is_kept() -> None:
    text = "a/very/long/path/of/a/layer"
    assert cut(text, 13, text_width(text, 13)) == text
    width = text_width(text, 13) // 2
    found = cut(text, 13, width)
    assert found[0] == "…" and text.endswith(found[1:]) and text_width(found, 13) <= width
    longer = "…" + text[-len(found) :]
    assert text_width(longer, 13) > width  # nothing was cut that had room
    assert cut(text, 13, 0) == "…r"


def test_lines_are_broken_between_words() -> None:
    words = ["all", "filters", "of", "a", "layer", "on", "one", "sheet"]
    width = text_width("filters of a", 15)
    lines = wrap("  ".join(words), 15, width)
    assert " ".join(lines) == " ".join(words) and len(lines) > 2
    assert all(text_width(line, 15) <= width for line in lines)
    for line, after in pairwise(lines):
        assert text_width(f"{line} {after.split()[0]}", 15) > width
    assert wrap("incomprehensibilities no", 15, 5) == ["incomprehensibilities", "no"]
    assert wrap("", 15, 100) == [""]


@pytest.mark.parametrize("text", ["m" * 20_000, "i" * 20_000, "猫" * 20_000])
def test_one_long_word_is_folded_and_cut_at_once(text: str) -> None:
    start = time.thread_time()
    lines = fold(text, 18, 300, 3)
    found = cut(text, 18, 300)
    assert time.thread_time() - start < 2, "not a try for every letter"
    assert len(lines) == 3 and all(text_width(line, 18) <= 300 for line in (*lines, found))
    assert (
        lines[-1][-1] == "…"
        and text.startswith("".join(lines)[:-1])
        and text_width(lines[0] + text[0], 18) > 300
    )
    assert text_width(found + text[0], 18) > 300 and fold(text[:3], 18, 300, 3) == [text[:3]]


def test_unprintable_characters_are_taken_out() -> None:
    assert one_line("a\x1b[31mb\x07\x00c\u202e d") == "a[31mbc d"
