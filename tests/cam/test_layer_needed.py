"""Methods that need no layer: models without any, several layers, and the order of maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import Explainer, compare, explain
from xai_cam.cam.layer_needed import check_no_layer, needs_layer
from xai_cam.errors import InputError, ModelError

X = np.random.default_rng(6).uniform(0, 1, (2, 16, 16, 3)).astype(np.float32)
BOTH = ["saliency", "grad-cam"]


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def without_maps() -> Any:
    import keras

    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    )
    model.set_weights([np.random.default_rng(1).normal(0, 1, w.shape) for w in model.get_weights()])
    return model


def test_which_methods_need_a_layer() -> None:
    assert needs_layer(["saliency", "grad-cam"]) and not needs_layer(["saliency"])
    with pytest.raises(InputError, match="Unknown method"):
        needs_layer(["salience"])


def test_a_model_without_maps(without_maps: Any) -> None:
    """Of a linear model the gradient of a class's logit is that class's weights, whatever the image."""
    weights = np.abs(without_maps.layers[-1].get_weights()[0][:, 2].reshape(8, 8))
    x = X[:, :8, :8, :1]
    for found in (
        explain(without_maps, x, method="saliency", target_class=2, engine="tensorflow"),
        [one for of_image in Explainer(without_maps).explain(x, "saliency", 2) for one in of_image],
    ):
        for one in found:
            np.testing.assert_allclose(one.cam, weights, rtol=1e-5)
    compared = compare(without_maps, x, method="saliency", baselines="random", steps=2)
    assert list(compared.variants) == ["saliency", "random"]
    for ask in (
        lambda: explain(without_maps, x),
        lambda: explain(without_maps, x, method=BOTH),
        lambda: Explainer(without_maps).explain(x),
        lambda: Explainer(without_maps, "dense"),
    ):
        with pytest.raises(ModelError):
            ask()


def test_maps_of_one_layer_and_of_the_input_come_class_by_class(model: Any) -> None:
    explainer = Explainer(model, engine="tensorflow")
    found = explainer.explain(X, BOTH, ["predicted", 0, 1], "random")
    for of_image in found:
        first = of_image[0].target_class
        classes = list(dict.fromkeys([first, 0, 1]))
        assert [(one.target_class, one.method) for one in of_image] == [
            (c, name) for c in classes for name in (*BOTH, "random")
        ]
        assert {one.layer for one in of_image} == {"", "conv_2"}
    alone = explainer.explain(X, "grad-cam", [1])
    for mine, right in zip(found, alone, strict=True):
        (one,) = [e for e in mine if e.method == "grad-cam" and e.target_class == 1]
        np.testing.assert_allclose(one.cam, right[0].cam, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("fuse", [None, "mean"])
def test_of_several_layers_there_is_one_map_of_the_input(model: Any, fuse: str | None) -> None:
    found = explain(model, X, ["conv_1", "conv_2"], BOTH, [0, 1], fuse=fuse, engine="tensorflow")
    plain = explain(model, X, None, "saliency", [0, 1], engine="tensorflow")
    mine = [one for one in found if one.method == "saliency"]
    assert len(mine) == len(plain) == 4 and len(found) == (12 if fuse is None else 8)
    for one, right in zip(mine, plain, strict=True):
        assert (one.image, one.target_class, one.layer) == (right.image, right.target_class, "")
        np.testing.assert_array_equal(one.cam, right.cam)
    assert repr(mine[0]).startswith("<Explanation of image 0: saliency, class 0, ")


def test_a_layer_or_fusing_says_nothing_to_methods_without(model: Any) -> None:
    check_no_layer(None, None)
    for given in ({"layer": "conv_1"}, {"fuse": "max"}, {"layer": ["conv_1", "conv_2"], "fuse": "max"}):
        with pytest.raises(InputError, match="for methods that look at a layer"):
            explain(model, X, method="saliency", **given)
