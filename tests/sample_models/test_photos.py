"""Pictures that get a part of another one, and its share of the label."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "sample_models"


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import photos

    return photos


@pytest.mark.parametrize("mixed", [1.0, 0.5])
def test_labels_follow_the_areas_of_the_rectangles(mixed: float, photos: ModuleType) -> None:
    """Each picture is filled with its own value, so that each pixel tells where it comes from."""
    count, side = 64, 20
    values = np.arange(count, dtype=np.float32)
    labels = np.random.default_rng(0).integers(0, 2, count).astype(np.float32)
    pictures = np.broadcast_to(values[:, None, None, None], (count, side, side, 3))
    changed, told = (np.asarray(x) for x in photos.cut_mix(pictures, labels, np.array([3, 4]), mixed))
    untouched = 0
    for i in range(count):
        other = (i - 1) % count
        foreign = changed[i, :, :, 0] == other
        assert np.isin(changed[i], (i, other)).all()
        rows, columns = np.flatnonzero(foreign.any(1)), np.flatnonzero(foreign.any(0))
        if rows.size:  # one rectangle without holes
            assert foreign[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        share = foreign.sum() / side**2
        assert told[i] == pytest.approx(labels[i] * (1 - share) + labels[other] * share, abs=1e-6)
        untouched += not rows.size
    if mixed == 1:
        assert untouched < 5  # rectangles that are too small to cover the middle of a pixel
    else:
        assert 20 < untouched < 45


def test_nothing_is_mixed_by_default(photos: ModuleType) -> None:
    assert photos.Chances().mixed == 0
    pictures, labels = np.random.default_rng(0).random((4, 6, 6, 3), np.float32), np.ones(4, np.float32)
    same, told = photos.cut_mix(pictures, labels, np.array([0, 0]), 0.0)
    np.testing.assert_array_equal(same, pictures)
    np.testing.assert_array_equal(told, labels)
