"""Strip by strip, a picture is resized to the very pixels that Pillow makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from xai_cam.images import resampling
from xai_cam.images.resampling import FILTERS, Box, resample

CHANCE = np.random.default_rng(3)
COLOURS = CHANCE.integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.mark.parametrize("how", FILTERS)
@pytest.mark.parametrize("box", [None, (3.3, 2.1, 40.2, 30.7), (0, 5, 53, 30)])
@pytest.mark.parametrize("values", [COLOURS, COLOURS[..., 0], COLOURS[..., 0] / np.float32(3)])
def test_strips_make_no_difference(
    values: np.ndarray, box: Box | None, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where Pillow 13 takes the height first: far less high than before, or hardly narrower."""
    monkeypatch.setattr(resampling, "STRIP_PIXELS", 100)
    for size in ((16, 16), (5, 70), (80, 61), (2, 26), (37, 53), (30, 8)):
        expected = Image.fromarray(values).resize(size[::-1], FILTERS[how], box=box)
        np.testing.assert_array_equal(resample(values, size, how, box), np.asarray(expected))


def test_colours_become_grey_in_strips_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "STRIP_PIXELS", 100)
    for size in ((16, 16), (37, 53)):
        expected = Image.fromarray(COLOURS).convert("L").resize(size[::-1], Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(resample(COLOURS, size, mode="L"), np.asarray(expected))


def test_a_large_picture_is_not_copied_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow gets no more than a strip, and then what is narrow already."""
    given = []
    real = Image.fromarray
    monkeypatch.setattr(resampling, "STRIP_PIXELS", 530)
    monkeypatch.setattr(Image, "fromarray", lambda one: given.append(one.shape) or real(one))
    resample(COLOURS, (8, 8))
    assert given == [(10, 53, 3)] * 3 + [(7, 53, 3), (37, 8, 3)]
