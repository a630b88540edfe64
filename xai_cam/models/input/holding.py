"""The other inputs of a network, held at the values of each image of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np

from xai_cam.errors import ImageError, InputError, XaiCamError
from xai_cam.images.extra_sources import Column, Constant, ExtraSource, Rows, Views
from xai_cam.images.extras import NOTHING, Extras
from xai_cam.images.finding import ImageFile
from xai_cam.images.opening import fetched
from xai_cam.models.input.held_inputs import check_names, rows_for
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.input.preprocessing import Preprocessing

Read = Callable[[Path, tuple[int, int], int], np.ndarray]
"""A picture at a size (H, W), of so many channels, in [0, 255]."""


@dataclass(frozen=True)
class View:
    """An input that is another picture: its size, its channels, how it is scaled, and its order of axes."""

    size: tuple[int, int]
    channels: int
    preprocessing: Preprocessing
    channels_first: bool = False

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels in [0, 255] as the model takes them."""
        scaled = self.preprocessing.apply(pixels)
        return np.ascontiguousarray(np.moveaxis(scaled, -1, 0)) if self.channels_first else scaled

    def __str__(self) -> str:
        scaling = self.preprocessing
        order = scaling.channel_order if self.channels == 3 else "grey"
        return f"{scaling.name}, {order} ({scaling.reason})"


@dataclass(frozen=True)
class Holding:
    """What a network's other inputs are held at.

    Attributes
    ----------
    inputs : sequence of ModelInput
        The inputs besides the image, in the model's order.
    extras : Extras
        Their values by name.
    views : mapping
        Those of them that are pictures.
    """

    inputs: Sequence[ModelInput] = ()
    extras: Extras = NOTHING
    views: Mapping[str, View] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of the pictures among an image's values."""
        return sum(4 * view.size[0] * view.size[1] * view.channels for view in self.views.values())

    def of(self, image: ImageFile, read: Read) -> tuple[np.ndarray, ...]:
        """The values of an image, in the shapes that the model takes.

        Raises
        ------
        XaiCamError
            Some are missing for this image, or its picture cannot be read.
        """
        found = self.extras.of(image)
        return tuple(self._value(one, found[one.name], read) for one in self.inputs)

    def _value(self, wanted: ModelInput, value: np.ndarray | Path, read: Read) -> np.ndarray:
        if not isinstance(value, Path):
            return fitted(wanted, value)
        view = self.views[wanted.name]
        try:
            with fetched(value):
                pixels = read(value, view.size, view.channels)
                same = self.extras.is_unchanged(value)
        except (ImageError, OSError) as error:
            reason = getattr(error, "message", None) or error
            raise XaiCamError(f"`extra` {wanted.name}: {value.name}: {reason}") from error
        if not same:
            raise XaiCamError(
                f"`extra` {wanted.name}: {value.name} was replaced while the run went on. Run the same "
                "command again."
            )
        return view.of(pixels)

    @property
    def sentence(self) -> str:
        """Sentence on what the inputs are held at; empty where there are none."""
        told = [
            f"{one.name} = {self.extras.sources[one.name].told}{self._scaled(one)}" for one in self.inputs
        ]
        return f" Held: {'; '.join(told)}." if told else ""

    def _scaled(self, one: ModelInput) -> str:
        return f", scaled {self.views[one.name]}" if one.name in self.views else ""


def held_by(inputs: Sequence[ModelInput], extras: Extras, view_of: Callable[[ModelInput], View]) -> Holding:
    """The inputs held at these values, as far as their shapes can be checked before there is an image.

    Parameters
    ----------
    inputs : sequence of ModelInput
        The model's inputs besides the image.
    extras : Extras
        What was given.
    view_of : callable
        How pictures become an input.

    Raises
    ------
    InputError
        Something is missing, is no input, or does not fit one.
    """
    check_names(inputs, extras.sources)
    views = {}
    for one in inputs:
        source = extras.sources[one.name]
        if isinstance(source, Views):
            views[one.name] = view_of(one)
        else:
            fitted(one, _example(one, source))
    return Holding(inputs, extras, views)


def _example(wanted: ModelInput, source: ExtraSource) -> np.ndarray:
    """Values of the shape that a source has for every image."""
    if isinstance(source, Column):
        columns = len(source.table.columns)
        return np.zeros(() if columns == 1 else columns)
    if isinstance(source, Rows):
        return np.asarray(source.values[0])
    assert isinstance(source, Constant)
    if source.path is not None and not _fits(wanted.shape, source.values):
        raise InputError(
            f"`extra` {wanted.name}: {source.path.name} has the shape {source.values.shape}, and the model "
            f"takes {wanted}. Give a row for each image, as many as there are images, or one for all."
        )
    return source.values


def fitted(wanted: ModelInput, values: np.ndarray) -> np.ndarray:
    """Values of one image in the shape and the kind of numbers of an input.

    Sides of 1 need not be given: a number is also a list of one number.

    Raises
    ------
    InputError
        They have another shape, or are no whole numbers where the model takes such.
    """
    if wanted.dtype == "string":
        raise InputError(f"The model takes {wanted}, which is text. Only inputs of numbers can be held.")
    shape = wanted.shape
    if not _fits(shape, values):
        needed = prod(side or 1 for side in shape)
        have = "one number" if values.ndim == 0 else f"{' x '.join(map(str, values.shape))} numbers"
        advice = f"Give {needed} number{'s' * (needed != 1)}"
        if len([side for side in shape if side != 1]) == 1:
            advice += ", with commas, or as many columns of a table"
        raise InputError(f"`extra` {wanted.name} is {have}, and the model takes {wanted}. {advice}.")
    if None not in shape:
        values = values.reshape([side or 1 for side in shape])
    return np.asarray(rows_for(wanted, values[None], 1)[0])


def _fits(shape: Sequence[int | None], values: np.ndarray) -> bool:
    """Whether values are of a shape, as far as sides of 1 do not count."""
    wanted = [side for side in shape if side != 1]
    found = [side for side in values.shape if side != 1]
    if None in shape:
        return values.ndim == len(shape) and all(
            w in (None, f) for w, f in zip(shape, values.shape, strict=True)
        )
    return wanted == found
