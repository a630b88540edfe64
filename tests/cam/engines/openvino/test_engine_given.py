"""Whatever the OpenVINO engine is given it answers alike, and it leaves the rest of the program alone."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.by_openvino import BOTH, X, count_attempts, exact, made, maps, same
from support.perturbed import mixed
from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.questions import live_channels

pytest.importorskip("openvino")


def test_inputs_of_another_layout(tiny_model: Any) -> None:
    turned = np.asfortranarray(X[::-1, ::-1].astype(np.float64))[::-1, ::-1]
    explainer = made(tiny_model)
    same(maps(explainer, BOTH, turned), exact(tiny_model, BOTH))
    engine, frozen = explainer.engine, X.copy()
    frozen.flags.writeable = False
    before = engine.forward(X)
    rest = np.array([[2], [0]])[:, ::-1], live_channels(before.activations)
    right = engine.masked_scores(X, before, *rest), engine.ablated_scores(X, before, *rest)
    turned_before = replace(before, activations=np.asfortranarray(before.activations))
    for images in (np.asfortranarray(X), frozen, np.stack([X, X])[1], np.repeat(X, 2, axis=2)[:, :, ::2]):
        given = images, turned_before, *rest
        found = engine.masked_scores(*given), engine.ablated_scores(*given)
        for one, other in zip(found, right, strict=True):
            np.testing.assert_array_equal(one.logits, other.logits)
            np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_batch_in_which_no_channel_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts, model = count_attempts(monkeypatch), build_tiny()
    kernel, bias = model.get_layer("conv_2").get_weights()
    model.get_layer("conv_2").set_weights([np.zeros_like(kernel), np.ones_like(bias)])
    explainers = made(model, layer="conv_2"), Explainer(model, "conv_2", engine="tensorflow")
    found, right = ([(one.status, one.cause) for one in e.explain(X, BOTH, [0])[0]] for e in explainers)
    assert found == right and attempts == [], "there is nothing to compute"


def test_perturbed_scores_of_none_and_of_many(tiny_model: Any) -> None:
    """No more tables live at a time than those of the chunks being computed, the next, and the first."""
    engine, asked = made(tiny_model, chunk_size=3).engine, mixed(X, [1, 0], repeated=20)
    assert engine.perturbed_scores(replace(asked, rows=asked.rows[:0])).shape == (0, 2)
    alive: list[weakref.ref[Any]] = []
    counts: list[int] = []

    def picture(number: int) -> np.ndarray:
        alive.append(weakref.ref(found := X[number].copy()))
        counts.append(sum(one() is not None for one in alive))
        return found

    found = engine.perturbed_scores(replace(asked, picture=picture))
    assert found.shape == (120, 2) and len(counts) < 10 and max(counts) <= 2
    right = Explainer(tiny_model, engine="tensorflow").engine.perturbed_scores(asked)
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-6)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_inputs_that_break_off(tiny_model: Any, stop: type[BaseException]) -> None:
    engine, asked = made(tiny_model, chunk_size=2).engine, mixed(X, [1], repeated=4)
    right = engine.perturbed_scores(asked)

    def broken(number: int) -> np.ndarray:
        if number:
            raise stop
        return X[number]

    for _ in range(3):
        with pytest.raises(stop):
            engine.perturbed_scores(replace(asked, picture=broken))
        np.testing.assert_array_equal(engine.perturbed_scores(asked), right)


def test_two_at_once(tiny_model: Any) -> None:
    """Two explainers of two layers, each asked again and again by a thread of its own."""
    both = [made(tiny_model, layer=layer) for layer in ("conv_1", "conv_2")]
    right = [maps(explainer) for explainer in both]
    for layer, of_layer in zip(("conv_1", "conv_2"), right, strict=True):
        same(of_layer, exact(tiny_model, layer=layer))
    found: dict[int, list[np.ndarray]] = {0: [], 1: []}

    def ask(number: int) -> None:
        found[number] = [maps(both[number]) for _ in range(5)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number, answers in found.items():
        assert len(answers) == 5
        for one in answers:
            np.testing.assert_array_equal(one, right[number])
