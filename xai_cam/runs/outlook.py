"""What a run would do with each image, and what is in its way: a dry run tells, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xai_cam.cam.fusion import Place
from xai_cam.errors import XaiCamError
from xai_cam.files.creatable import check_creatable
from xai_cam.files.provenance import is_free_or_ours
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.writing import Folders, check_bucket, reason_of
from xai_cam.runs.broken_images import BrokenImages
from xai_cam.runs.plan import Plan
from xai_cam.runs.tasks import Task

if TYPE_CHECKING:  # a dry run of one command need not import what others draw with
    from xai_cam.runs.compare_run import CompareWork
    from xai_cam.runs.picture_run import PictureWork

UP_TO_DATE, TO_DO = "up to date", "to do"


@dataclass
class Outlook:
    """Looks ahead of a run: everything is `up to date`, `to do`, or why it cannot be done.

    Parameters
    ----------
    broken : BrokenImages, optional
        What earlier runs could not decode.
    """

    broken: BrokenImages | None = None
    _folders: Folders = field(default_factory=lambda: Folders(check_creatable))
    _buckets: set[StorePath] = field(default_factory=set)

    def of_map(self, plan: Plan, task: Task, place: Place, method: str) -> str:
        """The state of all outputs of one map."""
        state = self._state(
            task,
            lambda: plan.done(task, place, method) is not None,
            lambda: _targets(plan, task, place, method),
            plan.check_target,
        )
        if state == TO_DO and plan.request.many and not plan.overwrite:
            for save in plan.request.saves:
                for path in plan.candidates(task, place, method, save):
                    if not is_free_or_ours(path):
                        return f"{TO_DO}, but {path.name} exists and was not written by xai-cam"
        return state

    def of_panel(self, work: CompareWork, task: Task) -> str:
        """The state of a panel."""
        from xai_cam.runs.compare_rows import panel_path

        return self._state(
            task,
            lambda: work.up_to_date(task, work.digest(task)) is not None,
            lambda: [panel_path(work.plan, task)],
            work.plan.check_target,
        )

    def of_pictures(self, work: PictureWork, task: Task) -> str:
        """The state of the files of one image."""
        return self._state(
            task,
            lambda: work.is_up_to_date(task),
            work.renderer.paths(task).values,
            work.check_target,
        )

    def _state(
        self,
        task: Task,
        is_done: Callable[[], bool],
        targets: Callable[[], Iterable[Path]],
        check: Callable[[Path], None],
    ) -> str:
        self._check_bucket(task.folder)
        try:
            if is_done():
                return UP_TO_DATE
            for path in targets():
                check(path)
                if path.is_dir():
                    return f"{path.name} is a folder"
            self._folders.check(task.folder)
            known = self.broken.reason_of(task.image_hash) if self.broken else None
        except (XaiCamError, OSError) as error:
            return reason_of(error)
        return known or TO_DO

    def _check_bucket(self, folder: Path) -> None:
        """End where a store has no such bucket: that is not to be said of each image."""
        if isinstance(folder, StorePath) and folder.bucket not in self._buckets:
            check_bucket(folder, "`output`")
            self._buckets.add(folder.bucket)


def _targets(plan: Plan, task: Task, place: Place, method: str) -> list[Path]:
    """Where the outputs of a map go, of the classes that are known before the model is asked."""
    classes: list[int | None] = [None]
    if plan.request.many_outputs:
        return []
    if plan.request.many_classes:
        specs = map(str, task.classes(plan.request.classes, plan.request.labels))
        classes = [int(spec) for spec in specs if spec.isdigit()]
    return [plan.output(task, place, method, known, save) for known in classes for save in plan.request.saves]
