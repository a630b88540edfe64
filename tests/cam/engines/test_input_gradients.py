"""Inputs whose gradients are asked for, a chunk at a time: made when needed, and handed on once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.pixels import scored
from support.small_models import build_held, build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.input_gradients import GradientChunks, InputGradients
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.models.layers import WHOLE
from xai_cam.models.network import Network

X = np.random.default_rng(6).uniform(0, 1, (3, 16, 16, 3)).astype(np.float32)
IMAGES = np.array([0, 0, 1, 1, 2])
COLUMNS = np.array([[0, 2], [1, 0], [2, 1]])


def made(number: int) -> np.ndarray:
    return X[IMAGES[number]] * np.float32(1 + number % 2)


class Taken:
    """What was handed on, in order."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.gradients: list[np.ndarray] = []
        self.scores: list[np.ndarray] = []

    def __call__(self, number: int, gradients: np.ndarray, scores: np.ndarray) -> None:
        self.numbers.append(number)
        self.gradients.append(gradients.copy())
        self.scores.append(scores.copy())


def asked(take: Any, riding: Any = ((), (), ())) -> InputGradients:
    return InputGradients(IMAGES, made, take, COLUMNS, riding, "logit")


def test_a_chunk() -> None:
    riding = [(np.full(2, i, np.float32),) for i in range(3)]
    chunks = GradientChunks(asked(Taken(), riding), ["beside_0"])
    assert len(chunks) == 5
    chunk = chunks.chunk(3, 4)
    np.testing.assert_array_equal(chunk["images"], [made(3), made(4), made(4), made(4)])
    assert chunk["classes"].tolist() == [[1, 0], [2, 1], [2, 1], [2, 1]]
    assert chunk["classes"].dtype == np.int32
    assert chunk["beside_0"].tolist() == [[1, 1], [2, 2], [2, 2], [2, 2]]
    assert list(chunk) == ["images", "classes", "beside_0"]


def test_answers_are_handed_on_in_order_and_those_of_repeated_inputs_are_not() -> None:
    take, progress = Taken(), list[tuple[int, int]]()
    chunks = GradientChunks(asked(take), progress=lambda *count: progress.append(count))
    found = np.arange(2 * 4 * 769, dtype=np.float32).reshape(2, 4, 769)
    assert [chunks.fill(0, found), chunks.fill(4, found)] == [4, 1]
    assert take.numbers == [0, 1, 2, 3, 4] and progress == [(4, 5), (5, 5)]
    np.testing.assert_array_equal(take.gradients[3].reshape(2, -1), found[:, 3, :-1])
    assert take.scores[3].tolist() == found[:, 3, -1].tolist()


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


def test_gradients_and_scores_are_those_of_the_tape(model: Any) -> None:
    engine, take = TensorFlowEngine(Network(model), WHOLE, chunk_size=2), Taken()
    engine.input_gradients(asked(take))
    assert take.numbers == [0, 1, 2, 3, 4]
    for number, gradients, scores in zip(take.numbers, take.gradients, take.scores, strict=True):
        for column, target_class in enumerate(COLUMNS[IMAGES[number]]):
            score, right = scored(model, made(number), target_class)
            np.testing.assert_allclose(scores[column], score, rtol=1e-5)
            np.testing.assert_allclose(gradients[column], right, rtol=0, atol=1e-5 * np.abs(right).max())


def test_where_memory_ends_half_of_a_chunk_is_asked_for(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, take, sizes = TensorFlowEngine(Network(model), WHOLE, chunk_size=4), Taken(), list[int]()
    original = engine.graph_of

    def limited(function: Any) -> Any:
        def call(images: Any, *given: Any) -> Any:
            sizes.append(int(images.shape[0]))
            if sizes[-1] > 2:
                raise OutOfMemoryError("Out of memory.")
            return original(function)(images, *given)

        return call

    monkeypatch.setattr(engine, "graph_of", limited)
    engine.input_gradients(asked(take))
    assert sizes == [4, 2, 2, 2] and take.numbers == [0, 1, 2, 3, 4]


def test_a_model_that_rounds_its_image_has_no_gradient() -> None:
    import keras

    image = keras.Input((4, 4, 1))
    x = keras.layers.Flatten()(keras.ops.cast(keras.ops.cast(image, "int32"), "float32"))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    with pytest.raises(ModelError, match="no gradient with respect to its image"):
        Explainer(model, engine="tensorflow").explain(X[:, :4, :4, :1], "saliency")


def test_a_score_that_the_image_has_no_part_in_has_a_gradient_of_0() -> None:
    """What is held of other inputs moves the score as they do, and no more."""
    model = build_held()
    found = Explainer(model, engine="tensorflow").explain(
        {"image": X, "age": np.zeros((3, 1), np.float32)}, "saliency"
    )
    assert all(one[0].status == "ok" for one in found)
