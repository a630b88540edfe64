"""Which worker finds out which engine computes; the others wait, or look for what there is to do at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from xai_cam.cam.engines.choices import Choices

MAX_BATCHES = 12
"""About which the model is asked, after which all compute as the last was, though nothing is certain yet."""


@dataclass
class Pilot:
    """The one worker that computes until engines are chosen, a batch at a time, so that the choice is one.

    A worker looks at the first batch. Where it has nothing to do all of them look, and the first to find
    something is the pilot; what others find by then is left to it.

    Attributes
    ----------
    over : bool
        Whether engines are chosen, and all compute.
    found : bool
        Whether there is something to do for the model, as far as it is known.
    choices : Choices
        Those made so far.
    """

    over: bool = False
    found: bool = False
    choices: Choices = field(default_factory=Choices)
    _worker: int | None = None
    _batches: int = 0
    _all_look: bool = False

    def is_alone(self) -> bool:
        """Whether one worker is at work, a batch at a time, or is to be."""
        return not (self.over or self._all_look)

    def may_take(self, worker: int) -> bool:
        """Whether a worker may take a block."""
        return self._worker in (None, worker)

    def took(self, worker: int) -> None:
        """Take in that a worker has a block."""
        if self.is_alone():
            self._worker = worker

    def looked(self, worker: int, asks: bool) -> bool:
        """Whether a worker may carry out the block that it has looked up; `asks`: it needs the model."""
        if self.over or not asks:
            if self._worker == worker:  # which may have a long way to the next that has something to do
                self._worker, self._all_look = None, not self.over
            return True
        if not self.may_take(worker):
            return False
        self._worker, self._all_look, self.found = worker, False, True
        return True

    def through(self, worker: int, asked: int, choices: Choices) -> None:
        """Take in that a worker is through with a block in which the model was asked about so many images."""
        for question, by_openvino in choices.settled.items():
            self.choices.settled.setdefault(question, by_openvino)
        if worker != self._worker or not asked:
            return
        self._batches += 1
        if not choices.undecided or self._batches == MAX_BATCHES:
            for question, by_openvino in choices.undecided.items():
                self.choices.settled.setdefault(question, by_openvino)
            self.over, self._worker = True, None

    def lost(self, worker: int) -> None:
        """Let another begin in the place of a worker that died."""
        if self._worker == worker:
            self._worker = None
