"""A comparison as the table of a paper."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from support.measured import image, measured
from xai_cam.errors import InputError
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.printed import table_of

NAMES = "grad-cam at a_1", "score|cam", "random"


def compared(*rows: tuple[float, ...], names: tuple[str, ...] = NAMES) -> Comparison:
    """Of images with the same drop and a hundredth of it as insertion, for each variant."""
    images = []
    for drops in rows:
        maps = [measured(n, drop=d, insertion=d / 100) for n, d in zip(names, drops, strict=True)]
        images.append(image(*maps, rank=[[1.0] * len(names)] * len(names)))
    return Comparison(images)


SURE = compared(*[(10, 30, 50), (11, 31, 51), (12, 32, 52)] * 2)
UNSURE = compared(*[(10, 30, 50), (50, 12, 52), (12, 32, 54)] * 2)
SPREAD = re.compile(r" \[\S+, \S+\]")


def test_for_latex() -> None:
    """Bold is the best mean, and has a star where that is certain; names are escaped."""
    assert [SPREAD.sub(" [low, high]", line) for line in table_of(SURE, "tex").splitlines()] == [
        "% Means over 6 images with 95 % bootstrap intervals; bold: the best mean; *: better than every "
        "other one (paired bootstrap over images, 95 %).",
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r" & average drop, \% $\downarrow$ & insertion $\uparrow$ \\",
        r"\midrule",
        r"grad-cam at a\_1 & \textbf{11.0}$^{*}$ [low, high] & 0.110 [low, high] \\",
        r"score\textbar{}cam & 31.0 [low, high] & 0.310 [low, high] \\",
        r"\midrule",
        r"random & 51.0 [low, high] & \textbf{0.510}$^{*}$ [low, high] \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
    assert "$^{*}$" not in table_of(UNSURE, "tex").splitlines()[6], "24 and 24.7 may be chance"
    assert r"\textbf{24.0}" in table_of(UNSURE, "tex")


def test_for_markdown() -> None:
    lines = [SPREAD.sub(" [low, high]", line) for line in table_of(SURE, "md").splitlines()]
    assert lines[:4] == [
        "|  | average drop, % ↓ | insertion ↑ |",
        "|---|---:|---:|",
        r"| grad-cam at a\_1 | **11.0**\* [low, high] | 0.110 [low, high] |",
        r"| score\|cam | 31.0 [low, high] | 0.310 [low, high] |",
    ]
    assert lines[-1].startswith("Means over 6 images") and r"; \*: better than every other one" in lines[-1]
    assert r"\*" not in table_of(UNSURE, "md").splitlines()[2]


def test_names_that_would_be_commands() -> None:
    odd = compared((1, 2), names=('a\\b{c}~^$&#%<>"', "*`x`_[y]"))
    assert (
        r"a\textbackslash{}b\{c\}\textasciitilde{}\textasciicircum{}\$\&\#\%"
        r"\textless{}\textgreater{}'' &"
    ) in table_of(odd, "tex")
    assert r"| \*\`x\`\_\[y\] |" in table_of(odd, "md")


def test_what_is_not_known_and_what_has_no_better_end() -> None:
    found = compared((10, math.nan, 50), (11, math.nan, 51))
    assert table_of(found, "md").splitlines()[3] == r"| score\|cam | – | – |"
    assert r"score\textbar{}cam & -- & -- \\" in table_of(found, "tex")
    few = compared((10, math.nan, 50), (11, 30, 51))
    assert "| 30.0 of 1 | 0.300 of 1 |" in table_of(few, "md")
    one = compared((10, 30, 50))
    assert "**10.0** |" in table_of(one, "md"), "of one image there is no interval"
    turned = [replace(i, maps=tuple(replace(m, sign="negative") for m in i.maps)) for i in SURE.images]
    negative = table_of(Comparison(turned), "tex")
    assert not any(word in negative for word in (r"\textbf", "arrow", "$^{*}$"))


def test_equal_means_are_both_bold() -> None:
    text = table_of(compared((10, 10, 50), (10, 10, 51)), "md")
    assert text.count("**10.0**") == 2 and r"**\*" not in text.split("| random")[0]


def test_another_kind() -> None:
    with pytest.raises(InputError, match="'html'\\. Use tex or md"):
        table_of(SURE, "html")
