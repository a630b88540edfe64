"""Maps as means over changes of the image, against maps of images that were changed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.maps import made
from support.small_models import build_tiny
from xai_cam import Explainer, explain
from xai_cam.cam.smoothing import changed, smoothed, turned_back
from xai_cam.images.picture import Region
from xai_cam.models.input.inputs import Inputs

X = np.random.default_rng(6).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
METHODS = ["grad-cam", "gradient-input"]


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


def test_the_mean_of_six_maps_of_the_class_of_the_image(model: Any) -> None:
    """Of maps whose sign was cut; also where a changed image would be predicted otherwise."""
    plain = Explainer(model, engine="tensorflow")
    found = Explainer(model, engine="tensorflow", smooth=True).explain(
        X, METHODS, ["predicted", 0], ["random"]
    )
    originals = plain.explain(X, METHODS, ["predicted", 0], ["random"])
    for i, (of_image, of_original) in enumerate(zip(found, originals, strict=True)):
        assert len(of_image) == len(of_original)
        for one, original in zip(of_image, of_original, strict=True):
            assert (one.method, one.target_class, one.score) == (
                original.method,
                original.target_class,
                original.score,
            )
            if one.method == "random":
                np.testing.assert_array_equal(one.cam, original.cam)
                assert not one.smooth
                continue
            maps = []
            for factor in (0.9, 1, 1.1):
                for turn in (1, -1):
                    given = np.ascontiguousarray((np.float32(factor) * X[i : i + 1])[:, :, ::turn])
                    (only,) = plain.explain(given, one.method, [one.target_class])[0]
                    maps.append(only.cam[:, ::turn])
            expected = np.mean(maps, axis=0)
            np.testing.assert_allclose(one.cam, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
            assert one.smooth and one.status == "ok"


def test_changes() -> None:
    regions = (np.arange(32, dtype=np.uint8).reshape(2, 4, 4),)
    extras, black = (np.ones((2, 1), np.float32),), np.zeros((16, 16, 3), np.float32)
    found = list(changed(Inputs(X, extras, regions, black=black)))
    assert [one.mirrored for one in found] == [False, False, True, True, True]
    for one, factor in zip(found, (0.9, 1.1, 1, 0.9, 1.1), strict=True):
        turn = -1 if one.mirrored else 1
        np.testing.assert_allclose(one.inputs.images, factor * X[:, :, ::turn], rtol=1e-6)
        np.testing.assert_array_equal(one.inputs.regions[0], regions[0][..., ::turn])
        assert one.inputs.extras is extras and one.inputs.black is black


def test_a_layer_that_covers_another_part_of_a_mirrored_image() -> None:
    """The left half of the image, and of its mirror image, which is the right half of the image."""
    left = replace(made(np.array([[1.0, 3]])), part=Region(0, 0, 1, 0.5))
    back = turned_back(left)
    assert back.cam.tolist() == [[3, 1]] and back.part == Region(0, 0.5, 1, 1)
    found = smoothed(left, [back])
    assert found.part is None and found.cam.shape == (56, 56)
    np.testing.assert_allclose(found.cam, found.cam[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(found.cam[0, [0, 6, 21, 27, 28, -1]], [0.5, 0.5, 1.5, 1.5, 1.5, 0.5])
    middle = replace(left, part=Region(0, 0.25, 1, 0.75))
    assert smoothed(middle, [turned_back(middle)]).part == middle.part


def test_what_is_told_of_passes_errors_and_residuals() -> None:
    first = replace(made(np.array([[4.0, 0]])), passes=3, channels=8, expected_error=0.1)
    other = replace(made(np.array([[0.0, 2]])), passes=5, channels=8, expected_error=0.3)
    found = smoothed(first, [other])
    assert (found.passes, found.channels, found.residual) == (8, 16, None)
    assert found.expected_error == pytest.approx((0.1 * 4 + 0.3 * 2) / 2 / 2)
    off = [replace(one, residual=r, score_change=c) for one, r, c in ((first, 1.0, 2.0), (other, -2.0, 4.0))]
    found = smoothed(off[0], off[1:])
    assert (found.residual, found.score_change) == (-0.5, 3)
    assert found.cause == "the map's sum is off by -0.5 from the score's change of 3 from black on"


@pytest.mark.parametrize(
    ("cams", "status"),
    [
        ([[[0, 0]], [[0, 0]]], "blank"),
        ([[[1, 0]], [[0, 1]]], "flat"),
        ([[[1, 0]], [[np.nan, 1]]], "non-finite"),
    ],
)
def test_status(cams: list[Any], status: str) -> None:
    maps = [made(np.array(cam, float)) for cam in cams]
    maps = [replace(one, status="non-finite") if np.isnan(one.cam).any() else one for one in maps]
    maps = [replace(one, status="blank") if not one.cam.any() else one for one in maps]
    assert smoothed(maps[0], maps[1:]).status == status


def test_batches_change_nothing(model: Any) -> None:
    asked: dict[str, Any] = {"method": "grad-cam", "smooth": True, "engine": "tensorflow"}
    together, one_by_one = explain(model, X, **asked), explain(model, X, **asked, batch_size=1)
    for one, right in zip(one_by_one, together, strict=True):
        np.testing.assert_allclose(one.cam, right.cam, rtol=0, atol=1e-5 * right.cam.max())
