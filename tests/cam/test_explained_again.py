"""Changed images are explained as the originals were, whatever stands beside them in a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.small_models import build_held
from xai_cam import explain
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explain import in_batches, make_explainer
from xai_cam.cam.explained_again import Again
from xai_cam.cam.opening import Places, opened
from xai_cam.cam.target_request import TargetRequest

X = np.random.default_rng(8).normal(0, 1, (3, 16, 16, 3)).astype(np.float32)
METHODS = ["grad-cam", "score-cam", "saliency"]


def again_of(model: Any, images: Any, layer: Any, target: Any, baselines: Any = (), **asked: Any) -> Again:
    computing, fuse = Computing("tensorflow", cache=False), asked.pop("fuse", None)
    request = replace(TargetRequest(None, None, None, "predicted", None, None, None), **asked)
    found = opened(model, images, computing, Places("auto", None, None), request, target, None, None)
    assert found is not None
    explainer = make_explainer(found.network, layer, computing, fuse=fuse, targets=found.targets)
    ((part, maps),) = in_batches(explainer, found.inputs, METHODS, found.classes, computing, baselines)
    return Again([explainer], part, maps)


def check(again: Again, model: Any, given: Any, layer: Any, target: Any, **options: Any) -> None:
    """All maps of all images at once, of the images upside down, against `explain` of these."""
    of = [(image, k) for image, maps in enumerate(again.found) for k in range(len(maps))]
    changed = np.stack([X[image, ::-1] for image, _ in of])
    found = again(changed, of)
    upside = given(X[:, ::-1])
    known = {
        (one.image, one.layer, one.method, one.target_class, one.members): one
        for one in explain(model, upside, layer, METHODS, target, engine="tensorflow", cache=False, **options)
    }
    for (image, k), one in zip(of, found, strict=True):
        original = again.found[image][k]
        expected = known[image, original.layer, original.method, original.target_class, original.members]
        np.testing.assert_allclose(one.cam, expected.cam, rtol=1e-4, atol=1e-6)


def test_the_class_of_the_original_stays(tiny_model: Any) -> None:
    """The predicted class of each image, also where that upside down shows another; at two layers."""
    layers = ["conv_1", "conv_2"]
    again = again_of(tiny_model, X, layers, "predicted")
    check(again, tiny_model, lambda x: x, layers, [0, 1, 2])


def test_classes_that_take_words(tiny_model: Any) -> None:
    again = again_of(tiny_model, X, "conv_1", ["0+2", 1])
    check(again, tiny_model, lambda x: x, "conv_1", ["0+2", 1])


def test_fused_layers(tiny_model: Any) -> None:
    layers = ["conv_1", "conv_2"]
    again = again_of(tiny_model, X, layers, [0, 2], fuse="mean")
    check(again, tiny_model, lambda x: x, layers, [0, 2], fuse="mean")


def test_what_an_image_is_given_with_stays_with_it() -> None:
    model, ages = build_held(), np.array([-2.0, 0.1, 3.0], np.float32)
    again = again_of(model, {"image": X, "age": ages}, None, [0, 1])
    check(again, model, lambda x: {"image": x, "age": ages}, None, [0, 1])


def test_baselines_are_drawn_again(tiny_model: Any) -> None:
    again = again_of(tiny_model, X, "conv_1", 0, ["random", "gaussian"])
    names = [one.method for one in again.found[1]]
    of = [(1, names.index(name)) for name in ("random", "gaussian")]
    same, other = (again(np.stack([x, x]), of) for x in (X[1], X[2]))
    np.testing.assert_array_equal(same[0].cam, again.found[1][of[0][1]].cam)
    assert (other[0].cam != same[0].cam).any() and (other[1].cam == same[1].cam).all()


def test_nothing_is_asked_of_nothing(tiny_model: Any) -> None:
    assert again_of(tiny_model, X, "conv_1", 0)(np.empty((0, 16, 16, 3), np.float32), []) == []
    with pytest.raises(IndexError):
        again_of(tiny_model, X, "conv_1", 0)(X[:1], [(7, 0)])


def test_what_is_explained_is_counted(tiny_model: Any) -> None:
    """Two methods' maps of three images, of two of them once more: as many at a time as there are images."""
    again, counts = again_of(tiny_model, X, "conv_1", 0), list[tuple[int, int, int]]()

    @contextmanager
    def counted(*count: int) -> Iterator[None]:
        yield
        counts.append((count[0], count[1], count[2]))

    again.counted = counted
    of = [(image, method) for method in (0, 1) for image in (0, 1, 2, 0)]
    again(np.stack([X[image] for image, _ in of]), of)
    assert counts == [(0, 3, 8), (3, 1, 8), (4, 3, 8), (7, 1, 8)]
