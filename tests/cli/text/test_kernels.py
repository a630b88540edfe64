"""Kernels as text: numbers in one width, blocks that fit, and what is not finite."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from support.commands import strict
from xai_cam.cli.text.kernels import Numbers, as_figures, lines_of, table
from xai_cam.kernels.kernel_bank import KernelBank


def test_weights_that_are_not_finite() -> None:
    values = np.array([1, math.nan, math.inf, -2.5], np.float32).reshape(2, 1, 1, 2)
    bank = KernelBank(
        "c", "Conv2D", values, np.zeros((2, 1), int), np.array([math.nan, 1], "f"), (1, 2, 1, 2), "-"
    )
    lines = list(table(bank, [0, 1], "sum", 80))
    assert "filter 0: not finite, bias nan" in lines
    assert "   1.000    nan" in lines and "     inf -2.500" in lines
    figures = strict(json.dumps(as_figures(bank, [0, 1], "sum")))
    assert figures["characters"][0]["bias"] is None and figures["characters"][1]["peak"] is None


@pytest.mark.parametrize("width", [40, 60, 100, 200])
@pytest.mark.parametrize(("height", "columns"), [(3, 3), (1, 1), (2, 15)])
def test_blocks_fit_the_width_and_lose_nothing(width: int, height: int, columns: int) -> None:
    values = np.random.default_rng(0).normal(size=(1, 20, height, columns)).astype(np.float32)
    shape = (height, columns, 20, 1)
    bank = KernelBank("c", "Conv2D", values, np.arange(20)[None], None, shape, "-")
    lines = list(table(bank, [0], "sum", width))
    start = next(i for i, line in enumerate(lines) if line.startswith("  channel 0"))
    blocks = lines[start:-2]
    assert max(map(len, blocks)) <= width
    numbers = [float(n) for line in blocks if "." in line for n in line.replace("|", " ").split()]
    assert sorted(numbers) == sorted(float(f"{v:.3f}") for v in values.ravel())
    fits = (width - 2) // (columns * 7 - 1 + 3)
    assert lines[start].count("channel") == max(1, fits) or columns in (1, 15)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0, -2.5], [" 1.000", "-2.500"]),
        ([123.4, 0.5], ["123.4", "  0.5"]),
        ([0.012345, 0], ["0.01235", "0.00000"]),
        ([1.5e-9, -3], [" 0.000", "-3.000"]),
        ([1.5e-9, -3e-9], [" 1.500e-09", "-3.000e-09"]),
        ([2e9], ["2.000e+09"]),
        ([0.0], ["0.000"]),
        ([12345.6], ["12346"]),
    ],
)
def test_numbers_in_one_width(values: list[float], text: list[str]) -> None:
    write = Numbers(np.array(values))
    assert [write(value) for value in values] == text


def test_a_line_for_each_filter_fits_the_terminal() -> None:
    values = np.random.default_rng(0).normal(size=(2, 1, 3, 3)).astype(np.float32)
    bank = KernelBank("c", "Conv2D", values, np.zeros((2, 1), int), None, (3, 3, 1, 2), "-")
    for width, parts in ((80, 2), (100, 2), (10**6, 1)):
        lines = list(lines_of(bank, [0, 1], "sum", "brief", width))
        heads = [line for line in lines if line.startswith("filter ")]
        assert len(heads) >= parts and max(map(len, heads)) <= width
        assert (len(heads) == 1) == (parts == 1), "without a limit it is one table"
