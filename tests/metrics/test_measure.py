"""What measures cost, counted by hand."""

from __future__ import annotations

from xai_cam.metrics.measure import CURVE, DIMMED, FREE, Cost


def test_passes_of_an_image() -> None:
    """Of 4 steps a curve has 3 that are a map's own, and one that all maps of an image share."""
    assert DIMMED.passes(6, 32) == 6
    assert CURVE.passes(6, 4) == 6 * 3 + 1 and CURVE.passes(1, 1) == 1
    assert CURVE.passes(6, 0) == FREE.passes(6, 32) == 0
    assert Cost(a_map=18, again=2).passes(5, 32) == 90, "explaining again is told apart"
