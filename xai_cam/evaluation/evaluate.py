"""`evaluate`: figures of a classifier on arrays of images of known class."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.classifier import Classifier
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.opening import open_both
from xai_cam.cam.signs import describe_predictions
from xai_cam.cam.target_request import TargetRequest
from xai_cam.errors import InputError, ModelError
from xai_cam.evaluation.figures import evaluate as compare_with_truth
from xai_cam.evaluation.labelled_images import is_binary
from xai_cam.evaluation.shown import EvaluationReport
from xai_cam.extras import check_extra
from xai_cam.images.arrays import is_dataset, split_labels
from xai_cam.images.class_specs import check_classes
from xai_cam.images.ground_truth import match_classes, match_unlabelled
from xai_cam.images.labels_beside import given_labels
from xai_cam.images.numbers import whole_number
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.models.given import as_model

log = logging.getLogger(__name__)


def evaluate(
    model: Any,
    images: Any,
    truth: Any = None,
    labels: Sequence[str] | str | Path | None = None,
    *,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "f32",
    batch_size: int | None = None,
    chunk_size: int | None = None,
    cache: bool = True,
    xla: bool = False,
    head: str = "auto",
    output_name: str | int | None = None,
    image_input: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Figures of a classifier on images of known class, with 95 % intervals.

    Parameters
    ----------
    model : keras.Model or path
        A classifier of whole images.
    images : (n, H, W, c) array, or dict of name to array
        Preprocessed, as the model takes them; all that `explain` takes.
    truth : (n,) array or sequence, optional
        The true class of each image: an index, a name, or a one-hot row; default: the labels of the dataset
        that the images are.
    labels : sequence of str, or path to a file of labels, optional
        Names of the model's classes in their order. Without them, names in `truth` are taken in alphabetical
        order, as Keras reads folders.
    engine, device, cache, xla
        As for `explain`.
    batch_size : int, optional
        Images in one model call (default 32). It does not change a figure.
    precision, chunk_size
        Taken and checked as by `explain`, so that one set of arguments serves all functions. Whole images are
        scored in f32, whatever they are.
    head : str
        As for `explain`; a regression and a segmentation are refused.
    output_name, image_input, extra
        As for `explain`; one output at a time.

    Returns
    -------
    evaluation : EvaluationReport
        `accuracy` with its interval, `classes` with precision, recall, F1 and AUC, `confusion`, `wrong` (the
        numbers of images), and for two classes `auc` and thresholds.

    Raises
    ------
    ModelError
        The model is not such a classifier, or its scores are not finite.
    InputError
        No image, several outputs, or classes that are not those of the model or not one for each image.
    XaiCamError
        scikit-learn is not installed.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, truth = xai_cam.sample(12)
    >>> found = xai_cam.evaluate(model, xai_cam.prepare(model, pictures), truth, labels)
    >>> found
    <Evaluation of 12 images: accuracy 1.000 (95 %: 0.758 to 1.000)>
    >>> [one.name for one in found.classes if one.recall < 1]
    []
    """
    check_extra("sklearn")
    computing = Computing(engine, device, precision, chunk_size, cache, batch_size, xla)
    if is_dataset(images):
        images, of_dataset = split_labels(images)
        truth = of_dataset if truth is None else truth
    asked = TargetRequest(output_name, image_input)
    given = as_model(model, computing.keeps, device)
    network, batch = open_both(given, images, head, batch_size=computing.batch_size, asked=asked, extra=extra)
    if network is None:
        raise InputError("There is no image to evaluate the model on. Give at least one.")
    if len(network.outputs) > 1:
        raise InputError("An evaluation looks at one output at a time. Choose one with `output_name`.")
    network.head.check_classes("An evaluation")
    names = given_labels(labels, network.head.classes)
    indices, names = _indices(truth, len(batch), names, network.head.classes)
    classifier = Classifier(network, computing)
    computing.ahead.images = 0  # behind these there are none
    scores, predicted = classifier.score(batch)
    finite = np.isfinite(scores).all(axis=1)
    if not finite.all():
        raise ModelError(f"Image {int(np.argmin(finite))}: {NOT_FINITE}.")
    line = describe_predictions(scores, predicted, indices, names) if network.head.has_probabilities else None
    if line:
        log.warning(line)
    found = compare_with_truth(indices, scores, predicted, names, binary=is_binary(network.head))
    return EvaluationReport.of(found, names=names, truth=indices, scores=scores, predicted=predicted)


def _indices(
    truth: Any, count: int, labels: Sequence[str] | None, total: int
) -> tuple[np.ndarray, list[str]]:
    """The true class of each image as an index, and the names of all classes."""
    if truth is None:
        raise InputError("The true classes are missing. Give one for each image in `truth`.")
    given = _one_each(truth, total)
    if len(given) != count:
        raise InputError(f"{len(given)} true classes were given for {count} images. Give one for each image.")
    numbers = [whole_number(one) for one in given]
    if all(number is not None for number in numbers):
        indices = check_classes(np.array(numbers, np.int64), total)
        return indices, list(labels) if labels is not None else [str(i) for i in range(total)]
    if not all(isinstance(one, str) for one in given):
        raise InputError("The true classes must be either all indices or all names. Give one or the other.")
    if labels is not None:
        return np.array(match_classes(given, labels)), list(labels)
    found, names = match_unlabelled(given, total)
    return np.array(found), names


def _one_each(truth: Any, total: int) -> list[Any]:
    """The true classes one by one; one-hot rows as the places of their ones."""
    try:
        rows = np.asarray(truth)
    except (TypeError, ValueError) as error:
        raise InputError("The true classes are not an array. Give one for each image.") from error
    if rows.ndim == 2 and rows.shape[1] == 1:
        rows = rows[:, 0]
    if rows.ndim == 2 and rows.shape[1] == total and rows.dtype.kind in "buif":
        if not (np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()):
            raise InputError("The rows of `truth` are not one-hot. Give one class for each image.")
        rows = rows.argmax(axis=1)
    if rows.ndim != 1:
        raise InputError(f"True classes of shape {rows.shape} were given. Give one for each image.")
    if rows.dtype.kind == "b":
        rows = rows.astype(int)  # of a model that tells yes from no
    return [one.decode() if isinstance(one, bytes) else one for one in rows.tolist()]
