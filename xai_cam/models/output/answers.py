"""What one call of a model answers, read by what its outputs mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.observing import Activation
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput
from xai_cam.models.output.outputs import read_output
from xai_cam.models.output.table import Table, table_of, table_over


@dataclass(frozen=True)
class Answers:
    """The answers of a model to n images, inside a trace.

    Attributes
    ----------
    outputs : sequence of ModelOutput
        Those that are explained.
    tensors : sequence of tensors
        All that the model gave, in the order in which Keras flattens them.
    structure
        The same as the model gave them.
    activations : sequence of Activation
        What passed through the `activation` of the model's layers.
    """

    outputs: Sequence[ModelOutput]
    tensors: Sequence[Any]
    structure: Any
    activations: Sequence[Activation]

    @property
    def chosen(self) -> Any:
        """What the model gave, as it is; where only some outputs are explained, the one, or those by name."""
        if len(self.outputs) == len(self.tensors):
            return self.structure
        named = {one.name: self.tensors[one.number] for one in self.outputs}
        return named if len(named) > 1 else next(iter(named.values()))

    def read(self, which: int = 0) -> tuple[Head, Any, Any]:
        """An output's head, its scores before the final activation, and its own (see `read_output`).

        Raises
        ------
        ModelError
            It is neither a list of numbers nor a map of the picture.
        """
        output = self.outputs[which]
        if output.head is None:
            raise ModelError(output.why_not)
        found = read_output(output.head, self.tensors[output.number], self.activations, output.placement)
        return output.head, *found

    def table(self, which: int = 0) -> Table:
        """The table of an output: of classes, of values, or of the regions predicted in these very images."""
        head, logits, output = self.read(which)
        if head.pixels is None:
            return table_of(head, logits, output)
        return table_over(head, logits, output)
