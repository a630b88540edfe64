"""What is said of a model before its first image: weights that are no numbers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from support.small_models import build_tiny
from xai_cam.models.network import Network
from xai_cam.models.soundness import broken_weights, describe_batch, describe_broken, describe_differing
from xai_cam.models.traced.nodes import nodes_of


def spoilt(model: Any, name: str, *values: float) -> Any:
    """The model with some numbers of a layer's kernel replaced."""
    layer = model.get_layer(name)
    kernel = np.array(layer.kernel)
    kernel.flat[: len(values)] = values
    layer.kernel.assign(kernel)
    return model


def test_sound_weights_are_no_matter(caplog: pytest.LogCaptureFixture) -> None:
    model = build_tiny()
    assert broken_weights(model, nodes_of(model)) == {}
    Network(model)
    assert not caplog.records


@pytest.mark.parametrize("values", [(np.nan,), (np.inf, -np.inf), (np.nan, np.inf, 1.0)])
def test_nan_and_infinity_are_told_with_their_layer(
    values: tuple[float, ...], caplog: pytest.LogCaptureFixture
) -> None:
    model = spoilt(build_tiny(), "conv_2", *values)
    count = int((~np.isfinite(values)).sum())
    assert broken_weights(model, nodes_of(model)) == {"conv_2": (count, 3 * 3 * 6 * 8)}
    Network(model)
    (line,) = [one.getMessage() for one in caplog.records]
    assert line.startswith(f"Weights that are NaN or infinite: conv_2 ({count} of 432). Scores and maps")


def test_numbers_whose_sum_is_too_large_are_sound() -> None:
    model = spoilt(build_tiny(), "conv_2", 3e38, 3e38)
    assert broken_weights(model, nodes_of(model)) == {}


def test_layers_of_a_nested_model_have_their_path() -> None:
    inner = spoilt(build_tiny(), "conv_1", np.nan)
    image = keras.Input((16, 16, 3))
    model = keras.Model(image, layers.Dense(2)(inner(image)))
    assert broken_weights(model, nodes_of(model)) == {"tiny/conv_1": (1, 3 * 3 * 3 * 6)}


def test_statistics_count_too() -> None:
    image = keras.Input((8, 8, 3))
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(y)))
    model.get_layer("norm").moving_variance.assign([1.0, np.inf, 1.0, 1.0])
    assert broken_weights(model, nodes_of(model)) == {"norm": (1, 4)}


def test_long_lists_are_cut() -> None:
    line = describe_broken({f"conv_{i}": (1, 1000 * i) for i in range(1, 8)})
    assert "conv_5 (1 of 5,000) and 2 more. Scores" in line


def test_lines_on_batches_and_runs() -> None:
    assert "is given 1 image at a time, whatever `batch_size`" in describe_batch(1)
    assert "is given 4 images at a time (fewer are filled up), whatever" in describe_batch(4)
    assert "stays on in the model. Its" in describe_differing([])
    assert "stays on in the model (a, b). Its" in describe_differing(["a", "b"])
