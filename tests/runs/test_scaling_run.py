"""A run that tries every scaling: each picture is read once, as it is, and the search scales it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import xai_cam.runs.scaling_run
from support.runs import Recorder
from support.tabled import BROKEN, FEEDING, LABELS, TabledClassifier, pictures
from xai_cam.evaluation.labelled_images import Labelled
from xai_cam.evaluation.preprocessing_search import ScalingSearch
from xai_cam.files.rows import Summary
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.scaling_run import try_scalings

NAMES = ("ant/9", "ant/x", "bee/7", "cat/8", "cat/5")


class RawClassifier(TabledClassifier):
    """Knows pictures only as they are; scaled, all are ants."""

    def __init__(self) -> None:
        super().__init__({9: [0.5, 0.25, 0.25], 7: [0.25, 0.5, 0.25], 8: [0.5, 0.25, 0.25], 5: [0, 0, 1]})

    def score(self, pictures: Inputs) -> tuple[np.ndarray, np.ndarray]:
        raw = [float(picture.item()) in self.table for picture in pictures.images]
        if all(raw):
            return super().score(pictures)
        return np.tile([1.0, 0, 0], (len(pictures), 1)), np.zeros(len(pictures), int)


def search(folder: Path) -> tuple[ScalingSearch, Summary, Recorder]:
    watching = Recorder()
    said = [Path(name).parent.name for name in NAMES]
    images = pictures(folder, *NAMES)
    labelled = Labelled(
        ModelFiles(Path("m.json")), images, said, LABELS, {folder / "gone.png": "there is no such file"}
    )
    labelled.settle(3)
    found, summary = try_scalings(labelled, FEEDING, RawClassifier(), watching)
    return found, summary, watching


def test_each_image_that_can_be_read_is_tried_with_its_class(tmp_path: Path) -> None:
    found, summary, _ = search(tmp_path)
    assert sorted(found.truth) == [0, 1, 2, 2]
    assert (summary.written, summary.failed) == (4, 2)


def test_pictures_come_as_they_are(tmp_path: Path) -> None:
    """Of four images the classifier gets three right, if they are not scaled; else the ant alone."""
    best, *others = search(tmp_path)[0].scores
    assert (best.preprocess, best.accuracy) == ("raw", 0.75)
    assert {one.accuracy for one in others} == {0.25}


def test_only_failures_have_rows(tmp_path: Path) -> None:
    rows = search(tmp_path)[2].rows
    assert [(Path(row["image"]).stem, row["message"]) for row in rows] == [
        ("gone", "there is no such file"),
        ("x", BROKEN),
    ]


def test_of_many_images_some_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.scaling_run, "choose_images", lambda truth: [0, 2])
    found, summary, _ = search(tmp_path)
    assert found.truth == [0, 1] and (summary.written, summary.failed) == (2, 1)
