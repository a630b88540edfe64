"""The outputs of a model that are explained, what each means, and which of them the labels name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xai_cam.images.labels import name_of
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput, named_by


class HasOutputs(Protocol):
    """A network, as far as its outputs go."""

    @property
    def outputs(self) -> Sequence[ModelOutput]:
        """Those that are explained."""


class NamedOutputs:
    """What has a network and labels: its outputs by their names."""

    network: HasOutputs
    labels: Sequence[str] | None

    def output(self, name: str = "") -> ModelOutput:
        """The output of that name among those that are explained; the first for an empty one."""
        return next((one for one in self.network.outputs if one.name == name), self.network.outputs[0])

    def head_of(self, name: str = "") -> Head | None:
        """What that output means; None where it is neither a list of numbers nor a map of the picture."""
        return self.output(name).head

    def labels_of(self, name: str = "") -> Sequence[str] | None:
        """The names of that output's classes; None where the labels are those of another."""
        return self.labels if self.output(name) is named_by(self.network.outputs, self.labels) else None

    @property
    def named(self) -> Sequence[str] | Mapping[str, Sequence[str] | None] | None:
        """The names of the classes; of several outputs by the output's name."""
        outputs = self.network.outputs
        return {one.name: self.labels_of(one.name) for one in outputs} if len(outputs) > 1 else self.labels

    @property
    def of_places(self) -> bool:
        """Whether some output has numbers at every place of the picture, as that of a segmentation."""
        return any(one.head is not None and one.head.pixels is not None for one in self.network.outputs)

    def answers_of(
        self,
        rankings: Mapping[str, Sequence[tuple[int, float]]],
        explained: Mapping[str, Sequence[str]] | None = None,
    ) -> tuple[str, list[str]]:
        """What outputs say: the first classes, or values, of each by name; and notes on them.

        `explained` are the values that a caller named, by the output's name.
        """
        said, notes = [], []
        for output, ranking in rankings.items():
            head, labels = self.head_of(output), self.labels_of(output)
            named = [(name_of(c, labels), score) for c, score in ranking[:3]]
            start = f"{self.output(output).short_name}: " if output else ""
            if head is not None:
                said.append(f"{start}{head.describe_scores(named)}")
                note = head.note_on((explained or {}).get(output, ()))
                notes += [f"{start}{note}"] if note else []
        return "".join(f", {one}" if not i else f"; {one}" for i, one in enumerate(said)), notes


@dataclass(frozen=True)
class _Outputs:
    """What is left of a network whose outputs alone are of interest."""

    outputs: tuple[ModelOutput, ...]


@dataclass(frozen=True)
class OutputNames(NamedOutputs):
    """The outputs and their labels without a network, as plain data."""

    network: HasOutputs
    labels: Sequence[str] | None = None

    @classmethod
    def of(cls, named: NamedOutputs) -> OutputNames:
        """Those of something that has them."""
        return cls(_Outputs(tuple(named.network.outputs)), named.labels)
