"""A picture that is made in strips is the same picture."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.files import strips
from xai_cam.files.strips import LARGE, is_large, strips_of

PIXELS = np.random.default_rng(6).integers(0, 256, (7, 5, 3), dtype=np.uint8)


def test_all_rows_come_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "STRIP_PIXELS", 10)
    found = list(strips_of(PIXELS))
    assert [top for top, _ in found] == [0, 2, 4, 6]
    np.testing.assert_array_equal(np.concatenate([strip for _, strip in found]), PIXELS)
    assert strips_of(PIXELS).size == (7, 5)


def test_what_is_large() -> None:
    assert is_large((LARGE, 2, 3)) and not is_large((LARGE, 1))
