"""What a BatchNormalization has seen: found again from pictures whose scaling is known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam.models.input.seen_statistics import whose_statistics
from xai_cam.models.network import Network

SCALED = {
    "raw": lambda x: 255 * x,
    "unit": lambda x: x,
    "signed": lambda x: 2 * x - 1,
}


def pictures() -> np.ndarray:
    """Smooth pictures in [0, 1], not quite grey in the mean."""
    coarse = np.random.default_rng(0).uniform(0, 0.9, (64, 4, 4, 3)).astype(np.float32)
    return np.asarray(keras.ops.image.resize(coarse, (16, 16)))


def trained(scaling: str, first: str) -> Network:
    """A model with the statistics of those pictures, as training on them leaves them behind."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((16, 16, 3))
    normalization = layers.BatchNormalization(momentum=0.0, name="norm")
    if first == "norm":
        x = layers.Conv2D(4, 3, name="conv")(normalization(inputs))
    elif first == "conv":
        x = normalization(layers.Conv2D(6, 3, use_bias=True, bias_initializer="normal", name="conv")(inputs))
    else:  # something else comes in between, so that nothing can be told
        x = normalization(layers.ReLU()(layers.Conv2D(6, 3, name="conv")(inputs)))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    model(SCALED[scaling](pictures()), training=True)
    return Network(model)


@pytest.mark.parametrize("scaling", SCALED)
@pytest.mark.parametrize("first", ["norm", "conv"])
def test_the_scaling_is_found_again(scaling: str, first: str):
    found = trained(scaling, first).expected_scaling()
    mean = float(SCALED[scaling](pictures()).mean())
    assert found is not None and found.name == scaling
    stated = float(found.reason.split("mean ")[1].split(" ")[0])
    assert stated == pytest.approx(mean, rel=0.1, abs=0.05)
    assert found.reason.startswith("norm has seen" if first == "norm" else "conv and norm have seen")


def test_behind_an_activation_nothing_is_told():
    assert trained("raw", "activation").expected_scaling() is None


def test_the_narrowest_range_that_is_possible():
    def of(mean: float, deviation: float) -> str | None:
        return whose_statistics(np.array([mean]), np.array([deviation**2]))

    assert of(0.5, 0.5) == "unit"  # half black, half white
    assert of(0.5, 0.6) == "signed" and of(0.1, 0.5) == "signed" and of(-0.1, 0.3) == "signed"
    assert of(114, 60) == "raw" and of(127, 127) == "raw"
    assert of(0, 1) is None and of(-50, 10) is None and of(300, 10) is None
