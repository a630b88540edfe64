"""Image files -> what a model takes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_cam.errors import ImageError, InputError
from xai_cam.files.threads import Reserve
from xai_cam.images.class_specs import check_classes
from xai_cam.images.picture import fit_picture, read_image
from xai_cam.models.network import Network
from xai_cam.models.preprocessing import Preprocessing
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.plan import Request
from xai_cam.runs.tasks import Task


@dataclass(frozen=True)
class Reader:
    """Reads images for a model that is open; several threads may do so at once."""

    network: Network
    preprocessing: Preprocessing
    request: Request

    def read(self, state: ImageState, hold: Reserve) -> ImageState:
        """Decode an image, fit it to the model and scale it; if that fails, the state says why.

        `hold` is told, before it is decoded, how much memory it takes: in pixels of 3 bytes.
        """
        height, width, channels = self.network.input_shape
        floats = 4 * height * width * channels // 3
        try:
            self._check_folder_class(state.task)
            picture = read_image(state.task.image.path, lambda pixels: hold(pixels + floats))
            values, state.region = fit_picture(picture, (height, width), channels, self.request.fit)
        except (ImageError, InputError) as error:
            state.fail(error)
            return state
        state.values, state.picture = self.preprocessing.apply(values), picture
        return state

    def _check_folder_class(self, task: Task) -> None:
        """A folder's name that is no class of the model fails its images; a class named for all, the run."""
        request = self.request
        for spec, asked in zip(task.classes(request.classes, request.labels), request.classes, strict=True):
            if asked == "folder":
                check_classes(np.array([spec]), self.network.head.classes)
