"""A run over many images: skip what is done, batch, explain, and go on after a failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.cam.explainer import BATCH_SIZE, Explainer
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import FusedExplainer, Fusion, Place
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.rows import Reporter, Summary
from xai_cam.files.threads import MAX_PIXELS, Reserve, postprocess, prefetch, thread_count
from xai_cam.files.writing import Folders
from xai_cam.models.classifier import describe_first, open_network
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.preprocessing import Preprocessing, choose_preprocessing
from xai_cam.runs.decode import Reader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.notices import costly, describe_costs, describe_layer
from xai_cam.runs.plan import Plan
from xai_cam.runs.tasks import Task

MAX_WAITING = 256
"""Entries held back so that rows come in the order of the images."""


@dataclass
class Run(ABC):
    """Carry out a plan; what is written of each image is for the kinds of runs to say.

    A pipeline: threads look up, decode and fit images ahead; the model computes batches of them in the
    thread of the caller, the only one that runs it; threads draw and write behind. Images are told, and
    stop the run if they are to, in the order of the plan.

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
    cache: bool = True
    fail_fast: bool = False
    baselines: tuple[str, ...] = ()
    summary: Summary = field(default_factory=Summary)
    _folders: Folders = field(default_factory=Folders)
    _done: int = 0
    _first_shown: bool = False
    _stopped: bool = False

    @abstractmethod
    def _look_up(self, state: ImageState) -> None:
        """Fill in what an image still needs, and the rows of what is up to date.

        Raises
        ------
        XaiCamError
            Its outputs cannot be written.
        """

    @abstractmethod
    def _write(self, state: ImageState) -> None:
        """Draw and write what was found of an image, and fill in its rows; called in a thread.

        Raises
        ------
        XaiCamError, OSError
            The image fails.
        """

    @abstractmethod
    def _measure(self, states: list[ImageState]) -> None:
        """Ask the model what more there is to ask of the images of one batch."""

    def run(self) -> Summary:
        """Explain every image of the plan; rows come in its order.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model or an option.
        """
        # With --fail-fast one thread writes image by image, so that nothing is written of those behind a
        # failure. Rows of what takes long to compute do not wait for the next batch.
        threads = 1 if self.fail_fast else thread_count()
        most = 0 if costly(self.plan.request.methods) else self._size
        ended = postprocess(
            self._end, self._computed(), threads, most, lambda state: state.pixels, MAX_PIXELS
        )
        with closing(ended):
            try:
                self._tell_all(ended)
            except KeyboardInterrupt as interrupt:
                self._finish(ended.throw(interrupt))  # it may have come while an image was told
                self._tell_all(ended)
        return self.summary

    def _tell_all(self, states: Iterable[ImageState]) -> None:
        """Report images in the order of the plan, up to the one that stops the run."""
        for state in states:
            self._finish(state)
            if state.failure and self.fail_fast:
                self.reporter.notice("Stopped at the first failure.")
                break
            self._done += 1
            self.reporter.progress(self._done, len(self.plan.tasks))

    @property
    def _size(self) -> int:
        return self.batch_size or BATCH_SIZE

    # --- Ahead: what has to be done ------------------------------------------------------------------

    def _windows(self) -> Generator[list[ImageState], None, None]:
        """Entries in order, as many as make one batch of images that have to be computed."""
        window: list[ImageState] = []
        to_compute = pixels = 0
        with closing(self._read()) as states:
            for state in states:
                window.append(state)
                to_compute, pixels = to_compute + state.pending, pixels + state.pixels
                full = to_compute == self._size or len(window) >= max(self._size, MAX_WAITING)
                if full or pixels >= MAX_PIXELS:  # a batch of large pictures is a smaller one
                    yield window
                    window, to_compute, pixels = [], 0, 0
        if window:
            yield window

    def _read(self) -> Generator[ImageState, None, None]:
        """Entries in order, decoded where there is something to do, up to the one that stops the run."""
        opened = prefetch(self._open, self.plan.tasks, thread_count(), self._size)
        decoded = prefetch(self._decode, self._checked(opened), thread_count(), self._size, MAX_PIXELS)
        with closing(decoded) as states:
            for state in states:
                yield state
                if state.failure and self.fail_fast:
                    break

    def _decode(self, state: ImageState, hold: Reserve) -> ImageState:
        return self._reader.read(state, hold) if state.pending else state

    def _open(self, task: Task, hold: Reserve) -> ImageState:
        """Find out what an image still needs, and whether its outputs can be written."""
        state = ImageState(task)
        try:
            self._look_up(state)
        except (XaiCamError, OSError) as error:
            state.fail(error)
        return state

    def _checked(self, opened: Generator[ImageState, None, None]) -> Generator[ImageState, None, None]:
        """The same states, with their folders checked and the model open where one needs it."""
        with closing(opened) as states:
            for state in states:
                try:
                    if state.pending:
                        self._folders.check(state.task.folder)
                except (XaiCamError, OSError) as error:
                    state.fail(error)
                if state.pending:
                    _ = self._reader  # the model is opened in this thread, not in those that read
                yield state
                if state.failure and self.fail_fast:
                    break

    # --- The model, when the first image needs it ----------------------------------------------------

    @cached_property
    def _network(self) -> Network:
        return open_network(self.open_model(), self.plan.request.size, self.plan.request.labels)

    @cached_property
    def _preprocessing(self) -> Preprocessing:
        request = self.plan.request
        return choose_preprocessing(self._network, request.preprocess, request.channel_order)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self._network, self._preprocessing, self.plan.request)

    @cached_property
    def _explainers(self) -> dict[Place, Explainer | FusedExplainer]:
        return {
            place: self._fused(place) if isinstance(place, Fusion) else self._explainer(place)
            for place in self.plan.request.places
        }

    def _fused(self, fusion: Fusion) -> FusedExplainer:
        paths = [self._network.find(name).path for name in fusion.layers]
        if len(set(paths)) < len(paths):
            raise InputError(
                f"`fuse` was given one layer under two names ({', '.join(paths)}). Name it once."
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
            precision=request.precision,
            cache=self.cache,
        )
        self._announce(explainer.target_layer, layer is None)
        return explainer

    def _announce(self, info: LayerInfo, is_default: bool) -> None:
        """Say which layer was taken, and what methods that score each channel will cost."""
        request = self.plan.request
        self.reporter.notice(describe_layer(info, is_default))
        for cost in describe_costs(info, request.methods, len(self.plan.tasks), request.max_channels):
            self.reporter.notice(cost)

    # --- From images to maps -------------------------------------------------------------------------

    def _computed(self) -> Generator[list[ImageState], None, None]:
        """Windows of states with the maps of those that have something to do."""
        with closing(self._windows()) as windows:
            for window in windows:
                states = [state for state in window if state.pending]
                for place in self.plan.request.places:
                    self._explain_all(place, [state for state in states if place in state.todo])
                self._measure(states)
                for state in states:
                    state.values = np.empty(0, np.float32)
                yield window

    def _explain_all(self, place: Place, states: list[ImageState]) -> None:
        """Explain the images of a batch at one place, those together that are asked for the same classes."""
        request, groups = self.plan.request, defaultdict(list)
        for state in states:
            groups[tuple(state.task.classes(request.classes, request.labels))].append(state)
        for classes, group in groups.items():
            self._explain(place, list(classes), group)

    def _explain(self, place: Place, classes: list[Any], group: list[ImageState]) -> None:
        methods = [m for m in self.plan.request.methods if any(m in state.todo[place] for state in group)]
        images = np.stack([state.values for state in group])
        found = self._explainers[place].explain(images, methods, classes, self.baselines)
        if not self._first_shown:
            self._first_shown = True
            self._show_first(group[0], found[0][0])
        for state, explanations in zip(group, found, strict=True):
            state.explanations[place] = explanations

    def _show_first(self, state: ImageState, explanation: Explanation) -> None:
        """Tell what the model was fed and what it said, so that a wrong scaling is seen."""
        name, labels = state.task.image.path.name, self.plan.request.labels
        said = describe_first(name, state.values, self._preprocessing, explanation.ranking, labels)
        self.reporter.notice(said)

    # --- Behind: what is written and told ------------------------------------------------------------

    def _end(self, state: ImageState) -> ImageState:
        """Write what was found of an image; with --fail-fast nothing of those behind one that failed."""
        if self._stopped:
            return state
        try:
            if state.pending:
                self._write(state)
        except (XaiCamError, OSError) as error:
            state.fail(error)
        state.release()
        self._stopped = self.fail_fast and bool(state.failure)
        return state

    def _finish(self, state: ImageState) -> None:
        """Report an image that is through."""
        for notice in state.notices:
            self.reporter.notice(notice)
        self._tell(state)
        if state.failure:
            self.summary.failed += 1
        elif state.todo:
            self.summary.written += 1
        else:
            self.summary.up_to_date += 1

    def _tell(self, state: ImageState) -> None:
        """Hand on the rows of an image."""
        for row in state.rows:
            self.reporter.row(row)
