"""One layer or operation of a model by its name: the same search for heat maps and for kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError, nearest
from xai_cam.images.picture import Region
from xai_cam.models.known_layer import KnownLayer
from xai_cam.models.traced.placement import Placement


@dataclass(frozen=True)
class LayerInfo:
    """One layer or operation of a model, at one of the places where the model calls it.

    `path` is its name, or `outer/inner`; `shape` its output's without the batch, None where it has
    several outputs; `order` counts the calls from the input on; a shared layer is called several `times`,
    and this is call `number`. `placement` says how the output is read as maps of the picture; None where
    it holds none. Of several outputs, `place` says which it is.
    """

    path: str
    layer: Any
    shape: tuple[int | None, ...] | None
    order: int
    times: int = 1
    number: int = 1
    placement: Placement | None = None
    place: int | None = None

    @property
    def kind(self) -> str:
        """The name of its class."""
        known = isinstance(self.layer, KnownLayer)
        return self.layer.kind if known else type(self.layer).__name__

    @property
    def title(self) -> str:
        """Its path, with the call of a layer that is called several times."""
        return f"{self.path} (call {self.number})" if self.times > 1 else self.path

    @property
    def where(self) -> tuple[str, int, int | None]:
        """Its path, the call, and the place among its outputs: the same in every opening of the model."""
        return self.path, self.number, self.place

    @property
    def spatial(self) -> bool:
        """Whether the output holds maps larger than 1 x 1 that lie in the picture."""
        return self.placement is not None

    @property
    def maps_shape(self) -> tuple[int, ...] | None:
        """Sides and channels of the maps, of volumes with planes first; None where there are none."""
        return self.placement.shape if self.placement else None

    def part(self, size: Sequence[int]) -> Region | None:
        """What its maps cover of an input of that size, in shares of its sides; None: all of it."""
        return self.placement.part(size) if self.placement else None

    @property
    def is_convolution(self) -> bool:
        """Whether it has a kernel with rows and columns, and planes in volumes."""
        return any(len(variable.shape) in (4, 5) for variable in getattr(self.layer, "weights", ()))

    @property
    def has_window(self) -> bool:
        """Whether its kernel is larger than a single place."""
        shapes = [variable.shape for variable in getattr(self.layer, "weights", ())]
        return any(len(shape) in (4, 5) and max(shape[:-2]) > 1 for shape in shapes)

    @property
    def is_padding(self) -> bool:
        """Whether it adds a border and nothing else."""
        return self.kind.startswith("ZeroPadding") or self.kind == "Pad"

    @property
    def fixed_filter(self) -> bool:
        """Whether it is what `xai-cam kernels prepend` puts in front of a model."""
        return self.kind == "DepthwiseConv2D" and not (self.layer.trainable or self.layer.use_bias)


WHOLE = LayerInfo("", None, None, 0)
"""In the place of a layer: the model as a whole, of which no layer is asked about."""


@dataclass(frozen=True)
class Wanted:
    """What kind of layer is looked for, and how a message says so.

    Attributes
    ----------
    accepts : callable
        Whether a layer is of that kind.
    among : str
        What comes before the nearest names: of all layers, or of those that are accepted where
        `only_accepted`.
    refusal : callable
        (layer, path asked for, nearest names of accepted layers) -> why a layer that was found will not do.
    """

    accepts: Callable[[LayerInfo], bool]
    among: str
    only_accepted: bool
    refusal: Callable[[LayerInfo, str, list[str]], str]


def resolve(layers: Sequence[LayerInfo], path: str, wanted: Wanted) -> LayerInfo:
    """The layer at `path`: a name, `outer/inner`, or an unambiguous inner name.

    Raises
    ------
    ModelError
        No such layer, several of that name, or one that `wanted` does not accept.
    """
    exact = [info for info in layers if info.path == path]
    found = exact or [info for info in layers if info.path.split("/")[-1] == path]
    if not found:
        named = [info.path for info in layers if wanted.accepts(info) or not wanted.only_accepted]
        raise ModelError(
            f"The model has no layer {path!r}. {wanted.among}: {', '.join(nearest(path, named))}."
        )
    if len(found) > 1:
        paths = ", ".join(info.path for info in found)
        raise ModelError(f"Several layers are called {path!r}: {paths}. Name one by its path.")
    if not wanted.accepts(found[0]):
        accepted = nearest(path, [info.path for info in layers if wanted.accepts(info)])
        raise ModelError(wanted.refusal(found[0], path, accepted))
    return found[0]
