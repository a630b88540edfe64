"""Measures that explain again, and what they are given; that they are called is in `test_measuring`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from oracle import explained_again
from oracle import faithfulness as oracle
from xai_cam import Explanation
from xai_cam.images.picture import Region
from xai_cam.metrics.again import Batch, measure_coherency, measure_cost, measure_sensitivity, saliency_of
from xai_cam.metrics.sensitivity import DRAWS, shaken

IMAGES = np.random.default_rng(7).random((2, 6, 5, 3)).astype(np.float32)
KINDS = (lambda x: x[::2, ::2, 0], lambda x: x[..., 1] * x[..., 2], lambda x: 0 * x[..., 0])
"""Ways to make a map of an image: on a coarse grid, of two channels, and of nothing."""


def explanation(cam: np.ndarray) -> Explanation:
    return Explanation(cam, "grad-cam", "conv", 0, 0, 1.5, "logit", 0.8, ((0, 0.8),), "ok", "")


@dataclass
class Model:
    """Explains images by `KINDS`, the second image's maps in another order; counts how often it is asked."""

    asked: list[int] = field(default_factory=list)
    orders: tuple[tuple[int, ...], ...] = ((0, 1, 2), (2, 1))

    def kind(self, image: int, number: int) -> int:
        return self.orders[image][number]

    def __call__(self, images: np.ndarray, of: Sequence[tuple[int, int]]) -> list[Explanation]:
        self.asked.append(len(images))
        assert images.dtype == np.float32
        return [explanation(KINDS[self.kind(*one)](x)) for x, one in zip(images, of, strict=True)]

    def batch(self) -> Batch:
        numbers = [[(i, k) for k in range(len(order))] for i, order in enumerate(self.orders)]
        found = [[self(IMAGES[i : i + 1], [(i, k)])[0] for i, k in of_image] for of_image in numbers]
        self.asked.clear()
        return Batch(IMAGES, found, self)


def saliency(image: np.ndarray, kind: int) -> np.ndarray:
    return oracle.saliency(KINDS[kind](image), (6, 5))


def test_coherency_is_that_of_the_image_multiplied_by_its_map() -> None:
    """Of all maps of all images at once; a blank map is not asked about, and has none."""
    model = Model()
    found = measure_coherency(model.batch())
    assert model.asked == [3]
    for i, order in enumerate(model.orders):
        for value, kind in zip(found[i], order, strict=True):
            if kind == 2:
                assert math.isnan(value)
                continue
            before = saliency(IMAGES[i], kind)
            after = saliency(oracle.multiplied(IMAGES[i], KINDS[kind](IMAGES[i])).astype(np.float32), kind)
            assert value == pytest.approx(explained_again.coherency(before, after), abs=1e-6)


def test_max_sensitivity_is_the_most_of_all_draws() -> None:
    """A draw of all maps at once; those of an image get the same ones."""
    model = Model()
    found = measure_sensitivity(model.batch())
    assert model.asked == [3] * DRAWS
    for i, order in enumerate(model.orders):
        for value, kind in zip(found[i], order, strict=True):
            if kind == 2:
                assert math.isnan(value)
                continue
            before = saliency(IMAGES[i], kind)
            draws = [shaken(IMAGES[i], draw) for draw in range(DRAWS)]
            changes = [explained_again.change(before, saliency(one, kind)) for one in draws]
            assert value == pytest.approx(max(changes), rel=1e-5)


def test_cost_is_the_shortest_of_four_times_shared_by_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each method by itself: one whose clock is slow the first time, and one that takes longer."""
    model, now = Model(orders=((0, 1), (0,))), [0.0]
    batch = model.batch()
    batch = replace(batch, found=[[replace(e, method=f"m{k}") for k, e in enumerate(f)] for f in batch.found])
    calls: list[set[int]] = []

    def explain_again(images: np.ndarray, of: Sequence[tuple[int, int]]) -> list[Explanation]:
        kinds = {model.kind(*one) for one in of}
        now[0] += (1 + 2 * min(kinds)) * len(of) * (1 if len(calls) % 4 == 2 else 5)
        calls.append(kinds)
        return model(images, of)

    monkeypatch.setattr("xai_cam.metrics.again.time.perf_counter", lambda: now[0])
    found = measure_cost(replace(batch, explain_again=explain_again))
    assert found == [[1000.0, 3000.0], [1000.0]]
    assert model.asked == [2, 2, 2, 2, 1, 1, 1, 1]


def test_nothing_is_explained_where_no_map_shows_anything() -> None:
    model = Model(orders=((2,), ()))
    assert np.isnan(measure_coherency(model.batch())[0]).all() and measure_coherency(model.batch())[1] == []
    assert np.isnan(measure_sensitivity(model.batch())[0]).all() and not model.asked


def test_one_draw_that_is_not_finite_makes_it_unknown() -> None:
    model = Model()
    batch = model.batch()

    def broken(images: np.ndarray, of: Sequence[tuple[int, int]]) -> list[Explanation]:
        made = model(images, of)
        return [replace(made[0], cam=made[0].cam * np.nan), *made[1:]] if len(model.asked) == 4 else made

    (first, second, _), _ = measure_sensitivity(replace(batch, explain_again=broken))
    assert math.isnan(first) and math.isfinite(second)


def test_a_saliency_is_that_which_images_are_multiplied_by() -> None:
    cam = np.array([[4, -1], [0, 2]], np.float32)
    one = Explanation(cam, "grad-cam", "conv", 0, 0, 1.5, "logit", 0.8, ((0, 0.8),), "ok", "", sign="both")
    expected = oracle.saliency(np.maximum(cam, 0), (6, 5))
    np.testing.assert_allclose(saliency_of(one, (6, 5)), expected, atol=1e-6)
    batch = Batch(np.zeros((1, 6, 5, 3), np.float32), [[one]], lambda images, of: [])
    np.testing.assert_array_equal(batch.saliency(one), saliency_of(one, (6, 5)))
    half = replace(one, part=Region(0, 0, 1, 0.6), cam=np.ones((1, 1), np.float32))
    assert batch.saliency(half).max() == 1 and batch.saliency(half).sum() == 18, "only where it lies"
