"""Image files -> pixels and model inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from xai_cam.errors import ImageError, XaiCamError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.files.threads import Reserve
from xai_cam.images.picture import Picture
from xai_cam.images.readers import read_file
from xai_cam.images.reading import Reading
from xai_cam.models.input.fed_range import fed_range
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import WHITE, check_white
from xai_cam.runs.image_state import ImageState


class Reader(Protocol):
    """Reads images; several threads may do so at once."""

    def read(self, state: ImageState, reserve: Reserve) -> None:
        """Decode an image; one that cannot be read has failed.

        `reserve` is called before the image is decoded, with the bytes that takes.

        Raises
        ------
        ImageError, MemoryError
            Memory ran out: another time there may be more.
        """


@dataclass(frozen=True)
class PictureReader:
    """Reads pictures as they are; of bands, those that are to be shown."""

    reading: Reading = field(default_factory=Reading)

    def read(self, state: ImageState, reserve: Reserve) -> None:
        """Decode the picture."""
        try:
            state.picture = as_pixels(read_file(state.task.image.path, reserve, self.reading))
            state.see(state.picture)
            state.notes = state.picture.notes
        except (ImageError, OSError) as error:
            if ran_out_of_memory(error):
                raise
            state.fail(error)


def as_pixels(picture: Picture) -> Picture:
    """A picture whose values lie in [0, 255]: of bands those that are shown, as they are shown."""
    if picture.shown or picture.white is None:
        return replace(picture, values=picture.pixels, white=WHITE)
    if picture.white == WHITE:
        return picture
    return replace(picture, values=picture.values * np.float32(WHITE / picture.white), white=WHITE)


@dataclass(frozen=True)
class ModelReader:
    """Reads pictures and brings them to the input of a model.

    Parameters
    ----------
    scaled : bool
        Whether the model's preprocessing is applied; else values are those of the picture.
    keeps_picture : bool
        Whether the picture itself is needed later.
    keeps_seen : bool
        Whether the part of it that the model sees is, at the model's size.
    """

    feeding: Feeding
    scaled: bool = True
    keeps_picture: bool = True
    keeps_seen: bool = False

    def read(self, state: ImageState, reserve: Reserve) -> None:
        """Decode the picture and fit and scale it for the model."""
        kept = 4 * math.prod(self.feeding.network.input_shape) + self.feeding.holding.nbytes
        try:
            state.extras = self.feeding.hold(state.task.image, lambda decoding: reserve(decoding + kept))
            picture = self.feeding.read(state.task.image.path, lambda decoding: reserve(decoding + kept))
            state.see(picture)
            values, state.region = self.feeding.fit_in(picture)
            if not self.scaled:
                check_white(picture)
            scaled = self.feeding.preprocessing.scale(picture, values)
        except (XaiCamError, OSError) as error:
            if ran_out_of_memory(error):
                raise
            state.fail(error)
            return
        state.notes, state.white = picture.notes, picture.white or WHITE
        state.fed_range = fed_range(picture, scaled, self.feeding.preprocessing, self.feeding.asked)
        state.values = scaled if self.scaled else values
        if self.keeps_seen:
            state.seen = self.feeding.seen(picture, values)
        if self.keeps_picture:  # of its values the model has what it needs
            state.picture = replace(picture, values=picture.pixels)
        else:
            reserve(kept)
