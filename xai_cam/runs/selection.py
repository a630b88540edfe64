"""Which images to go on with: those the model gets wrong, gets right, or is unsure of."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from xai_cam.cam.classifier import Classifier
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.rows import Reporter
from xai_cam.models.classifier import Prediction
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.output.head import Head
from xai_cam.runs.executors.executor import Executor, LocalExecutor
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.passes import Watch, unwatched
from xai_cam.runs.plan import Plan
from xai_cam.runs.prediction_run import Opening, PredictionWork
from xai_cam.runs.runner import Runner
from xai_cam.runs.task_list import divided
from xai_cam.runs.tasks import Task

DEFAULT_MARGIN = 0.2


@dataclass(frozen=True)
class Selection:
    """`only` is `wrong`, `right` or `unsure`: the two highest probabilities are closer than `margin`."""

    only: str
    margin: float = DEFAULT_MARGIN

    def check_head(self, head: Head) -> None:
        """Refuse a regression, and `unsure` for a model without probabilities.

        Raises
        ------
        InputError, ModelError
        """
        head.check_classes(f'`only="{self.only}"`')
        if self.only == "unsure" and not head.has_probabilities:
            raise InputError(
                f'`only="unsure"` needs probabilities, but the model ends in {head.activation}, which gives '
                "none. Use wrong or right."
            )

    def takes(self, prediction: Prediction, truth: int | None) -> bool:
        """Whether a prediction is one of those selected."""
        if self.only == "unsure":
            return prediction.margin < self.margin
        return (prediction.predicted == truth) == (self.only == "right")


def make_selection(only: str | None, margin: float | None) -> Selection | None:
    """The requested selection, if any.

    Raises
    ------
    InputError
        A margin is given without `unsure`, or is not a number.
    """
    if margin is not None and only != "unsure":
        raise InputError('`margin` is for `only="unsure"`. Give both, or neither.')
    if margin is not None and math.isnan(margin):
        raise InputError("`margin=nan` is not a number. Give one from 0 to 1.")
    return None if only is None else Selection(only, DEFAULT_MARGIN if margin is None else margin)


def narrow(
    plan: Plan,
    feeding: Feeding,
    classifier: Classifier,
    selection: Selection,
    reporter: Reporter,
    executor: Executor | None = None,
    opening: Opening | None = None,
    watch: Watch = unwatched,
) -> Plan:
    """The plan with only the selected images.

    What an image shows is the name of its folder. An image that cannot be read, or whose folder is no class,
    stays, so that the run reports it as failed. `executor`, `opening` and `watch` are as for `judge_images`.

    Raises
    ------
    XaiCamError
        Not all images could be looked at: the disk or store gave up.
    """
    taken = bytearray()

    def take(state: ImageState) -> None:
        taken.append(bool(state.failure) or _takes(selection, plan, state.task, state.answer))
        state.rows.clear()  # the run itself reports failures, and what its images were to the model
        state.fed_range, state.frame_facts, state.notes = None, None, ()

    work = PredictionWork(feeding, classifier, take, opening=opening)
    work.watch = watch
    size, ahead = classifier.batch_size, classifier.computing.ahead
    runner = Runner(plan.tasks, work, reporter, batch_size=size, ahead=ahead)
    left = (executor or LocalExecutor()).run(runner).left
    if left:
        raise XaiCamError(
            f"{left:,} of {len(plan.tasks):,} images could not be asked for, so that `only` has nothing to "
            "go by. Run the same command again when they can be read."
        )
    kept, left_out = divided(plan.tasks, taken)
    return replace(plan, tasks=kept, left_out=[*plan.left_out, *left_out] if plan.left_out else left_out)


def _takes(selection: Selection, plan: Plan, task: Task, prediction: Prediction) -> bool:
    if selection.only == "unsure":
        return selection.takes(prediction, None)
    try:
        truth = int(task.resolve("folder", plan.request.labels))
    except InputError:
        return True
    return truth >= len(prediction.scores) or selection.takes(prediction, truth)
