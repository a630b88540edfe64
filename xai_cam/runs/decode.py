"""Image files -> pixels and model inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from xai_cam.errors import ImageError, XaiCamError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.files.threads import Reserve
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import read_image
from xai_cam.models.input.fed_range import fed_range
from xai_cam.models.input.feeding import Feeding
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
    """Reads pictures as they are, of at most so many pixels."""

    max_pixels: int | None = MAX_PIXELS

    def read(self, state: ImageState, reserve: Reserve) -> None:
        """Decode the picture."""
        try:
            state.picture = read_image(state.task.image.path, reserve, max_pixels=self.max_pixels)
            state.size = state.picture.size
        except (ImageError, OSError) as error:
            if ran_out_of_memory(error):
                raise
            state.fail(error)


@dataclass(frozen=True)
class ModelReader:
    """Reads pictures and brings them to the input of a model.

    Parameters
    ----------
    scaled : bool
        Whether the model's preprocessing is applied; else values lie in [0, 255].
    keeps_picture : bool
        Whether the picture itself is needed later.
    """

    feeding: Feeding
    scaled: bool = True
    keeps_picture: bool = True

    def read(self, state: ImageState, reserve: Reserve) -> None:
        """Decode the picture and fit and scale it for the model."""
        height, width, channels = self.feeding.network.input_shape
        kept = 4 * height * width * channels + self.feeding.holding.nbytes
        try:
            state.extras = self.feeding.hold(state.task.image, lambda decoding: reserve(decoding + kept))
            picture = self.feeding.read(state.task.image.path, lambda decoding: reserve(decoding + kept))
            state.size = picture.size
            values, state.region = self.feeding.fit_in(picture)
        except (XaiCamError, OSError) as error:
            if ran_out_of_memory(error):
                raise
            state.fail(error)
            return
        scaled = self.feeding.preprocessing.apply(values)
        state.fed_range = fed_range(picture, scaled, self.feeding.preprocessing, self.feeding.asked)
        state.values = scaled if self.scaled else values
        if self.keeps_picture:  # of its values the model has what it needs
            state.picture = replace(picture, values=picture.pixels)
        else:
            reserve(kept)
