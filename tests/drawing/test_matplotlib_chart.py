"""Charts: in Matplotlib's own style, to the letter, with what made them in the file."""

from __future__ import annotations

import io
import json
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

from xai_cam.drawing.matplotlib_chart import (
    DOTS_PER_INCH,
    default_style,
    encode_chart,
    new_figure,
    without_formulas,
)
from xai_cam.errors import XaiCamError
from xai_cam.files.provenance import KEY


def test_the_users_style_is_left_out_and_put_back() -> None:
    with matplotlib.rc_context({"lines.linewidth": 9.0, "text.usetex": True}):
        with default_style():
            assert matplotlib.rcParams["lines.linewidth"] == matplotlib.rcParamsDefault["lines.linewidth"]
            assert not matplotlib.rcParams["text.usetex"]
        assert matplotlib.rcParams["lines.linewidth"] == 9 and matplotlib.rcParams["text.usetex"]


def test_a_figure_has_one_chart_or_rows_of_them() -> None:
    _, axes = new_figure(4, 3)
    axes.plot([0, 1], [1, 2])
    for rows, columns in ((1, 2), (3, 2)):
        figure, several = new_figure(4, 3, rows, columns)
        assert several.shape == (rows, columns) and len(figure.axes) == rows * columns


def test_a_file_has_the_size_asked_for_and_says_what_made_it() -> None:
    figure, _ = new_figure(2, 1.5)
    said = {"tool": "xai-cam 0", "class": "чайка"}
    with Image.open(io.BytesIO(encode_chart(figure, said))) as image:
        assert image.size == (2 * DOTS_PER_INCH, 1.5 * DOTS_PER_INCH)
        assert json.loads(image.text[KEY]) == said and "Software" not in image.text


def test_dollars_are_drawn_as_dollars() -> None:
    plain, formula = (np.asarray(drawn(text)) for text in (without_formulas("a$b$c"), "a$b$c"))
    assert plain.shape == formula.shape and (plain != formula).any()
    assert without_formulas("no dollars") == "no dollars" and without_formulas("$") == r"\$"


def drawn(text: str) -> Image.Image:
    figure, axes = new_figure(2, 1)
    axes.set_axis_off()
    axes.text(0, 0.5, text)
    return Image.open(io.BytesIO(encode_chart(figure, {})))


def test_without_matplotlib_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(XaiCamError, match=r"[Mm]atplotlib"), default_style():
        pass
