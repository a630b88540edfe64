"""What is asked of an engine for a batch: each question once, and only when it is needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_cam.cam.engines.questions import PREDICTED, ChannelScores, Forward, ranked
from xai_cam.cam.evidence import GRADIENTS_AT_ONCE, BatchEvidence, LayerEvidence, gradients_at_once
from xai_cam.cam.methods import METHODS
from xai_cam.cam.targets import Block
from xai_cam.errors import InputError
from xai_cam.models.output.head import Head

X = np.zeros((2, 4, 4, 3), np.float32)
OUTPUT = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], np.float32)
MAPS = np.array([[[[0, 5], [1, 5]]], [[[0, 1], [3, 1]]]], np.float32)
"""Two images of 1 x 2 places; the second channel is constant in both."""

EARLIER = np.arange(2 * 2 * 2 * 3, dtype=np.float32).reshape(2, 2, 2, 3)
"""Of the same images at another layer."""


class Asked:
    """An engine that answers by hand, and remembers its questions."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.given: list[Any] = []

    def _answer(self, question: str, *given: Any) -> list[Forward]:
        self.questions.append(question)
        self.given.append(given)
        scores = np.log(OUTPUT), OUTPUT, OUTPUT, OUTPUT.argmax(axis=1)[:, None]
        return [Forward(maps, *scores) for maps in (MAPS, EARLIER)]

    def forward(self, images: np.ndarray) -> list[Forward]:
        return self._answer("forward", len(images))

    def gradients(
        self, images: np.ndarray, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        columns = range(classes.shape[1])
        found = [
            np.stack([np.full(maps.shape, sign * column, np.float32) for column in columns])
            for sign, maps in ((1, MAPS), (-1, EARLIER))
        ]
        return self._answer("gradients", len(images), classes.tolist(), score), found

    def masked_scores(self, images: Any, before: Any, classes: Any, channels: Any) -> ChannelScores:
        self._answer("masked", len(images), before.activations.shape, classes.tolist(), channels.tolist())
        return ChannelScores(np.ones((2, classes.shape[1], 2)), np.full((2, classes.shape[1], 2), 0.5))


def evidence(specs: Any) -> tuple[Asked, BatchEvidence]:
    engine: Any = Asked()
    block = Block(0, "", Head(3, "softmax"), 0, 3, ((0,), (1,), (2,)))
    targets: Any = SimpleNamespace(blocks=[block])
    return engine, BatchEvidence(engine, X, specs, targets)


def at(batch: BatchEvidence, number: int = 0) -> LayerEvidence:
    engine: Any = batch.whole
    return LayerEvidence(batch, number, engine)


def test_classes_that_the_model_tells() -> None:
    """Ranking of the first image: 1, 2, 0; of the second: 0, 2, 1."""
    engine, batch = evidence(["predicted", "top2", 2, "1"])
    assert batch.classes.tolist() == [[1, 1, 2, 2, 1], [0, 0, 2, 2, 1]]
    assert engine.questions == ["forward"]
    np.testing.assert_allclose(batch.class_scores(2, "probability"), [0.2, 0.3])
    np.testing.assert_allclose(batch.class_scores(2, "logit"), np.log([0.2, 0.3]), rtol=1e-6)
    assert [c for c, _ in batch.ranking(0, batch.targets.blocks[0])] == [1, 2, 0]
    assert batch.ranking(1, batch.targets.blocks[0])[0] == (0, pytest.approx(0.5))


def test_classes_that_were_named_cost_no_pass() -> None:
    for specs in ([2, 0], np.array([[2, 0], [2, 0]])):
        engine, batch = evidence(specs)
        assert batch.classes.tolist() == [[2, 0], [2, 0]] and engine.questions == []


@pytest.mark.parametrize(
    ("specs", "message"), [(["top4"], "top4"), ([3], "no class 3"), (np.array([[0], [-1]]), "no class -1")]
)
def test_classes_that_the_model_lacks(specs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _ = evidence(specs)[1].classes


def test_gradients_answer_the_forward_pass_too() -> None:
    engine, batch = evidence(["predicted", "top2"])
    assert at(batch).of(METHODS["grad-cam"], 2, "logit")[0, 0, 0, 0] == 2
    batch.gradients(0, "logit")
    assert batch.forward.predicted.tolist() == [[1], [0]] and batch.classes.shape == (2, 3)
    assert engine.questions == ["gradients"]
    assert engine.given == [(2, [[PREDICTED, ranked(0), ranked(1)]] * 2, "logit")]


@pytest.mark.parametrize(
    ("sides", "layers", "images", "classes"),
    [(7, 1, 16, 8), (112, 1, 16, 8), (112, 4, 16, 3), (224, 9, 64, 1)],
)
def test_gradients_of_large_layers_are_taken_for_fewer_classes(
    sides: int, layers: int, images: int, classes: int
) -> None:
    """At 112 x 112 x 96 and 16 images one class takes 77 MB at each layer."""
    one: Any = SimpleNamespace(maps_shape=(sides, sides, 96))
    assert gradients_at_once([one] * layers, images) == classes


def test_many_classes_are_asked_for_in_groups() -> None:
    engine, batch = evidence([0] * (GRADIENTS_AT_ONCE + 1))
    for column in range(GRADIENTS_AT_ONCE + 1):
        assert batch.gradients(column, "logit")[0][0, 0, 0, 0] == column % GRADIENTS_AT_ONCE
    assert engine.questions == ["gradients"] * 2
    batch.gradients(0, "probability")
    assert engine.questions == ["gradients"] * 3, "another score is another question"


def test_scores_of_channels_are_asked_for_once_and_of_those_that_live() -> None:
    engine, batch = evidence([0, 2])
    layer = at(batch)
    for column in (0, 1):
        assert layer.of(METHODS["score-cam"], column, "logit").tolist() == [[1, 1], [1, 1]]
        assert layer.of(METHODS["score-cam-official"], column, "probability").tolist() == [[0.5, 0.5]] * 2
    assert engine.questions == ["forward", "masked"]
    assert engine.given[-1] == (2, MAPS.shape, [[0, 2], [0, 2]], [[True, False], [True, False]])
    assert layer.of(METHODS["eigen-cam"], 0, "logit") is None


def test_layers_share_a_pass_and_are_masked_each_by_its_own_channels() -> None:
    engine, batch = evidence([0, 2])
    for number, (maps, sign) in enumerate(((MAPS, 1), (EARLIER, -1))):
        layer = at(batch, number)
        for column in (0, 1):
            found = layer.of(METHODS["grad-cam"], column, "logit")
            np.testing.assert_array_equal(found, np.full(maps.shape, sign * column))
        np.testing.assert_array_equal(layer.forward.activations, maps)
        layer.of(METHODS["score-cam"], 0, "logit")
    assert engine.questions == ["gradients", "masked", "masked"]
    assert [given[1] for given in engine.given[1:]] == [MAPS.shape, EARLIER.shape]


def test_no_more_gradients_are_held_than_those_of_one_pass_of_a_score() -> None:
    engine, batch = evidence([0] * (2 * GRADIENTS_AT_ONCE))
    for column in range(2 * GRADIENTS_AT_ONCE):
        for score in ("logit", "probability"):
            batch.gradients(column, score)
            assert len(batch._gradients) <= 2 * GRADIENTS_AT_ONCE
    assert engine.questions == ["gradients"] * 4
