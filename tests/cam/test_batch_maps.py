"""Maps of a batch at several layers: in which order they are made, and what happens where memory ends."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from xai_cam import METHODS, Explainer
from xai_cam.cam.batch_maps import Question
from xai_cam.errors import OutOfMemoryError
from xai_cam.models.input.inputs import Inputs

X = np.random.default_rng(4).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)
ROWS = [(METHODS[name], "logit") for name in ("grad-cam", "eigen-cam", "layer-cam")]


@pytest.fixture(scope="module")
def explainers(tiny_model: Any) -> list[Explainer]:
    return [Explainer(tiny_model, layer, engine="tensorflow") for layer in ("conv_1", "conv_2")]


class Limited:
    """Whole images, of which there is memory for `most` at a time."""

    by = "tensorflow"

    def __init__(self, whole: Any, most: int) -> None:
        self.whole, self.most, self.asked = whole, most, list[int]()

    def gradients(self, images: Inputs, *question: Any) -> Any:
        self.asked.append(len(images))
        if len(images) > self.most:
            raise OutOfMemoryError("Out of memory.")
        return self.whole.gradients(images, *question)


def question(explainers: list[Explainer], most: int) -> tuple[Question, Limited]:
    first = explainers[0]
    whole: Any = Limited(first.engine.at_layers([one.target_layer for one in explainers]), most)
    return Question(explainers, whole, first.targets, ROWS), whole


def test_of_all_layers_half_a_batch_is_explained_where_memory_ends(
    explainers: list[Explainer], caplog: pytest.LogCaptureFixture
) -> None:
    asked, whole = question(explainers, 2)
    with caplog.at_level(logging.WARNING):
        found = asked.answer(Inputs(X), np.array([[0, 1, 0]] * 5))
    assert whole.asked == [5, 2, 3, 1, 2], "once for both layers"
    assert [line.split(":")[0] for line in caplog.messages] == [
        "Out of memory with 5 images at once",
        "Out of memory with 3 images at once",
    ]
    names = [method.name for method, _ in ROWS]
    for one, of_layer in zip(explainers, found, strict=True):
        alone = one.explain(X, names, np.array([[0, 1]] * 5))
        for i, (of_image, exact) in enumerate(zip(of_layer, alone, strict=True)):
            assert [(e.image, e.layer, e.target_class, e.method) for e in of_image] == [
                (i, one.target_layer.path, c, name) for c in (0, 1) for name in names
            ]
            for mine, other in zip(of_image, exact, strict=True):
                np.testing.assert_allclose(mine.cam, other.cam, rtol=1e-4, atol=1e-6)


def test_a_blank_positive_map_of_absolute_values_is_not_told_of_the_other_side(tiny_model: Any) -> None:
    """The image is no cause: the score does not depend on it."""
    model = tiny_model.__class__.from_config(tiny_model.get_config())
    model.set_weights([np.zeros_like(one) for one in tiny_model.get_weights()])
    for sign, said in (
        ("positive", "nothing in this input speaks for the class or against"),
        ("negative", "gradient-input"),
    ):
        (one,) = Explainer(model, engine="tensorflow", sign=sign).explain(X[:1], "saliency")[0]
        assert one.status == "blank" and said in one.cause


def test_arrays_that_there_is_no_memory_for_halve_a_batch_too(
    explainers: list[Explainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, whole = question(explainers, 5)

    def fails(images: Inputs, *_: Any) -> Any:
        whole.asked.append(len(images))
        raise MemoryError

    monkeypatch.setattr(whole, "gradients", fails)
    with pytest.raises(OutOfMemoryError, match="a single image"):
        asked.answer(Inputs(X[:2]), ["predicted"])
    assert whole.asked == [2, 1]


def test_no_memory_for_a_single_image(explainers: list[Explainer]) -> None:
    asked, whole = question(explainers, 0)
    with pytest.raises(OutOfMemoryError):
        asked.answer(Inputs(X[:2]), ["predicted"])
    assert whole.asked == [2, 1]
