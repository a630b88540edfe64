"""A run that compares the model's predictions with the images' true classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xai_cam.cam.classifier import Classifier
from xai_cam.cam.signs import describe_predictions
from xai_cam.errors import XaiCamError
from xai_cam.evaluation.labelled_images import Labelled, Predictions
from xai_cam.files.numbered import Numbered
from xai_cam.files.rows import Reporter
from xai_cam.models.input.feeding import Feeding
from xai_cam.runs.executors.executor import Executor, LocalExecutor
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.origin import origin_of
from xai_cam.runs.passes import Watch, unwatched
from xai_cam.runs.prediction_run import Opening, PredictionWork
from xai_cam.runs.runner import Runner
from xai_cam.runs.selection import Selection
from xai_cam.runs.tasks import tasks_of


def judge_images(
    labelled: Labelled,
    feeding: Feeding,
    classifier: Classifier,
    reporter: Reporter,
    selection: Selection | None = None,
    name: Callable[[Path], None] = lambda _: None,
    executor: Executor | None = None,
    opening: Opening | None = None,
    watch: Watch = unwatched,
) -> Predictions:
    """The predictions of all images that can be read; each is reported with a row.

    Parameters
    ----------
    labelled : Labelled
        The images and their classes.
    feeding : Feeding
        How the model is fed.
    classifier : Classifier
        The model.
    reporter : Reporter
        Gets rows and notices.
    selection : Selection, optional
        Which images are passed to `name`, in order.
    name : callable
        Gets the path of each selected image.
    executor : Executor, optional
        Carries out the run; default: this process.
    opening : Opening, optional
        How workers open the model, where there are any.
    watch : callable
        Told how far they are.
    """
    predictions = Predictions(labelled)
    tasks = tasks_of(labelled.images)
    truth = Numbered(zip((str(image.path) for image in labelled.images), labelled.truth, strict=True))

    def take(state: ImageState) -> None:
        path, prediction = state.task.image.path, state.answer
        of_image = truth.get(str(path))
        of_class = {} if of_image is None else predictions.of_class(of_image)
        known = {**of_class, **_held(feeding, state)}
        state.blank = {**state.blank, **known}
        if state.failure:
            state.rows = [{**row, **known} for row in state.rows]
            predictions.failed += 1
            return
        assert of_image is not None, "what has no class cannot be taken, and has failed"
        if not predictions.truth:
            first = feeding.describe_first(state.name, prediction.span, prediction.ranking, labelled.names)
            reporter.notice(first)
        state.add_row(*predictions.add(prediction, of_image))
        if selection and selection.takes(prediction, of_image):
            name(path)

    made = {"preprocessing": feeding.describe(), **feeding.facts(), **origin_of(labelled.files)}
    blank = {**dict.fromkeys(predictions.columns), **made}
    work = PredictionWork(feeding, classifier, take, blank, opening)
    work.watch = watch
    size, ahead = classifier.batch_size, classifier.computing.ahead
    runner = Runner(tasks, work, reporter, labelled.failures, size, ahead=ahead)
    predictions.left = (executor or LocalExecutor()).run(runner).left
    if feeding.network.head.has_probabilities:
        line = describe_predictions(
            predictions.scores, predictions.predicted, predictions.truth, labelled.names
        )
        if line:
            reporter.notice(line)
    return predictions


def _held(feeding: Feeding, state: ImageState) -> dict[str, str]:
    """What other inputs were held at; an image that lacks something has failed for that."""
    try:
        return feeding.held_values(state.task.image)
    except XaiCamError:
        return {}
