"""Patches that cover an input, and occlusion against loops that cover one patch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import black_box
from xai_cam.cam.occlusion import Occluded, Patches, covered, occlusion
from xai_cam.errors import InputError


def test_patches_end_at_the_edge() -> None:
    patches = Patches((7, 10), 4, 3)
    assert [[span.start for span in spans] for spans in patches.spans] == [[0, 3], [0, 3, 6]]
    assert patches.grid == (2, 3) and len(patches) == 6
    plane = patches.plane(4)  # the second row's middle one
    assert plane.sum() == 16 and plane[3:7, 3:7].all() and plane.dtype == np.float32
    assert [spans[-1] for spans in Patches((7, 9), 4, 3).spans] == [slice(3, 7), slice(5, 9)]


@pytest.mark.parametrize("size", [(16, 16), (17, 13), (5, 9), (8, 30), (4, 11, 9)])
@pytest.mark.parametrize(("side", "stride"), [(1, 1), (3, 2), (4, 4), (4, 1), (5, 3)])
def test_every_pixel_is_covered(size: tuple[int, ...], side: int, stride: int) -> None:
    patches = Patches(size, side, stride)
    total = sum(patches.plane(i) for i in range(len(patches)))
    assert np.min(total) >= 1
    for spans, length in zip(patches.spans, size, strict=True):
        assert [span.start for span in spans] == black_box.starts(length, min(side, length), stride)


def test_defaults() -> None:
    assert Patches.of((224, 224)) == Patches((224, 224), 28, 14)
    assert len(Patches.of((224, 224))) == 225
    assert Patches.of((5, 64)) == Patches((5, 64), 1, 1)
    assert Patches.of((16, 64, 64), 10) == Patches((16, 64, 64), 10, 5)
    assert Patches.of((64, 64), 9) == Patches((64, 64), 9, 4)


def test_refusals() -> None:
    with pytest.raises(InputError, match="`patch` is 16, and covers the whole input of 16 x 16"):
        Patches.of((16, 16), 16)
    assert len(Patches.of((16, 4, 4), 4, 4)) == 4, "a volume of many planes is not covered by one cube"
    with pytest.raises(InputError, match="`stride` is 5, and leaves pixels between patches of 4"):
        Patches.of((16, 16), 4, 5)


def test_the_mean_colour_covers() -> None:
    image = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    np.testing.assert_array_equal(covered(image), np.broadcast_to([10.5, 11.5, 12.5], (2, 4, 3)))


@pytest.mark.parametrize("size", [(7, 10), (9, 5)])
def test_maps_equal_the_loops(size: tuple[int, int]) -> None:
    """A score that is no sum over pixels, of two images."""
    rng = np.random.default_rng(3)
    weights, images = rng.normal(size=(*size, 2)), rng.normal(size=(2, *size, 2)).astype(np.float32)

    def score(x: Any) -> float:
        return float(np.sin((x * weights).sum()) + np.abs(x[1:] - x[:-1]).max())

    patches = Patches(size, 4, 3)
    planes = [patches.plane(i)[..., None] for i in range(len(patches))]
    without = [[score(np.where(plane > 0, covered(x), x)) for plane in planes] for x in images]
    given = Occluded(np.array([score(x) for x in images]), np.array(without), patches)
    found = occlusion(given)
    assert found.dtype == np.float32 and found.min() < 0 < found.max()
    for one, x in zip(found, images, strict=True):
        np.testing.assert_allclose(one, black_box.occlusion(score, x, 4, 3), rtol=0, atol=1e-5)


def test_a_volume_is_covered_by_cubes() -> None:
    patches = Patches((2, 5, 4), 3, 2)
    planes = np.stack([patches.plane(i) for i in range(len(patches))])
    without = np.random.default_rng(1).normal(size=(1, len(patches)))
    found = occlusion(Occluded(np.array([0.5]), without, patches))
    expected = np.tensordot(0.5 - without[0], planes, 1) / planes.sum(axis=0)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
