"""`explain`: several layers, batches and methods in one list, in an order that can be relied on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.resize import resize
from xai_cam import Explainer, explain

X = np.random.default_rng(2).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)
LAYERS = ["conv_1", "conv_2"]


def test_the_order_is_images_layers_classes_methods(tiny_model: Any) -> None:
    methods = ["grad-cam", "layer-cam"]
    found = explain(tiny_model, X[:3], LAYERS, methods, [2, 0], batch_size=2, engine="tensorflow")
    wanted = [(i, layer, c, m) for i in range(3) for layer in LAYERS for c in (2, 0) for m in methods]
    assert [(e.image, e.layer, e.target_class, e.method) for e in found] == wanted
    assert [len(of_image) for of_image in found.by_image] == [8, 8, 8]
    assert [e for of_image in found.by_image for e in of_image] == found


def test_layers_together_are_as_each_alone(tiny_model: Any) -> None:
    together = explain(tiny_model, X[:2], LAYERS, engine="tensorflow").by_image
    for number, layer in enumerate(LAYERS):
        alone = Explainer(tiny_model, layer, engine="tensorflow").explain(X[:2])
        for of_image, (one,) in zip(together, alone, strict=True):
            np.testing.assert_array_equal(of_image[number].cam, one.cam)


@pytest.mark.parametrize("how", ["mean", "max"])
def test_fused_layers_by_hand(tiny_model: Any, how: str) -> None:
    """Each map over its maximum, enlarged to 16 x 16."""
    fused = explain(tiny_model, X[:2], LAYERS, fuse=how, target_class=1, engine="tensorflow")
    maps = explain(tiny_model, X[:2], LAYERS, target_class=1, engine="tensorflow").by_image
    for one, of_layers in zip(fused, maps, strict=True):
        large = [resize(e.cam / e.cam.max(), (16, 16)) for e in of_layers]
        expected = np.mean(large, axis=0) if how == "mean" else np.max(large, axis=0)
        np.testing.assert_allclose(one.cam, expected, atol=1e-5)
        assert one.layer == f"{how} of conv_1, conv_2"


def test_names_that_repeat_count_once(tiny_model: Any) -> None:
    layers = ["conv_2", "conv_2", 3, tiny_model.get_layer("conv_2")]
    assert len(explain(tiny_model, X[:1], layers, iter(["grad-cam", "grad-cam"]))) == 1
    assert len(explain(tiny_model, X, method=iter(["grad-cam", "layer-cam"]), batch_size=1)) == 10


def test_an_array_has_a_row_for_each_image_in_every_batch(tiny_model: Any) -> None:
    classes = np.array([[0, 1], [1, 2], [2, 0], [0, 2], [1, 0]])
    found = explain(tiny_model, X, target_class=classes, batch_size=2)
    assert [[e.target_class for e in of_image] for of_image in found.by_image] == classes.tolist()
