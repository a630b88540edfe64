"""All that is known of a network without calling its model: its input, its layers, what its outputs mean."""

from __future__ import annotations

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.activations import Largest
from xai_cam.models.entrance import Entrance
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.layers import LayerInfo, Wanted, resolve
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput

log = logging.getLogger(__name__)


def _without_maps(info: LayerInfo, path: str, spatial: list[str]) -> str:
    size = "several tensors"
    if info.shape is not None:
        size = " x ".join("?" if side is None else str(side) for side in info.shape)
    stack = info.shape is not None and len(info.shape) in (3, 4) and info.shape[-3:-1] != (1, 1)
    what = "maps that lie in the picture" if stack else "spatial output"
    return (
        f"Layer {path!r} has no {what} (it gives {size}). Name a layer with maps larger "
        f"than 1 x 1: {', '.join(spatial) or 'this model has none'}."
    )


SPATIAL = Wanted(lambda info: info.spatial, "Nearest names with maps", True, _without_maps)
"""Layers that can be explained."""


@dataclass(frozen=True)
class ExpectedScaling:
    """The scaling of pixels that a model expects, and the words that say why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Numbered:
    """One of a model's own layers, as `model.layers` counts them; `path` is None of one that has none."""

    name: str
    kind: str
    path: str | None


class NetworkFacts(ABC):
    """What is known of a network: plain data, from a model that is there or kept of one that was.

    Attributes
    ----------
    entrance : Entrance
        What goes in.
    batch_size : int or None
        The number of images that the model is limited to in one call; None: any.
    outputs, all_outputs : sequence of ModelOutput
        Those that are explained, and those that there are.
    channels_first : bool
        Whether the model takes (n, c, H, W).
    input_shape : tuple of int
        (H, W, c) of the image, of volumes (D, H, W, c).
    call : int or None
        Which call of layers was asked for that the model calls several times.
    layers : list of LayerInfo
        In the order of the call.
    identity : str or None
        What tells this network from any other: a hash of the files that the model is from, of what decides
        how they are opened, and of the versions that open them. None: nobody can say.
    """

    entrance: Entrance
    batch_size: int | None
    outputs: Sequence[ModelOutput]
    all_outputs: Sequence[ModelOutput]
    channels_first: bool
    input_shape: tuple[int, ...]
    call: int | None
    layers: list[LayerInfo]
    identity: str | None = None
    _kept_small = False

    # --- What only the model tells, or what was kept of it -------------------------------------------

    @abstractmethod
    def live(self) -> Any:
        """The `Network` with its model, which is opened for that if it is not there."""

    @property
    @abstractmethod
    def is_as_opened(self) -> bool:
        """Whether the weights are those of the files that `identity` is of; False where it has none."""

    @property
    @abstractmethod
    def reshape(self) -> tuple[int, ...] | None:
        """The grid of tokens that the caller has told."""

    @property
    @abstractmethod
    def grid_fits(self) -> bool:
        """Whether some layer has tokens of that grid; True where none was told."""

    @property
    @abstractmethod
    def ends(self) -> list[LayerInfo]:
        """The calls whose maps are the last before the spatial dimensions end, the very last at the end."""

    @property
    @abstractmethod
    def deepest(self) -> LayerInfo | None:
        """The last call on the smallest grid."""

    @property
    @abstractmethod
    def numbered(self) -> Sequence[Numbered]:
        """The layers of the model itself, in its own order."""

    @property
    @abstractmethod
    def memory(self) -> tuple[Largest, Largest]:
        """The largest tensor made of the images, and the largest made of nothing, by names of layers."""

    @abstractmethod
    def expected_scaling(self) -> ExpectedScaling | None:
        """The scaling of pixels that the graph expects, or that a backbone it is known for usually has."""

    @abstractmethod
    def scaling_of_bands(self) -> ExpectedScaling | None:
        """The same of bands, whose numbers may lie anywhere: by the graph alone."""

    # --- What follows --------------------------------------------------------------------------------

    @property
    def image_name(self) -> str:
        """What the model calls the input that is the image."""
        return self.entrance.inputs[self.entrance.image].name

    @property
    def extras(self) -> list[ModelInput]:
        """The inputs besides the image."""
        return self.entrance.extras

    @property
    def head(self) -> Head:
        """What the output means that is explained; of several the first.

        Raises
        ------
        ModelError
            It is neither a list of numbers nor a map of the picture.
        """
        return self.head_of(0)

    def head_of(self, which: int) -> Head:
        """The same of one of several outputs that are explained."""
        found = self.outputs[which]
        if found.head is None:
            raise ModelError(found.why_not)
        return found.head

    def find(self, path: str | None = None) -> LayerInfo:
        """The layer at `path` (a name, `outer/inner`, or an unambiguous inner name); None: the default.

        Raises
        ------
        ModelError
            No such layer, several of that name, or a layer whose output is no stack of maps.
        """
        found = self.default_layer() if path is None else resolve(self.layers, path, SPATIAL)
        if self.call is not None and self.call != found.number:
            times = "once" if found.times == 1 else f"{found.times} times"
            raise ModelError(
                f"Layer {found.path!r} is called {times}, so there is no call {self.call}. Choose another "
                "`call`, or leave it out."
            )
        return found

    def default_layer(self) -> LayerInfo:
        """The last layer or operation whose output is a stack of maps of the picture, larger than 1 x 1.

        Of a model whose output is a map itself, as of a segmentation, it is the last on the smallest grid. A
        pooling that comes last is passed over, and a layer made of others in its own manner is one step.
        Whatever stands before the first convolution does not count.
        """
        if self.bottleneck is not None:
            return self.at_call(self.bottleneck)
        ends, grid = self.ends, self.reshape
        if grid and not (ends and self.grid_fits):
            of_tokens = [info.shape for info in self.layers if info.shape and len(info.shape) == 2]
            counts = ", ".join(map(str, sorted({shape[0] or 0 for shape in of_tokens}))) or "none"
            raise ModelError(
                f"No layer has {math.prod(grid)} tokens, or a few more, that matter to the output, so "
                f"`reshape={tuple(grid)}` fits none. Layers have {counts}."
            )
        if not ends:
            raise ModelError(
                "The model has no convolution with maps of the picture larger than 1 x 1, so there is "
                "nothing to draw a heat map of. Give a convolutional network, or `reshape` for a transformer."
            )
        return self.at_call(ends[-1])

    @property
    def bottleneck(self) -> LayerInfo | None:
        """Of a model whose output is a map itself the last layer on the smallest grid."""
        of_places = any(one.head is not None and one.head.pixels for one in self.outputs)
        return self.deepest if of_places and not self.reshape else None

    def side_by_side(self) -> list[LayerInfo]:
        """Other layers and calls whose maps are the last of their branch, beside the default's."""
        if self.bottleneck is not None:  # it is not chosen for being the last
            return []
        return [info for info in self.ends if info != self.default_layer()]

    def at_call(self, info: LayerInfo) -> LayerInfo:
        """The layer at the call that was asked for, if it has so many."""
        return next((one for one in self.layers if one.path == info.path), info) if self.call else info

    def spatial_layers(self) -> list[LayerInfo]:
        """The layers that can be explained, in the order of the call."""
        return [info for info in self.layers if info.spatial]

    @property
    def bytes_each(self) -> float:
        """What an image takes: all that is made of it and there at once."""
        return self.memory[0].together

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as there is memory for, which is logged once."""
        if images == 1:  # it cannot be fewer, so that nobody needs to ask the system how much memory it has
            return 1
        largest = self.memory[0]
        most = max(min(images, largest.images), 1)
        if most < images and not self._kept_small:
            self._kept_small = True
            what, share = f"activations take {largest.describe_all(largest.at)}", "half"
            if largest.alone:
                what = f"largest activation takes {largest.describe(largest.operation)}"
                share = "a quarter"
            log.warning(
                f"The {what} for each image: continuing with at most {most} at a time, for which {share} of "
                "the memory is enough."
            )
        return most
