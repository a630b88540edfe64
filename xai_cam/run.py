"""A run over many images: skip what is done, batch, explain, and go on after a failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam import BATCH_SIZE, Explainer
from xai_cam.classifier import describe_first, open_network
from xai_cam.errors import ImageError, UsageError, XaiCamError
from xai_cam.explanation import Explanation
from xai_cam.files import check_writable, reason_of
from xai_cam.fusion import FusedExplainer, Fusion, Place
from xai_cam.images import Picture, Region, fit_picture, read_image
from xai_cam.methods import METHODS, Evidence
from xai_cam.network import LayerInfo, Network
from xai_cam.plan import Plan
from xai_cam.preprocessing import Preprocessing, choose_preprocessing
from xai_cam.results import Reporter, Row, Summary
from xai_cam.targets import check_classes
from xai_cam.tasks import Task

MOST_KEPT_PIXELS = 4_000_000
"""A larger picture is decoded again to be drawn on rather than kept while its batch is computed."""

COSTLY = {Evidence.MASKED_SCORES: "Score-CAM", Evidence.ABLATED_SCORES: "Ablation-CAM"}
"""What needs a forward pass a channel; methods with the same evidence share it."""

MOST_WAITING = 256
"""Entries held back so that rows come in the order of the images."""


@dataclass
class Entry:
    """One image on its way through the run; `todo` lists the methods that each place still needs."""

    task: Task
    todo: dict[Place, list[str]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    failure: str = ""
    picture: Picture | None = None
    values: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    region: Region = field(default_factory=lambda: Region(0, 0, 0, 0))

    def fail(self, error: Exception) -> None:
        reason = reason_of(error)
        self.failure = self.failure or reason
        self.rows.append(Row(str(self.task.image.path), "failed", "failed", message=reason))


@dataclass
class Run(ABC):
    """Carry out a plan; what is written of each image is for the kinds of runs to say.

    Parameters
    ----------
    open_model : callable
        Loads the model; called when the first image needs it, so that a run with nothing to do loads none.
    """

    plan: Plan
    open_model: Callable[[], Any]
    reporter: Reporter
    batch_size: int | None = None
    chunk_size: int | None = None
    engine: str = "auto"
    device: str = "auto"
    fail_fast: bool = False
    baselines: tuple[str, ...] = ()
    summary: Summary = field(default_factory=Summary)
    _folders: dict[Path, XaiCamError | None] = field(default_factory=dict)
    _first_shown: bool = False

    @abstractmethod
    def _look_up(self, entry: Entry) -> None:
        """Fill in what an image still needs, and the rows of what is up to date.

        Raises
        ------
        XaiCamError
            Its outputs cannot be written.
        """

    @abstractmethod
    def _take(self, entry: Entry, place: Place, explanations: list[Explanation]) -> None:
        """Take in the maps of an image at one place, class by class and method by method."""

    @abstractmethod
    def _complete(self, entries: list[Entry]) -> None:
        """Do what needs the maps of all places, for the images of one batch."""

    def run(self) -> Summary:
        """Explain every image of the plan; rows come in its order.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model or an option.
        """
        done = 0
        for window in self._windows():
            self._compute([entry for entry in window if entry.todo and not entry.failure])
            for entry in window:
                self._finish(entry)
                if entry.failure and self.fail_fast:
                    self.reporter.notice("Stopped at the first failure.")
                    return self.summary
            done += len(window)
            self.reporter.progress(done, len(self.plan.tasks))
        return self.summary

    # --- What has to be done -------------------------------------------------------------------------

    def _windows(self) -> Iterator[list[Entry]]:
        """Entries in order, as many as make one batch of images that have to be computed."""
        size = self.batch_size or BATCH_SIZE
        window: list[Entry] = []
        to_compute = 0
        for task in self.plan.tasks:
            entry = self._open(task)
            window.append(entry)
            to_compute += bool(entry.todo and not entry.failure)
            stop = self.fail_fast and entry.failure
            if stop or to_compute == size or len(window) >= max(size, MOST_WAITING):
                yield window
                window, to_compute = [], 0
        if window:
            yield window

    def _open(self, task: Task) -> Entry:
        """Find out what an image still needs, and whether its outputs can be written."""
        entry = Entry(task)
        try:
            self._look_up(entry)
            if entry.todo:
                self._check_folder(task.folder)
        except (XaiCamError, OSError) as error:
            entry.fail(error)
        return entry

    def _check_folder(self, folder: Path) -> None:
        """Find out once whether a folder can be written to, before anything is computed for it."""
        if folder not in self._folders:
            self._folders[folder] = None
            try:
                check_writable(folder)
            except XaiCamError as error:
                self._folders[folder] = error
        problem = self._folders[folder]
        if problem is not None:
            raise problem

    # --- The model, when the first image needs it ----------------------------------------------------

    @cached_property
    def _network(self) -> Network:
        return open_network(self.open_model(), self.plan.request.size, self.plan.request.labels)

    @cached_property
    def _preprocessing(self) -> Preprocessing:
        request = self.plan.request
        return choose_preprocessing(self._network, request.preprocess, request.channel_order)

    @cached_property
    def _explainers(self) -> dict[Place, Explainer | FusedExplainer]:
        explainers: dict[Place, Explainer | FusedExplainer] = {}
        for place in self.plan.request.places:
            if isinstance(place, Fusion):
                explainers[place] = self._fused(place)
            else:
                explainers[place] = self._explainer(place)
        return explainers

    def _fused(self, fusion: Fusion) -> FusedExplainer:
        paths = [self._network.find(name).path for name in fusion.layers]
        if len(set(paths)) < len(paths):
            raise UsageError(
                f"--fuse was given one layer under two names ({', '.join(paths)}). Name it once."
            )
        return FusedExplainer([self._explainer(name) for name in fusion.layers], fusion.how)

    def _explainer(self, layer: str | None) -> Explainer:
        request = self.plan.request
        explainer = Explainer(
            self._network,
            layer,
            score=request.score,
            chunk_size=self.chunk_size,
            max_channels=request.max_channels,
            engine=self.engine,
            device=self.device,
        )
        self._announce(explainer.target_layer, layer is None)
        return explainer

    def _announce(self, info: LayerInfo, is_default: bool) -> None:
        """Say which layer was taken, and what methods that score each channel will cost."""
        shape, default = info.shape or (), ", the default" if is_default else ""
        self.reporter.notice(f"Layer {info.path} ({info.kind}, {' x '.join(map(str, shape))}{default}).")
        images, channels = len(self.plan.tasks), shape[-1] or 0 if shape else 0
        channels = min(channels, self.plan.request.max_channels or channels)
        asked = {METHODS[method].evidence for method in self.plan.request.methods}
        for evidence, name in COSTLY.items():
            if evidence in asked:
                self.reporter.notice(
                    f"{name}: {images:,} image{'s' * (images != 1)} x up to {channels} channels = up to "
                    f"{images * channels:,} forward passes."
                )

    # --- From images to maps -------------------------------------------------------------------------

    def _compute(self, entries: list[Entry]) -> None:
        for number, entry in enumerate(entries):
            self._decode(entry)
            if entry.failure and self.fail_fast:
                entries = entries[:number]
                break
        entries = [entry for entry in entries if not entry.failure]
        request = self.plan.request
        for place in request.places:
            groups: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
            for entry in entries:
                if place in entry.todo:
                    groups[tuple(entry.task.classes(request.classes, request.labels))].append(entry)
            for classes, group in groups.items():
                self._explain(place, list(classes), group)
        self._complete([entry for entry in entries if not entry.failure])

    def _decode(self, entry: Entry) -> None:
        height, width, channels = self._network.input_shape
        try:
            self._check_folder_class(entry.task)
            picture = read_image(entry.task.image.path)
            values, entry.region = fit_picture(picture, (height, width), channels, self.plan.request.fit)
        except (ImageError, UsageError) as error:
            entry.fail(error)
            return
        entry.values = self._preprocessing.apply(values)
        entry.picture = picture if picture.pixels.size <= 3 * MOST_KEPT_PIXELS else None

    def _check_folder_class(self, task: Task) -> None:
        """A folder's name that is no class of the model fails its images; a class named for all, the run."""
        request = self.plan.request
        for spec, asked in zip(task.classes(request.classes, request.labels), request.classes, strict=True):
            if asked == "folder":
                check_classes(np.array([spec]), self._network.head.classes)

    def _explain(self, place: Place, classes: list[Any], group: list[Entry]) -> None:
        methods = [m for m in self.plan.request.methods if any(m in entry.todo[place] for entry in group)]
        images = np.stack([entry.values for entry in group])
        found = self._explainers[place].explain(images, methods, classes, self.baselines)
        if not self._first_shown:
            self._first_shown = True
            self._show_first(group[0], found[0][0])
        for entry, explanations in zip(group, found, strict=True):
            self._take(entry, place, explanations)

    def _show_first(self, entry: Entry, explanation: Explanation) -> None:
        """Tell what the model was fed and what it said, so that a wrong scaling is seen."""
        self.reporter.notice(
            describe_first(
                entry.task.image.path.name,
                entry.values,
                self._preprocessing,
                explanation.ranking,
                self.plan.request.labels,
            )
        )

    def _finish(self, entry: Entry) -> None:
        """Report an image that is through."""
        entry.picture = None
        self._tell(entry)
        if entry.failure:
            self.summary.failed += 1
        elif entry.todo:
            self.summary.written += 1
        else:
            self.summary.up_to_date += 1

    def _tell(self, entry: Entry) -> None:
        """Hand on the rows of an image."""
        for row in entry.rows:
            self.reporter.row(row)
