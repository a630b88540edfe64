"""Signs of a wrong feeding, and of a coarse layer: each shows where it should, and only there."""

from __future__ import annotations

import logging
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam import explain
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.signs import SameAnswer, Signs, describe_grid, describe_predictions
from xai_cam.models.network import Network

RISING = np.array([[0, 1], [2, 4]], np.float32)
LEVEL = np.array([[1, 0.99], [0.98, 1]], np.float32)


def made(cam: Any = RISING, predicted: int = 1, probability: float = 0.7, status: str = "ok") -> Explanation:
    ranking = ((predicted, probability), (0, 1 - probability))
    return Explanation(cam, "grad-cam", "conv", 0, predicted, 1.5, "logit", 0.3, ranking, status, "")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([(1, 0.70), (1, 0.72), (1, 0.71), (1, 0.745), (1, 0.70)], True),
        ([(1, 1.0)] * 6, True),
        ([(1, 0.70), (1, 0.72), (1, 0.71), (1, 0.76), (1, 0.70)], False),
        ([(1, 0.70)] * 5 + [(0, 0.70)], False),
        ([(1, 0.70)] * 4, False),
        ([(1, 0.70)] * 5 + [(1, np.nan)] + [(1, 0.70)] * 5, False),
    ],
)
def test_one_answer_to_all_images(answers: list[tuple[int, float]], told: bool) -> None:
    same = SameAnswer()
    for predicted, probability in answers:
        same.add(predicted, probability)
    line = same.describe(("cat", "dog"))
    assert bool(line) == told
    if line:
        assert line.startswith(f"All {len(answers)} images get one answer: dog, with a probability from ")


def test_predictions_that_are_all_right_are_no_sign() -> None:
    scores, predicted = [np.array([0.3, 0.7])] * 5, [1] * 5
    assert describe_predictions(scores, predicted, predicted, None) is None
    line = describe_predictions(scores, predicted, [1, 1, 1, 1, 0], ("cat", "dog"))
    assert line and line.startswith("All 5 images get one answer: dog, with a probability from 0.7 to 0.7.")
    assert describe_predictions([*scores, np.array([0.8, 0.2])], [*predicted, 0], [1] * 6, None) is None


def test_an_image_counts_once_whatever_its_maps() -> None:
    signs = Signs()
    for number in range(4):
        signs.add(f"{number}.png", [made(), made()])
        signs.add(f"{number}.png", [made()], again=True)
    assert signs.answers.images == 4
    assert signs.describe() == []


def test_nearly_flat_maps_are_counted_by_image() -> None:
    signs = Signs()
    signs.add("a.png", [made(LEVEL, 0), made(LEVEL, 0)])
    signs.add(
        "b.png", [made(RISING, 1), made(0 * RISING, status="blank"), made(0 * LEVEL + 1, status="flat")]
    )
    assert [line.partition(" are ")[0] for line in signs.describe()] == ["The maps of a.png"]
    for name in "cdef":
        signs.add(name, [made(LEVEL, 0)])
    assert signs.describe()[0].startswith(
        "The maps of 5 images (a.png, c, d, …) are nearly the same everywhere"
    )


def pyramid(size: int = 16, last: int = 2) -> Any:
    """Grids of 16, 8 and 8 over `last` rows and columns."""
    image = keras.Input((size, size, 3))
    y = layers.Conv2D(4, 3, padding="same", name="wide")(image)
    y = layers.Conv2D(4, 3, strides=2, padding="same", name="middle")(y)
    y = layers.Conv2D(4, 3, strides=last, padding="same", name="narrow")(y)
    return keras.Model(image, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(y)))


def test_a_coarse_grid_names_the_nearest_finer_one() -> None:
    network = Network(pyramid())
    line = describe_grid(network, [network.find("narrow")])
    assert line == (
        "The grid of narrow has only 4 x 4 places, so that its maps are coarse. An earlier one has 8 x 8: "
        '`layer="middle"`.'
    )
    assert describe_grid(network, [network.find("narrow"), network.find("middle")]) is None
    assert describe_grid(network, [network.find("wide")]) is None


def test_without_a_finer_grid_none_is_named() -> None:
    network = Network(pyramid(4, 1))
    line = describe_grid(network, [network.find("narrow")])
    assert line == "The grid of narrow has only 2 x 2 places, so that its maps are coarse."


def test_explain_logs_what_shows(caplog: pytest.LogCaptureFixture) -> None:
    """Images of one colour get one answer; images of several colours do not."""
    model = pyramid(last=1)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 1, w.shape) for w in model.get_weights()])
    explain(model, rng.normal(0, 1, (6, 16, 16, 3)) + rng.normal(0, 2, (6, 1, 1, 3)))
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING] == []
    explain(model, np.zeros((6, 16, 16, 3)), method="eigen-cam")
    (line,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert line.startswith("All 6 images get one answer")


@pytest.mark.parametrize("of_places", [False, True])
def test_one_answer_at_all_places_means_nothing(of_places: bool) -> None:
    """Of a segmentation the background is the answer to nearly every image; of a classifier it is told."""
    signs = Signs(of_places)
    for number in range(50):
        signs.add(str(number), [made()])
    assert bool(signs.describe()) is not of_places


def test_signs_of_several_parts_are_those_of_the_whole() -> None:
    whole, first, second = Signs(), Signs(), Signs()
    for number in range(6):
        maps = [made(LEVEL if number in (1, 4) else RISING, probability=0.7 + number / 1000)]
        for one in (whole, first if number < 3 else second):
            one.add(f"{number}.png", maps)
    assert first.describe() != whole.describe()
    first.join(second)
    assert first.describe() == whole.describe() and len(whole.describe()) == 2
    second.add("9.png", [made(probability=np.nan)])
    first.join(second)
    assert len(first.describe()) == 1, "what has no probability is no answer like the others"
