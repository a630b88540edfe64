"""How pictures are fed to a model: what was asked for, what the model tells, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.small_models import build_tiny
from xai_cam.errors import InputError
from xai_cam.images.bands import picture_of_bands
from xai_cam.images.labels import Labels
from xai_cam.models.input.feeding import Feeding, FeedingRequest
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.output.head import Head

LABELS = ("ant", "bee", "cat")
RANKING = ((2, 0.625), (0, 0.25), (1, 0.125), (3, 0.0))


def feeding(channels: int, name: str, order: str, fit: str = "stretch") -> Feeding:
    network: Any = SimpleNamespace(input_shape=(4, 4, channels), head=Head(4, "softmax"))
    return Feeding(network, Preprocessing(name, order, "asked for"), fit)


@pytest.mark.parametrize(("channels", "labels", "order"), [(3, LABELS, "bgr"), (1, None, "grey")])
def test_the_first_image_shows_what_was_fed(
    channels: int, labels: tuple[str, ...] | None, order: str
) -> None:
    """Three classes are told, and three digits of a number."""
    said = feeding(channels, "unit", "bgr").describe_first("a.png", (-1, 1 / 3), RANKING, labels)
    named, numbered = "cat 0.625, ant 0.25, bee 0.125", "class 2 (0.625), class 0 (0.25), class 1 (0.125)"
    assert said == (
        f"Preprocessing unit, {order} (asked for); stretch, resized with bilinear. First image a.png: "
        f"input -1 to 0.333, predicted {named if labels else numbered}."
    )


def test_each_setting_has_a_column_of_its_own() -> None:
    usual = feeding(3, "caffe", "bgr", "letterbox").facts()
    assert usual == {
        **{"scaling": "caffe", "channel_order": "bgr", "fit": "letterbox", "resize_with": "bilinear"},
        **{"window": "", "depth": None, "frame": None, "show_bands": ""},
        **{"input_width": 4, "input_height": 4, "input_planes": None, "input_channels": 3},
    }
    grey = replace(feeding(1, "unit", "rgb"), window=(40, 80.5), depth=12, resize_with="nearest").facts()
    assert (grey["channel_order"], grey["window"], grey["depth"]) == ("grey", "40:80.5", 12)
    assert grey["resize_with"] == "nearest"


def test_three_words_say_how_a_model_is_fed() -> None:
    assert feeding(3, "caffe", "bgr", "letterbox").describe() == "caffe bgr letterbox"


def test_what_was_asked_for_is_taken(tiny_model: Any) -> None:
    found = FeedingRequest("signed", "bgr", "crop", labels=LABELS).open(tiny_model)
    assert found.describe() == "signed bgr crop" and found.labels == LABELS
    assert found.network.input_shape == (16, 16, 3)
    assert found.preprocessing.apply(np.full((1, 1, 3), [0, 127.5, 255])).tolist() == [[[1, 0, -1]]]


def test_a_model_with_an_open_input_takes_the_size_asked_for() -> None:
    import keras

    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(x))
    assert FeedingRequest(size=(20, 30)).open(model).network.input_shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (FeedingRequest(labels=("ant", "bee")), "The labels name 2 classes, the model has 3"),
        (FeedingRequest("bright"), "Unknown preprocessing 'bright'"),
    ],
)
def test_what_does_not_fit_is_refused(request_: FeedingRequest, said: str, tiny_model: Any) -> None:
    with pytest.raises(InputError, match=said):
        request_.open(tiny_model)


def test_a_model_of_bands_is_told_by_their_number() -> None:
    model = build_tiny(channels=4)
    found = FeedingRequest(show_bands=(4, 2, 1), labels=LABELS).open(model)
    assert found.describe() == "unit 4 bands stretch bands=4,2,1"
    assert found.sentence.startswith("Preprocessing unit, 4 bands (a guess")
    facts = found.facts()
    assert (facts["channel_order"], facts["input_channels"], facts["show_bands"]) == ("4 bands", 4, "4,2,1")
    assert FeedingRequest(show_bands=(4, 2, 1)).identity[4:] == ["bands=4,2,1"]
    with pytest.raises(InputError, match="`show_bands` names band 5, but the model takes 4"):
        FeedingRequest(show_bands=(5,)).open(model)
    for asked in ({"channel_order": "bgr"}, {"preprocess": "torch"}):
        with pytest.raises(InputError, match="is for RGB, but the model takes 4 channel"):
            FeedingRequest(**asked).open(model)


def test_what_is_shown_of_bands_is_seen_at_the_size_of_the_input() -> None:
    found = replace(feeding(5, "unit", "5 bands"), show_bands=(5,))
    stored = np.zeros((8, 8, 5), np.float32)
    stored[:, 4:, 4] = 7
    picture = picture_of_bands(stored, found.reading)
    values, _ = found.fit_in(picture)
    assert values.shape == (4, 4, 5) and values[..., 4].max() == 7
    assert found.seen(picture, values)[0, :, 0].tolist() == [0, 32, 223, 255]


def test_what_is_as_usual_is_not_named() -> None:
    """So that what was made by an earlier version is up to date."""
    assert FeedingRequest("unit", None, "crop", (8, 8)).identity == ["unit", None, "crop", (8, 8)]
    asked = FeedingRequest(resize_with="area", window=(-1000, 400))
    assert asked.identity == ["auto", None, "stretch", None, "area", "window=-1000:400"]
    assert FeedingRequest(depth=12).identity[4:] == ["depth=12"]


def test_the_filter_and_the_window_are_told(tiny_model: Any) -> None:
    found = FeedingRequest("unit", resize_with="nearest", depth=12, labels=LABELS).open(tiny_model)
    assert found.describe() == "unit rgb stretch nearest depth=12"
    assert found.sentence == "Preprocessing unit, rgb (requested); stretch, resized with nearest, depth=12."


def test_labels_that_were_found_are_left_out_where_they_do_not_fit(tiny_model: Any) -> None:
    labels = Labels(("ant", "bee"))
    labels.found = Path("labels.txt")
    assert FeedingRequest(labels=labels).open(tiny_model).labels is None
    labels = Labels(LABELS)
    labels.found = Path("labels.txt")
    assert FeedingRequest(labels=labels).open(tiny_model).labels == LABELS


@pytest.mark.parametrize("name", ["nearest", "area"])
def test_a_picture_is_read_as_asked(tmp_path: Path, tiny_model: Any, name: str) -> None:
    """Of 32 x 32 with 12 bits: each second pixel, or the mean of four."""
    stored = np.random.default_rng(0).integers(0, 4096, (32, 32)).astype(np.uint16)
    Image.fromarray(stored).save(tmp_path / "a.png")
    feeding = FeedingRequest("raw", resize_with=name, depth=12).open(tiny_model)
    values, _ = feeding.fit_in(feeding.read(tmp_path / "a.png"))
    blocks = stored.reshape(16, 2, 16, 2)
    expected = blocks[:, 1, :, 1] if name == "nearest" else blocks.mean(axis=(1, 3))
    np.testing.assert_allclose(values[..., 0], expected * (255 / 4095), atol=1e-3)
