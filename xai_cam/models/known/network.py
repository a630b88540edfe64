"""All facts of a network as one record of plain data, and the network that a record is as good as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING

from xai_cam.models.activations import Largest
from xai_cam.models.entrance import Entrance
from xai_cam.models.facts import ExpectedScaling, NetworkFacts, Numbered
from xai_cam.models.known_layer import known_layer
from xai_cam.models.layers import LayerInfo
from xai_cam.models.output.model_output import ModelOutput

if TYPE_CHECKING:
    from xai_cam.models.network import Network


@dataclass(frozen=True)
class FactsRecord:
    """The facts of a network; `outputs` are the numbers of those that are explained."""

    entrance: Entrance
    batch_size: int | None
    outputs: tuple[int, ...]
    all_outputs: tuple[ModelOutput, ...]
    channels_first: bool
    input_shape: tuple[int, ...]
    call: int | None
    layers: tuple[LayerInfo, ...]
    reshape: tuple[int, ...] | None
    grid_fits: bool
    ends: tuple[LayerInfo, ...]
    deepest: LayerInfo | None
    numbered: tuple[Numbered, ...]
    memory: tuple[Largest, Largest]
    scaling: ExpectedScaling | None
    scaling_of_bands: ExpectedScaling | None

    @property
    def is_sound(self) -> bool:
        """Whether its parts belong together, as far as what is made of them relies on it."""
        outputs, inputs = range(len(self.all_outputs)), range(len(self.entrance.inputs))
        placed = [info.placement for info in (*self.layers, *self.ends) if info.placement]
        placed += [one.placement for one in self.all_outputs if one.placement]
        rank = len(self.input_shape)
        return (
            bool(self.outputs)
            and set(self.outputs) <= set(outputs)
            and [one.number for one in self.all_outputs] == list(outputs)
            and self.entrance.image in inputs
            and rank in (3, 4)
            and min(self.input_shape) > 0
            and (self.batch_size is None or self.batch_size > 0)
            and all(len(one.shape) == rank == len(one.order) and min(one.shape) > 0 for one in placed)
            and all(sorted(one.order) == list(range(1, rank + 1)) for one in placed)
        )


def record_of(network: NetworkFacts) -> FactsRecord:
    """The facts of a network, all of them found out now."""
    deepest = network.deepest
    return FactsRecord(
        replace(network.entrance, inputs=tuple(network.entrance.inputs)),
        network.batch_size,
        tuple(one.number for one in network.outputs),
        tuple(network.all_outputs),
        network.channels_first,
        tuple(network.input_shape),
        network.call,
        tuple(map(_without_model, network.layers)),
        network.reshape,
        network.grid_fits,
        tuple(map(_without_model, network.ends)),
        None if deepest is None else _without_model(deepest),
        tuple(network.numbered),
        network.memory,
        network.expected_scaling(),
        network.scaling_of_bands(),
    )


def _without_model(info: LayerInfo) -> LayerInfo:
    return replace(info, layer=known_layer(info.layer))


class KnownNetwork(NetworkFacts):
    """A network whose facts were kept: its model is opened only when something has to be computed by it.

    Parameters
    ----------
    record : FactsRecord
    identity : str
        As `NetworkFacts` has it.
    open_live : callable
        Opens the network with its model; called once, if at all.
    """

    def __init__(self, record: FactsRecord, identity: str | None, open_live: Callable[[], Network]) -> None:
        self.record, self.identity, self._open_live = record, identity, open_live
        self._live: Network | None = None
        self._opening = RLock()
        self.entrance, self.batch_size = record.entrance, record.batch_size
        self.all_outputs = list(record.all_outputs)
        self.outputs = [record.all_outputs[number] for number in record.outputs]
        self.channels_first, self.input_shape = record.channels_first, record.input_shape
        self.call, self.layers = record.call, list(record.layers)

    def live(self) -> Network:
        """The network with its model, which is opened for that if it is not yet."""
        with self._opening:
            if self._live is None:
                self._live = self._open_live()
            return self._live

    @property
    def is_as_opened(self) -> bool:
        """Whether the weights are those of the files that `identity` is of."""
        return self._live is None or self._live.is_as_opened

    @property
    def reshape(self) -> tuple[int, ...] | None:
        """The grid of tokens that the caller has told."""
        return self.record.reshape

    @property
    def grid_fits(self) -> bool:
        """Whether some layer has tokens of that grid; True where none was told."""
        return self.record.grid_fits

    @property
    def ends(self) -> list[LayerInfo]:
        """The calls whose maps are the last before the spatial dimensions end, the very last at the end."""
        return list(self.record.ends)

    @property
    def deepest(self) -> LayerInfo | None:
        """The last call on the smallest grid."""
        return self.record.deepest

    @property
    def numbered(self) -> tuple[Numbered, ...]:
        """The layers of the model itself, in its own order."""
        return self.record.numbered

    @property
    def memory(self) -> tuple[Largest, Largest]:
        """The largest tensor made of the images, and the largest made of nothing, by names of layers."""
        return self.record.memory

    def expected_scaling(self) -> ExpectedScaling | None:
        """The scaling of pixels that the graph expects, or that a backbone it is known for usually has."""
        return self.record.scaling

    def scaling_of_bands(self) -> ExpectedScaling | None:
        """The same of bands, whose numbers may lie anywhere: by the graph alone."""
        return self.record.scaling_of_bands
