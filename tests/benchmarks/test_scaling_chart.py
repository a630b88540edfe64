"""The chart of scaling: each engine has its colour, and each of what is measured its own line."""

from __future__ import annotations

import numpy as np

from scaling_chart import COLOURS, styles
from scaling_runs import Curve


def test_engines_have_colours_and_methods_lines() -> None:
    names = [f"{method}, {engine}" for method in ("grad-cam", "a, b") for engine in COLOURS]
    curves = {name: Curve("x", np.arange(2.0), np.arange(2.0)) for name in names}
    found = [(colour, kind) for _, _, colour, kind in styles(curves)]
    first, second = COLOURS.values()
    assert found == [(first, 0), (second, 0), (first, 1), (second, 1)] and first != second
