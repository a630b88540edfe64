"""A run that tries every scaling on images of known class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xai_cam.cam.classifier import Classifier
from xai_cam.evaluation.labelled_images import Labelled
from xai_cam.evaluation.preprocessing_search import ScalingSearch, choose_images
from xai_cam.files.rows import Reporter, Summary
from xai_cam.models.input.feeding import Feeding
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState, inputs_of
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of


@dataclass
class ScalingWork:
    """Every scaling tried on each image; `truth` has the class of each."""

    feeding: Feeding
    search: ScalingSearch
    truth: Mapping[Any, int]
    blank: Mapping[str, Any] = field(default_factory=lambda: dict.fromkeys(("image", "outcome", "message")))

    def look_up(self, state: ImageState) -> None:
        """Every image is tried."""
        state.todo = True

    def prepare(self) -> ModelReader:
        """Pixels as they are: the search scales them."""
        return ModelReader(self.feeding, scaled=False, keeps_picture=False)

    def ask(self, states: list[ImageState]) -> None:
        """Try the scalings on a batch."""
        truth = [self.truth[state.task.image.path] for state in states]
        inputs = inputs_of(states)
        self.search.add([*inputs.images], truth, inputs.extras, [state.white for state in states])

    def write(self, state: ImageState) -> None:
        """Nothing to do: scores are not written to files."""

    def finish(self, state: ImageState) -> None:
        """Nothing to do: the search keeps the scores."""


def try_scalings(
    labelled: Labelled, feeding: Feeding, classifier: Classifier, reporter: Reporter
) -> tuple[ScalingSearch, Summary]:
    """The search over some of the images, as many of each class; how many could be tried and how many not."""
    chosen = choose_images(labelled.truth)
    tasks, search = tasks_of([labelled.images[i] for i in chosen]), ScalingSearch(classifier)
    classes: Sequence[int] = [labelled.truth[i] for i in chosen]
    truth = dict(zip((task.image.path for task in tasks), classes, strict=True))
    work = ScalingWork(feeding, search, truth)
    size, ahead = classifier.batch_size, classifier.computing.ahead
    return search, Runner(tasks, work, reporter, labelled.failures, size, ahead=ahead).run()
