"""Files of pictures -> scores of classes, in batches that change no score."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from support.small_models import build_tiny
from xai_cam.errors import InputError, ModelError, OutOfMemoryError
from xai_cam.models.classifier import Classifier, Prediction, describe_first, open_network
from xai_cam.models.network import Network
from xai_cam.models.preprocessing import Preprocessing

UNIT = Preprocessing("unit", "rgb", "asked for")


def classifier(model: Any, batch_size: int | None = None) -> Classifier:
    return Classifier(Network(model), UNIT, batch_size=batch_size, device="cpu")


@pytest.fixture
def photos(make_photo: Callable[..., Path], tmp_path: Path) -> list[Path]:
    return [make_photo(tmp_path / f"{n}.png", (16, 16), seed=n) for n in range(5)]


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_scores_are_those_of_the_model(photos: list[Path], batch_size: int | None) -> None:
    model = build_tiny()
    found = list(classifier(model, batch_size).predict(photos))
    assert [one.path for one in found] == photos
    for one in found:
        (right,) = np.asarray(model(np.asarray(Image.open(one.path), np.float32)[None] / 255))
        np.testing.assert_allclose(one.scores, right, rtol=1e-5)
        assert one.predicted == right.argmax() and not one.failure
        second, first = sorted(right)[-2:]
        assert one.margin == pytest.approx(first - second, rel=1e-4)


def test_a_picture_that_cannot_be_read_says_so_in_its_place(photos: list[Path]) -> None:
    photos[1].write_bytes(b"no picture")
    found = list(classifier(build_tiny(), 2).predict(photos))
    assert [bool(one.failure) for one in found] == [False, True, False, False, False]
    assert found[1].predicted == -1 and found[1].scores.size == 0


def test_scores_that_are_no_numbers(photos: list[Path]) -> None:
    model = build_tiny()
    model.set_weights([w * np.nan for w in model.get_weights()])
    assert all("NaN" in one.failure for one in classifier(model).predict(photos))


def test_memory_that_runs_out_halves_the_batch(
    photos: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model, room = build_tiny(), [1]
    right = np.stack([one.scores for one in classifier(model).predict(photos)])
    tight = classifier(model, 4)
    run = tight._run

    def short_of_memory(values: Any) -> Any:
        if len(values) > room[0]:
            raise tf.errors.ResourceExhaustedError(None, None, "no room")
        return run(values)

    monkeypatch.setitem(vars(tight), "_run", short_of_memory)
    with caplog.at_level(logging.WARNING):
        found = np.stack([one.scores for one in tight.predict(photos)])
    np.testing.assert_allclose(found, right, rtol=1e-5)
    assert tight.batch_size == 1
    assert [line for line in caplog.messages if line.startswith("Out of memory")] == [
        f"Out of memory: going on with {n} images per model call." for n in (2, 1)
    ]
    room[0] = 0
    with pytest.raises(OutOfMemoryError, match="with a single image"):
        list(tight.predict(photos))


def test_what_is_no_model_for_pictures() -> None:
    assert open_network(build_tiny(), None, ["a", "b", "c"]).head.classes == 3
    with pytest.raises(ModelError, match="takes 2 channels"):
        open_network(build_tiny(channels=2), None, None)
    with pytest.raises(InputError):
        open_network(build_tiny(), None, ["a", "b"])


def test_the_first_image_in_words(photos: list[Path]) -> None:
    one, names = classifier(build_tiny()), ["ant", "bee", "cat"]
    line = one.describe_first(Prediction(photos[0], np.array([0.1, 0.7, 0.2]), 1), names)
    assert line.startswith("Preprocessing unit, rgb (asked for). First image 0.png: input ")
    assert line.endswith(" to 0.98, predicted bee 0.7, cat 0.2, ant 0.1.")
    photos[0].unlink()
    gone = one.describe_first(Prediction(photos[0], np.array([0.1, 0.9])), None)
    assert gone.startswith("First image 0.png: ")
    grey = np.zeros((2, 2, 1), np.float32)
    assert ", grey (" in describe_first("a.png", grey, UNIT, [(0, 0.5)], None)
