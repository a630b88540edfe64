"""Whether it is worth it to answer a question about whole images by OpenVINO instead of TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.break_even import BreakEven
from xai_cam.cam.engines.choices import Choices
from xai_cam.cam.engines.openvino.captured import hash_weights
from xai_cam.cam.engines.openvino.converted import key_of
from xai_cam.cam.engines.openvino.costs import Costs
from xai_cam.errors import XaiCamError
from xai_cam.files.cache import Cache
from xai_cam.models.layers import LayerInfo

COMPARED = 2
"""How often both compute a few images when they are compared: the faster time counts."""

ENOUGH = 0.1
"""Seconds after which once is enough: what takes as long is not at the mercy of a moment."""

Traced = Callable[[], Any]
"""Gives the traced function of a question."""


class Worth:
    """An account for each question: what both engines take, and what a conversion costs.

    Parameters
    ----------
    cache : Cache, optional
        Where a graph is kept, its conversion costs next to nothing.
    ahead : Ahead, optional
        How many images are left.
    clock : callable
        Seconds.
    choices : Choices, optional
        What was chosen elsewhere holds here; gets what is chosen here.
    layers : sequence of LayerInfo
        Those that the questions are about, to tell them from those of others in the choices.
    """

    def __init__(
        self,
        cache: Cache | None,
        ahead: Ahead | None = None,
        clock: Callable[[], float] = time.perf_counter,
        choices: Choices | None = None,
        layers: Sequence[LayerInfo] = (),
    ) -> None:
        self._cache, self._ahead, self._clock = cache, ahead, clock
        self._choices, self._places = choices or Choices(), [str(info.where) for info in layers]
        self._costs = Costs(clock)
        self._accounts: dict[str, BreakEven] = {}
        self._kept: dict[str, bool] = {}

    def pays(self, question: str, images: int, traced: Traced, reused: bool = False) -> bool:
        """Whether OpenVINO should answer about so many images, and those that follow.

        `reused` says that what is converted serves later runs too.
        """
        return self._account(question).pays(images, lambda: self._cost(question, traced), reused)

    def chosen(self, question: str) -> bool | None:
        """Whether OpenVINO answers a question, as it was settled before; None where it was not."""
        return self._choices.settled.get(self._name(question))

    def note(self, question: str, by_openvino: bool, certain: bool = False) -> None:
        """Take in who has answered a question; `certain`, or as the account tells: and always will."""
        certain = certain or self._account(question).is_certain(by_openvino)
        self._choices.note(self._name(question), by_openvino, certain)

    def by_tensorflow(self, question: str, images: int) -> AbstractContextManager[None]:
        """Time what TensorFlow takes inside a `with` block."""
        return self._account(question).by_usual(images)

    def by_openvino(self, question: str, images: int) -> AbstractContextManager[None]:
        """The same of OpenVINO, whose graph is ready."""
        return self._account(question).by_other(images)

    def compare(
        self, question: str, images: int, tensorflow: Callable[[], Any], openvino: Callable[[], Any]
    ) -> tuple[float, float] | None:
        """Seconds an image that both take for the same few, of which neither is the first; noted.

        In a long run, where TensorFlow has computed batches before, they are not computed again, and batches
        are to tell: None.
        """
        if self._account(question).usual is not None:
            return None
        found = self._fastest(tensorflow) / images, self._fastest(openvino) / images
        self.told(question, *found)
        return found

    def told(self, question: str, tensorflow: float, openvino: float) -> None:
        """Note what both have taken for an image, as an earlier run has found."""
        self._account(question).compared(tensorflow, openvino)

    def times(self, question: str) -> tuple[float, float] | None:
        """Seconds an image of TensorFlow and of OpenVINO; None where they are not known of both."""
        return self._account(question).times

    def is_tried(self, question: str) -> bool:
        """Whether both have taken whole batches of a long run, as many as it takes to decide."""
        return self._account(question).is_tried

    def is_slower(self, question: str) -> bool:
        """Whether OpenVINO is known to be the slower one."""
        return self._account(question).is_slower

    def declines(self, question: str, images: int) -> bool:
        """Whether OpenVINO is so much slower that so many images, and those that are left, notice."""
        return self._account(question).declines(images)

    def lost(self, question: str, images: int) -> float:
        """Seconds more that OpenVINO would take for so many images, and those that are left."""
        return self._account(question).lost(images)

    def _fastest(self, by: Callable[[], Any]) -> float:
        found: list[float] = []
        while len(found) < COMPARED and sum(found) < ENOUGH:
            start = self._clock()
            by()
            found.append(self._clock() - start)
        return min(found)

    @contextmanager
    def converting(self, question: str, concrete: Any) -> Iterator[None]:
        """Time a conversion inside a `with` block: others are expected to cost accordingly."""
        with self._costs.measured(concrete, self._kept.get(question, False)):
            yield

    def forget(self, question: str) -> None:
        """Begin anew: the weights are others."""
        self._accounts.pop(question, None)
        self._kept.pop(question, None)

    def _name(self, question: str) -> str:
        return " ".join((question, *self._places))

    def _account(self, question: str) -> BreakEven:
        return self._accounts.setdefault(question, BreakEven(self._ahead, self._clock))

    def _cost(self, question: str, traced: Traced) -> float:
        concrete = traced().get_concrete_function()
        if question not in self._kept:
            self._kept[question] = self._is_kept(concrete)
        return self._costs.of(concrete, self._kept[question])

    def _is_kept(self, concrete: Any) -> bool:
        if self._cache is None:
            return False
        try:
            return self._cache.find(key_of(concrete, hash_weights(concrete))) is not None
        except (RuntimeError, XaiCamError):  # it cannot be converted, as will be said when that is tried
            return False
