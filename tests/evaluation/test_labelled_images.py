"""Images of known class and what a model says of them, before anything is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import NoImagesError
from xai_cam.evaluation.labelled_images import Labelled, Predictions, columns_of, is_binary, label_images
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, SECONDS
from xai_cam.images.finding import Found, ImageFile
from xai_cam.models.classifier import Prediction
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.output.head import Head
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task

FILES = ModelFiles(Path("model.json"), None)


def images(*names: str) -> list[ImageFile]:
    """Pictures as found below a folder `top`."""
    return [ImageFile(Path("top", name), Path(name).parent) for name in names]


def settled(names: tuple[str, ...], classes: int) -> Labelled:
    labelled = label_images(FILES, Found(images(*names)), None, None, None)
    labelled.settle(classes)
    return labelled


def test_the_order_that_was_assumed_is_told() -> None:
    told = settled(("dog/1.png", "cat/2.png"), 2)
    assert (told.truth, told.names) == ([1, 0], ["cat", "dog"])
    assert told.notices == [
        "No `labels`: classes are in alphabetical order, as Keras reads folders: 0 cat, 1 dog."
    ]
    assert settled(("1/1.png", "0/2.png"), 2).notices == []
    assert settled(("1/1.png", "2/2.png"), 2).notices[0].endswith("folders: 0 1, 1 2."), "class 1 is folder 2"


def test_images_and_names_that_have_no_partner_are_counted() -> None:
    table = {"a.png": "cat", "b.png": "dog", "c.png": "dog", "d.png": "dog"}
    found = Found(images("a.png", "x.png", "y.png"), {Path("d.png"): "there is no such file"}, own_outputs=3)
    labelled = label_images(FILES, found, ("cat", "dog"), table, Path("truth.csv"))
    assert (labelled.truth, labelled.names, list(labelled.failures)) == ([0], ["cat", "dog"], [Path("d.png")])
    assert labelled.notices == [
        "Skipped 2 images that truth.csv does not list.",
        "truth.csv lists 2 images that were not given.",
        "Skipped 3 pictures written by xai-cam.",
    ]
    with pytest.raises(NoImagesError, match=r"truth\.csv lists none of the images"):
        label_images(FILES, Found(images("z.png")), None, table, Path("truth.csv"))


def test_a_column_for_every_class() -> None:
    assert columns_of(["cat", "sea lion"])[-2:] == ["p_cat", "p_sea lion"]
    for names in (["a", "a", "b"], ["a", "a", "a-0"]):
        columns = columns_of(names)
        assert len(set(columns)) == len(columns)
    assert columns_of(["a", "a", "b"])[-3:] == ["p_a-0", "p_a-1", "p_b-2"]


@pytest.mark.parametrize(
    ("units", "activation", "expected"),
    [
        *((1, a, True) for a in ("sigmoid", "linear", "hard_sigmoid", "unknown")),
        *((2, a, True) for a in ("softmax", "linear", "unknown")),
        *((2, a, False) for a in ("sigmoid", "hard_sigmoid", "relu", "tanh")),  # these do not sum to 1
        *((1, a, False) for a in ("relu", "tanh")),
        *((3, a, False) for a in ("softmax", "sigmoid", "linear")),
    ],
)
def test_two_classes_of_one_probability(units: int, activation: str, expected: bool) -> None:
    assert is_binary(Head(units, activation)) is expected


def state_of(name: str, predictions: Predictions) -> ImageState:
    task = Task(ImageFile(Path(name), Path()), Path(), Path(name).stem)
    return ImageState(task, dict.fromkeys(predictions.columns))


def test_rows() -> None:
    labelled = Labelled(FILES, [], [], ("cat", "dog"), names=["cat", "dog"])
    predictions = Predictions(labelled)
    prediction = Prediction(np.array([0.25, 0.75], np.float32), 1)
    states = [state_of(name, predictions) for name in ("a.png", "b.png", "c.png")]
    states[0].add_row(*predictions.add(prediction, 1))
    states[1].add_row(*predictions.add(prediction, 0))
    states[2].blank = {**states[2].blank, **predictions.of_class(0)}
    states[2].fail("the file is empty")
    predictions.failed = 1
    rows = [dict(state.rows[0]) for state in states]
    made = dict.fromkeys(("preprocessing", *INPUT, *IMAGE, *ORIGIN, SECONDS))  # the run fills these in
    told: dict[str, Any] = {
        **made,
        "predicted_index": 1,
        "predicted_name": "dog",
        "score": 0.75,
        "p_cat": 0.25,
        "p_dog": 0.75,
    }
    assert rows[0] == {
        **told,
        **{"image": "a.png", "outcome": "right", "truth_index": 1, "truth_name": "dog", "truth_score": 0.75},
        "message": "",
    }
    assert rows[1] == {
        **told,
        **{"image": "b.png", "outcome": "wrong", "truth_index": 0, "truth_name": "cat", "truth_score": 0.25},
        "message": "",
    }
    nothing = dict.fromkeys([*told, "truth_score"])
    failed = {"outcome": "failed", "truth_index": 0, "truth_name": "cat", "message": "the file is empty"}
    assert rows[2] == {**nothing, **failed, "image": "c.png"}
    assert [list(row) for row in rows] == [columns_of(["cat", "dog"])] * 3
    assert predictions.count() == "1 right, 1 wrong, 1 failed"


def test_margin() -> None:
    assert Prediction(np.array([0.5, 0.125, 0.375], np.float32), 0).margin == 0.125
    assert Prediction(np.array([0.5, 0.5]), 0).margin == 0
