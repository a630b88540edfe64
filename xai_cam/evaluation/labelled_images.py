"""Images of known class, and the model's predictions compared with it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.errors import InputError, NoImagesError
from xai_cam.evaluation.figures import Evaluation, evaluate
from xai_cam.files.provenance import Provenance
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, SECONDS, TRUTH
from xai_cam.images.finding import Found, ImageFile
from xai_cam.images.ground_truth import folder_names, match_classes, match_unlabelled, table_names
from xai_cam.images.image_files import compact
from xai_cam.images.labels import Labels
from xai_cam.models.classifier import Prediction
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.output.head import Head


@dataclass
class Labelled:
    """Images with the names of their classes and, once `settle` was called, the classes' indices.

    `names` are the model's classes in order, `notices` sentences for the user on the images. `unnamed` is the
    same without labels, where these were found beside the model and may turn out not to be its own.
    """

    files: ModelFiles
    images: Sequence[ImageFile]
    class_names: list[str]
    labels: tuple[str, ...] | None
    failures: dict[Path, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    unnamed: Labelled | None = None

    def settle(self, classes: int) -> None:
        """Find the index of every image's class among those of the model.

        Raises
        ------
        InputError
            The images' classes do not fit.
        """
        if self.labels is not None:
            self.truth, self.names = match_classes(self.class_names, self.labels), list(self.labels)
            return
        self.truth, self.names = match_unlabelled(self.class_names, classes)
        if self.order_guessed:
            order = ", ".join(f"{i} {name}" for i, name in enumerate(self.names))
            self.notices.append(
                f"No `labels`: classes are in alphabetical order, as Keras reads folders: {order}."
            )

    @property
    def order_guessed(self) -> bool:
        """Whether the names of folders were taken in alphabetical order."""
        return self.labels is None and self.names != [str(i) for i in range(len(self.names))]


def label_images(
    files: ModelFiles,
    found: Found,
    labels: tuple[str, ...] | None,
    table: dict[str, str] | None,
    source: Path | None,
) -> Labelled:
    """The images that have a class, by the table or else by their folders.

    Labels that were found beside the model are left out where they do not name the images' classes.

    Raises
    ------
    NoImagesError
        The table holds none of the images.
    InputError
        Classes and labels do not match.
    """
    if not isinstance(labels, Labels) or labels.found is None:
        return _label_images(files, found, labels, table, source)
    unnamed = _label_images(files, found, None, table, source)
    try:
        return replace(_label_images(files, found, labels, table, source), unnamed=unnamed)
    except InputError:
        unnamed.notices.append(
            f"{labels.found}, beside the model, does not name the images' classes: it is left out. `labels` "
            "names another file."
        )
        return unnamed


def _label_images(
    files: ModelFiles,
    found: Found,
    labels: tuple[str, ...] | None,
    table: dict[str, str] | None,
    source: Path | None,
) -> Labelled:
    class_names: Sequence[str | None]
    if table is not None and source is not None:
        class_names = table_names(found.images, table, source)
    else:
        class_names = folder_names(found.images, labels)
    known = [number for number, name in enumerate(class_names) if name is not None]
    if not known:
        raise NoImagesError(f"{source} lists none of the images. Write their paths relative to its folder.")
    names = [name for name in class_names if name is not None]
    labelled = Labelled(files, compact(found.images).chosen(known), names, labels, found.failures)
    if len(known) < len(found.images):
        labelled.notices.append(
            f"Skipped {len(found.images) - len(known):,} images that {source} does not list."
        )
    if table is not None and len(table) > len(known) + len(found.failures):
        not_given = len(table) - len(known) - len(found.failures)
        labelled.notices.append(f"{source} lists {not_given:,} images that were not given.")
    labelled.notices += found.notices
    if labels is not None:
        labelled.settle(len(labels))  # so that a mismatch is reported before the model is loaded
    return labelled


def columns_of(names: Sequence[str]) -> list[str]:
    """Columns of the results: one for the probability of each class."""
    fixed = ["image", "outcome", *TRUTH, "predicted_index", "predicted_name", "score", "truth_score"]
    made = ["preprocessing", *INPUT, *IMAGE, *ORIGIN, SECONDS]
    return [*fixed, "message", *made, *_score_columns(names)]


def _score_columns(names: Sequence[str]) -> list[str]:
    """`p_cat`, `p_dog`; with their indices where two classes have one name."""
    several = len(set(names)) < len(names)
    return [f"p_{name}-{i}" if several else f"p_{name}" for i, name in enumerate(names)]


class Predictions:
    """Predictions compared with the true classes, collected for the figures.

    Of an image as many numbers as there are classes are held, and no object: a million times that.
    """

    def __init__(self, labelled: Labelled) -> None:
        self.labelled = labelled
        self.columns = columns_of(labelled.names)
        self.truth, self.predicted = array("q"), array("q")
        self.failed = self.left = 0
        self._scores, self._kind = bytearray(), np.dtype(np.float32)

    @property
    def scores(self) -> np.ndarray:
        """(images, classes) scores; no others can be added while it is used."""
        return np.frombuffer(self._scores, self._kind).reshape(-1, len(self.labelled.names))

    def of_class(self, truth: int) -> dict[str, Any]:
        """Columns of an image of this class that are known before it is predicted."""
        return {"truth_index": truth, "truth_name": self.labelled.names[truth]}

    def add(self, prediction: Prediction, truth: int) -> tuple[str, dict[str, Any]]:
        """Add a prediction; returns `right` or `wrong`, and the image's row, by column."""
        names, chosen = self.labelled.names, prediction.predicted
        self.truth.append(truth)
        self._kind = prediction.scores.dtype
        self._scores += prediction.scores.tobytes()
        self.predicted.append(chosen)
        values = {
            **self.of_class(truth),
            "predicted_index": chosen,
            "predicted_name": names[chosen],
            "score": float(prediction.scores[chosen]),
            "truth_score": float(prediction.scores[truth]),
            "message": "",
            **dict(zip(_score_columns(names), map(float, prediction.scores), strict=True)),
        }
        return "right" if truth == chosen else "wrong", values

    def evaluate(self, head: Head) -> Evaluation:
        """The figures of all images that could be read."""
        return evaluate(
            np.array(self.truth),
            self.scores,
            np.array(self.predicted),
            self.labelled.names,
            binary=is_binary(head),
        )

    def write_report(self, folder: Path, evaluation: Evaluation, feeding: Feeding) -> None:
        """Charts and figures as files.

        Raises
        ------
        OutputError
        """
        from xai_cam.evaluation.charts import write_report

        arrays = np.array(self.truth), self.scores, np.array(self.predicted)
        write_report(folder, evaluation, *arrays, self.labelled.names, self.provenance(feeding))

    def provenance(self, feeding: Feeding) -> Provenance:
        """Provenance of the evaluation: the files of the model, the scaling, the images that failed."""
        return {
            "tool": f"xai-cam {__version__}",
            **self.labelled.files.origin,
            "preprocessing": feeding.describe(),
            "head": feeding.network.head.describe(),
            "failed": self.failed,
            **({"not_tried": self.left} if self.left else {}),
        }

    def count(self) -> str:
        """The closing line: how many images ended how."""
        right = sum(t == p for t, p in zip(self.truth, self.predicted, strict=True))
        left = f", {self.left:,} not tried" if self.left else ""
        return f"{right:,} right, {len(self.truth) - right:,} wrong, {self.failed:,} failed{left}"


def is_binary(head: Head) -> bool:
    """Whether two classes share one probability, so that a threshold decides between them."""
    return head.classes == 2 and head.has_probabilities and head.kind != "multilabel"
