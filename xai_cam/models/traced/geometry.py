"""Where every tensor of a traced model lies in the picture, followed from operation to operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_cam.models.traced.layout import COLUMNS, ROWS, Extent, Layout, Part, other
from xai_cam.models.traced.moves import layouts_behind
from xai_cam.models.traced.values import Key, Values, key_of
from xai_cam.models.traced.walk import Walk


def image_layout(shape: tuple[int, ...], channels_first: bool = False) -> Layout:
    """The layout of the images that a model is given, (n, H, W, c) or (n, c, H, W)."""
    height, width = shape[2:] if channels_first else shape[1:3]
    rows, columns = (Part(ROWS, height),) if height > 1 else (), (Part(COLUMNS, width),) if width > 1 else ()
    batch, channels = other(shape[0]), other(shape[1] if channels_first else shape[3])
    axes = (batch, channels, rows, columns) if channels_first else (batch, rows, columns, channels)
    return Layout(axes, Extent(0, height, height), Extent(0, width, width))


class Geometry(Walk[Layout]):
    """The layouts of the tensors of a traced function of images; None where one does not run over them.

    Parameters
    ----------
    concrete : traced function
        (images) -> output; every shape known.
    start : Layout
        Of the images.
    values : Values
        Of the same function.
    given : mapping of tensor key to Layout
        Layouts that the caller knows better.
    """

    def __init__(
        self, concrete: Any, start: Layout, values: Values, given: Mapping[Key, Layout] | None = None
    ) -> None:
        known = {key_of(concrete.inputs[0]): start, **(given or {})}
        super().__init__(values, known, lambda operation, layouts: layouts_behind(operation, layouts, values))
        self.follow(concrete.graph)
