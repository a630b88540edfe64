"""What layers cost: those of one model share their passes, side by side, fused and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.commands import counted
from support.commands import explain as on_the_command_line
from support.small_models import build_tiny, save_model
from xai_cam import Explainer, compare, explain
from xai_cam.cam.layers_explainer import LayersExplainer

X = np.random.default_rng(3).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)
LAYERS = ["conv_1", "pool", "conv_2"]
METHODS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam", "eigen-cam"]
ON_CPU: dict[str, Any] = {"engine": "tensorflow", "cache": False}


@keras.saving.register_keras_serializable("tests of layers")
class Counted(keras.layers.Layer):
    """Notes how many images pass through it at a time, whenever it is run."""

    seen: list[int] = []  # noqa: RUF012 - of all of them: a file is loaded as another one

    def call(self, x: Any) -> Any:
        with tf.control_dependencies([tf.numpy_function(self._note, [tf.shape(x)[0]], [])]):
            return tf.identity(x)

    def _note(self, count: np.ndarray) -> None:
        self.seen.append(int(count))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@pytest.fixture(scope="module")
def metered() -> keras.Model:
    """The tiny model with a counter in front."""
    image = keras.Input((16, 16, 3))
    parts = build_tiny().layers[1:]
    seen = Counted()(image)
    for layer in parts:
        seen = layer(seen)
    return keras.Model(image, seen)


@pytest.fixture
def passes() -> list[int]:
    """Images that went through the model at a time, in turn."""
    Counted.seen.clear()
    return Counted.seen


@pytest.mark.parametrize("fuse", [None, "mean"])
def test_layers_methods_and_classes_share_one_pass(
    metered: keras.Model, passes: list[int], fuse: str | None
) -> None:
    classes = ["predicted", "top2", "0+2", 1]
    found = explain(metered, X, LAYERS, METHODS, classes, fuse=fuse, batch_size=3, **ON_CPU)
    assert len(found.by_image[0]) >= len(METHODS) * 3 * (1 if fuse else len(LAYERS))
    assert passes == [3, 2]


def test_activations_alone_take_one_pass_too(metered: keras.Model, passes: list[int]) -> None:
    explain(metered, X, LAYERS, "eigen-cam", **ON_CPU)
    assert passes == [5]


def test_masked_passes_are_each_layers_own(metered: keras.Model, passes: list[int]) -> None:
    """Of one image the 6 channels of each of two layers, at most, in chunks of 2; the pass of all is one."""
    found = explain(metered, X[:1], LAYERS[:2], ["score-cam", "grad-cam"], chunk_size=2, **ON_CPU)
    assert passes == [1, *[2] * 6], "three chunks of each"
    alone = [explain(metered, X[:1], layer, ["score-cam", "grad-cam"], **ON_CPU) for layer in LAYERS[:2]]
    for one, other in zip(found, [e for of_layer in alone for e in of_layer], strict=True):
        assert (one.layer, one.method) == (other.layer, other.method)
        np.testing.assert_allclose(one.cam, other.cam, rtol=1e-4, atol=1e-6)


def test_layers_are_compared_from_one_pass(metered: keras.Model, passes: list[int]) -> None:
    """Behind it the images masked by their 9 maps, in chunks of 16."""
    compare(metered, X[:2], ["grad-cam", "layer-cam", "eigen-cam"], LAYERS, steps=0, **ON_CPU)
    assert passes[0] == 2 and 2 not in passes[1:]


@pytest.mark.parametrize("options", [[], ["--fuse", "max"]])
def test_a_folder_passes_once_a_batch(
    metered: keras.Model, passes: list[int], tmp_path: Path, make_photo: Any, options: list[str]
) -> None:
    files = save_model(metered, tmp_path / "model")
    for number in range(3):
        make_photo(tmp_path / "photos" / f"{number}.png", seed=number)
    asked = [part for layer in LAYERS for part in ("-l", layer)]
    asked += [part for method in METHODS for part in ("--method", method)]
    given = [*asked, "--class", "0", "--class", "1", "-b", "2", "--engine", "tensorflow", "--no-cache"]
    result = on_the_command_line(files, *given, *options, tmp_path / "photos")
    assert counted(result, 3 * len(METHODS) * 2 * (1 if options else len(LAYERS))), result.stderr
    assert [seen for seen in passes if seen > 1] == [2] and passes.count(1) == 1


def test_what_explains_several_layers_is_one_explainer(tiny_model: Any) -> None:
    explainers = [Explainer(tiny_model, layer, **ON_CPU) for layer in LAYERS]
    whole = LayersExplainer(explainers)
    whole.for_metrics = True
    assert [one.for_metrics for one in explainers] == [True] * 3 and whole.for_metrics
    assert whole.engine is explainers[0].engine and whole.network is explainers[0].network
    assert [info.path for info in whole.target_layers] == LAYERS
    found = whole.explain(X[:2], ["grad-cam", "eigen-cam"], [1], ["random"])
    assert [(one.layer, one.method) for one in found[1]] == [
        (layer, method) for layer in LAYERS for method in ("grad-cam", "eigen-cam", "random")
    ]
    assert whole.explain(X[:0]) == []
