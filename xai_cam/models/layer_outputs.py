"""What several layers of a network put out while it is called once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.layers import LayerInfo
from xai_cam.models.observing import observing


class LayerOutputs:
    """The outputs of layers, each at the call and the place among its outputs that its `LayerInfo` names.

    Parameters
    ----------
    layers : sequence of LayerInfo
        One layer may be there several times, at other calls.
    tape : tf.GradientTape, optional
        Watches the outputs: what is computed of them is on it, and nothing that comes before them all.
    """

    def __init__(self, layers: Sequence[LayerInfo], tape: Any = None) -> None:
        self._layers, self._tape = tuple(layers), tape
        self._found: dict[int, list[Any]] = {id(info.layer): [] for info in layers}

    def recorded(self) -> AbstractContextManager[Any]:
        """For the time of a trace: while the model is called inside, the outputs are recorded."""
        nodes = {id(info.layer): info.layer for info in self._layers}
        return observing((), nodes.values(), self._seen)

    def tensors(self) -> list[Any]:
        """The output of each layer.

        Raises
        ------
        ModelError
            A layer was not called, or not so often.
        """
        return [self._tensor(info) for info in self._layers]

    def _seen(self, node: Any, output: Any) -> Any:
        calls = self._found[id(node)]
        calls.append(output)
        if self._tape is not None:
            for info in self._layers:
                if info.layer is node and info.number == len(calls):
                    self._tape.watch(_at(info.place, output))
        return output

    def _tensor(self, info: LayerInfo) -> Any:
        calls = self._found[id(info.layer)]
        if len(calls) < info.number:
            raise ModelError(f"Layer {info.path!r} was not called. Name another layer.")
        return _at(info.place, calls[info.number - 1])


def _at(place: int | None, output: Any) -> Any:
    """One of the tensors that a layer gives, by its place among them; None: it gives one."""
    if place is None:
        return output
    import keras

    return keras.tree.flatten(output)[place]
