"""The ranking of filters against a plain loop: zero one in a copy, predict, put it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from xai_cam.cam.engines.questions import Computing
from xai_cam.files.rows import Summary
from xai_cam.images.finding import ImageFile
from xai_cam.kernels.editing import ranking
from xai_cam.kernels.editing.ranking import FilterLoss, keeps_zero, rank_filters
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.network import Network
from xai_cam.runs.tasks import tasks_of

layers = keras.layers


class Watch:
    """Notes how many images are done, and which failed."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.failures: dict[str, str] = {}

    def notice(self, text: str) -> None:
        pytest.fail(text)

    def row(self, values: Mapping[str, Any]) -> None:
        self.failures[values["image"]] = values["message"]

    def progress(self, done: int, total: int) -> None:
        self.done.append(done)


def rank(
    network: Network, paths: list[Path], watch: Watch, **options: Any
) -> tuple[list[FilterLoss], Summary]:
    feeding = Feeding(network, Preprocessing("unit", "rgb", ""))
    tasks = tasks_of([ImageFile(path, Path()) for path in paths])
    return rank_filters(feeding, network.find("conv"), tasks, watch, **options)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    rng, found = np.random.default_rng(5), [tmp_path / f"{i}.png" for i in range(5)]
    for path in found:
        cv2.imwrite(str(path), rng.integers(0, 256, (12, 12, 3)).astype(np.uint8))
    return found


def make(first: Any, *middle: Any, units: int = 3, activation: str | None = "softmax") -> Any:
    """A model whose layer `conv` comes first, with seeded weights."""
    rest = [*middle, layers.GlobalAveragePooling2D(), layers.Dense(units, activation=activation)]
    model = keras.Sequential([keras.Input((12, 12, 3)), first, *rest])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.6, w.shape) for w in model.get_weights()])
    for layer in middle[:1]:
        layer.moving_variance.assign([0.5, 1, 2, 3])
    return model


def shared() -> Any:
    """Called twice, so that its output alone cannot be set to 0."""
    conv, inputs = layers.Conv2D(4, 3, padding="same", name="conv"), keras.Input((12, 12, 3))
    grown = layers.Conv2D(3, 1, name="grow")(conv(inputs))
    x = layers.GlobalAveragePooling2D()(conv(grown))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.6, w.shape) for w in model.get_weights()])
    return model


CASES: dict[str, tuple[Callable[[], Any], bool]] = {
    "relu": (lambda: make(layers.Conv2D(4, 3, activation="relu", name="conv")), True),
    "linear, then a layer that moves 0": (
        lambda: make(layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(), layers.ReLU()),
        True,
    ),
    "sigmoid of 0 is a half": (lambda: make(layers.Conv2D(4, 3, activation="sigmoid", name="conv")), False),
    "softmax over the filters": (lambda: make(layers.Conv2D(4, 3, activation="softmax", name="conv")), False),
    "depthwise": (lambda: make(layers.DepthwiseConv2D(3, depth_multiplier=2, name="conv")), True),
    "separable": (lambda: make(layers.SeparableConv2D(4, 3, activation="elu", name="conv")), True),
    "shared": (shared, False),
    "one unit": (
        lambda: make(layers.Conv2D(4, 3, activation="tanh", name="conv"), units=1, activation="sigmoid"),
        True,
    ),
    "logits": (lambda: make(layers.Conv2D(4, 3, activation="relu", name="conv"), activation=None), True),
    "no probabilities": (
        lambda: make(layers.Conv2D(4, 3, activation="relu", name="conv"), activation="tanh"),
        False,
    ),
}
"""Models, and whether what precedes the layer need not be run again for each filter."""


def log_odds(model: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and probabilities of all classes in float64, by the head's definition."""
    head = model.layers[-1]
    name, head.activation = head.activation, keras.activations.linear
    z = np.asarray(model(x, training=False), np.float64)
    head.activation = name
    if z.shape[1] == 1:
        z = np.concatenate([-z, z], 1)
        return z, 1 / (1 + np.exp(-z))
    e = np.exp(z - z.max(1, keepdims=True))
    return z, e / e.sum(1, keepdims=True)


def zero_by_hand(model: Any, k: int) -> list[np.ndarray]:
    """Weights with filter k of `conv` zeroed; the old ones come back."""
    old = model.get_layer("conv").get_weights()
    new = [w.copy() for w in old]
    if type(model.get_layer("conv")).__name__ == "DepthwiseConv2D":
        new[0][:, :, k // 2, k % 2] = 0
    else:
        new[-2][..., k] = 0
    new[-1][k] = 0
    model.get_layer("conv").set_weights(new)
    return old


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_loss_without_each_filter(
    name: str, paths: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    build, quick = CASES[name]
    model = build()
    x = (
        np.stack([cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in paths]).astype(np.float32)
        / 255
    )
    z, p = log_odds(model, x)
    chosen, rows = z.argmax(1), np.arange(len(x))
    expected = {}
    count = 6 if name == "depthwise" else 4
    for k in range(count):
        old = zero_by_hand(model, k)
        z_k, p_k = log_odds(model, x)
        model.get_layer("conv").set_weights(old)
        loss = (z - z_k)[rows, chosen].mean(), (p - p_k)[rows, chosen].mean(), (z_k.argmax(1) != chosen).sum()
        expected[k] = loss
    before = [w.copy() for w in model.get_weights()]
    network = Network(model)
    target, watch = network.find("conv"), Watch()
    assert ranking.FilterAblation(network, target, Computing(device="cpu")).shortcut == quick
    for by in (0, 1):
        found, summary = rank(
            network, paths, watch, by=("logit", "probability")[by], computing=Computing(batch_size=2)
        )
        assert summary.failed == 0
        assert {loss.filter for loss in found} == set(range(count))
        for loss in found:
            np.testing.assert_allclose(loss.logit, expected[loss.filter][0], rtol=0, atol=2e-5)
            if name == "no probabilities":
                assert np.isnan(loss.probability)
            else:
                np.testing.assert_allclose(loss.probability, expected[loss.filter][1], rtol=0, atol=1e-5)
            assert (loss.changed, loss.images) == (expected[loss.filter][2], 5)
        values = [expected[loss.filter][0 if name == "no probabilities" else by] for loss in found]
        assert all(a >= b - 1e-6 for a, b in pairwise(values))
    assert watch.done == [*range(6), *range(6)] and not watch.failures
    assert not caplog.records, "no engine gave up"
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_broken_images_are_told_and_left_out(paths: list[Path], tmp_path: Path):
    network, watch = Network(CASES["relu"][0]()), Watch()
    good, _ = rank(network, paths, Watch())
    (tmp_path / "broken.png").write_bytes(b"none")
    found, summary = rank(network, [paths[0], tmp_path / "broken.png", *paths[1:]], watch)
    assert found == good and summary.failed == 1 and watch.done == [*range(7)]
    assert [*watch.failures] == [str(tmp_path / "broken.png")]
    assert rank(network, [tmp_path / "broken.png"], Watch())[0] == []


def test_which_activations_keep_zero():
    known = {
        name: getattr(keras.activations, name)
        for name in ranking.KEEPS_ZERO
        if hasattr(keras.activations, name)
    }
    assert len(known) > 10
    x = np.array([[0, 1, -2, 3], [0, -1, 0.2, -3]], np.float32)
    for name, function in known.items():
        found, other = np.asarray(function(x)), np.asarray(function(x * [1, 1, 5, 0]))
        assert (found[:, 0] == 0).all() and np.allclose(found[:, 1], other[:, 1]), name
    for name in ("sigmoid", "softmax", "softplus", "exponential", "hard_sigmoid", "sparsemax"):
        assert not keeps_zero(layers.Conv2D(2, 3, activation=name))
    assert not keeps_zero(layers.Conv2D(2, 3, activation=layers.PReLU()))

    class Own(layers.Conv2D):
        def call(self, inputs: Any) -> Any:
            return super().call(inputs) + 1

    assert keeps_zero(layers.Conv2D(2, 3)) and not keeps_zero(Own(2, 3))
