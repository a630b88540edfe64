"""Rounds of maps: batches are counted, and regions of the untouched model stay."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam import Explainer
from xai_cam.models.input.inputs import Inputs
from xai_cam.sanity.rounds import Counter, Rounds

X = np.random.default_rng(4).uniform(0, 1, (3, 8, 8, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def rounds() -> tuple[Rounds, list[tuple[int, int]]]:
    """Of a segmentation whose last layer is set so that places differ."""
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 1))
    maps = layers.Conv2D(4, 3, padding="same", activation="relu", name="inner")(image)
    model = keras.Model(image, layers.Conv2D(2, 1, activation="softmax")(maps))
    told: list[tuple[int, int]] = []
    counter = Counter(lambda done, total: told.append((done, total)), 6)
    return Rounds(Explainer(model, "inner"), Inputs(X), ["grad-cam"], 2, counter), told


def test_batches_are_counted(rounds: Any) -> None:
    run, told = rounds
    told.clear()
    found = run.explain([1])
    assert [len(maps) for maps in found] == [1, 1, 1] and told[-2:] == [(2, 6), (3, 6)]


def test_regions_are_those_of_the_untouched_model(rounds: Any) -> None:
    """With other weights other places are predicted; the maps are of the places predicted before."""
    run, _ = rounds
    before = run.explain([1])
    held = run.with_regions(before)
    model = run.explainer.network.model
    kernel, bias = model.layers[-1].get_weights()
    try:
        model.layers[-1].set_weights([-kernel, bias + np.array([0.1, 0], np.float32)])
        moved, stays = run.explain([1]), held.explain([1])
    finally:
        model.layers[-1].set_weights([kernel, bias])
    for one, other, third in zip(before, moved, stays, strict=True):
        assert not np.array_equal(one[0].region, other[0].region)
        np.testing.assert_array_equal(one[0].region, third[0].region)


def test_the_sign_stays(rounds: Any) -> None:
    run, _ = rounds
    signed = Explainer(run.explainer.network, "inner", sign="both")
    assert signed.aimed_at(signed.targets).settings.sign == "both"


def test_classes_of_whole_images_have_no_regions(tiny_model: Any) -> None:
    images = Inputs(np.zeros((1, 16, 16, 3), np.float32))
    run = Rounds(Explainer(tiny_model), images, ["grad-cam"], 1, Counter(lambda *_: None, 1))
    assert run.with_regions(run.explain([0])) is run
