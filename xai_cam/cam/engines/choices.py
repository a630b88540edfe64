"""Which engine answers which question about whole images, once that is certain, for others to do the same."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Choices:
    """What was chosen by what engines took, or is to be chosen whatever they take.

    Processes that compute parts of one run would each find out for itself, and perhaps differently. So one of
    them does, and hands on what it has `settled`.

    Attributes
    ----------
    settled : dict of str to bool
        By question: whether OpenVINO answers it, and not TensorFlow.
    undecided : dict of str to bool
        Questions that may yet be answered by the other: who has answered last.
    """

    settled: dict[str, bool] = field(default_factory=dict)
    undecided: dict[str, bool] = field(default_factory=dict)

    def note(self, question: str, by_openvino: bool, certain: bool) -> None:
        """Take in who has answered a question, and whether it is certain to answer it from now on."""
        if certain:
            self.settled.setdefault(question, by_openvino)
            self.undecided.pop(question, None)
        elif question not in self.settled:
            self.undecided[question] = by_openvino
