"""What a sanity check is made on: a model's files, and images, read and scaled as the model takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.errors import ImageError
from xai_cam.files.provenance import Provenance
from xai_cam.files.writing import real_path, sha256
from xai_cam.images.labels import name_of
from xai_cam.images.picture import fit_picture, read_image
from xai_cam.models.loading.sniff import ModelFiles
from xai_cam.models.network import Network
from xai_cam.models.preprocessing import Preprocessing
from xai_cam.runs.plan import Request
from xai_cam.sanity.report import Shown, image_to_show
from xai_cam.sanity.sanity import Sanity


@dataclass
class Subject:
    """A model and images; once they are read, `read` lists those that could be, and `values` their pixels.

    `failures` holds the reasons of the others, and of those whose maps are not finite. `shown` is the image
    that the user wants in the figure.
    """

    files: ModelFiles
    request: Request
    paths: list[Path]
    shown: Path | None = None
    notices: list[str] = field(default_factory=list)
    read: list[Path] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    failures: dict[Path, str] = field(default_factory=dict)

    def read_images(self, network: Network, preprocessing: Preprocessing) -> None:
        """Read every image; those that cannot be have failed."""
        height, width, channels = network.input_shape
        for path in self.paths:
            try:
                pixels = fit_picture(read_image(path), (height, width), channels, self.request.fit)[0]
            except (ImageError, OSError) as error:
                self.failures[path] = error.message if isinstance(error, ImageError) else str(error)
                continue
            self.read.append(path)
            self.values.append(preprocessing.apply(pixels))

    @property
    def images(self) -> np.ndarray:
        """(n, H, W, c) float32 of the images that could be read."""
        return np.stack(self.values)

    def told(self, sanity: Sanity) -> list[dict[str, Any]]:
        """What is to be told of each image that could be read: its file's name, the class explained."""
        return [
            {"image": path.name, "predicted": int(c), "predicted_name": name_of(int(c), self.request.labels)}
            for path, c in zip(self.read, sanity.predicted, strict=True)
        ]

    def take_in(self, sanity: Sanity) -> list[str]:
        """Images whose own maps are not finite have failed; lines on those left out for another reason."""
        lines = []
        for check in sanity.checks:
            for left in check.left_out:
                path, cause = self.read[left.image], f"{check.method} at {check.layer} is {left.status}"
                if left.status == "non-finite":
                    self.failures.setdefault(path, f"{cause}: {left.cause}")
                else:
                    lines.append(f"{path.name}: {cause}, left out: {left.cause}.")
        return lines

    def provenance(self, network: Network, preprocessing: Preprocessing) -> Provenance:
        """What was checked: the files of the model, the scaling, the images that failed."""
        return {
            "tool": f"xai-cam {__version__}",
            "model_sha256": sha256(self.files.model),
            "weights_sha256": sha256(self.files.weights or self.files.model),
            "preprocessing": f"{preprocessing.name} {preprocessing.channel_order} {self.request.fit}",
            "head": network.head.describe(),
            "failed": len(self.failures),
        }

    def to_show(self, sanity: Sanity, network: Network) -> Shown | None:
        """The image for the figure, decoded again; None where no image has a map, or it has gone since."""
        asked = self.read.index(self.shown) if self.shown in self.read else None
        number = image_to_show(sanity, asked)
        if number is None:
            return None
        height, width, channels = network.input_shape
        try:
            picture = read_image(self.read[number])
        except (ImageError, OSError):
            return None
        region = fit_picture(picture, (height, width), channels, self.request.fit)[1]
        told = self.told(sanity)[number]
        return Shown(number, told["image"], told["predicted_name"], picture, region)


def spread(paths: Sequence[Path], count: int, wanted: Path | None = None) -> list[Path]:
    """At most `count` of the images, evenly spread; `wanted` takes the place of the one nearest to it."""
    places = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    if wanted is not None and paths.index(wanted) not in places:
        places[np.abs(places - paths.index(wanted)).argmin()] = paths.index(wanted)
    return [paths[place] for place in places]


def same_file(paths: Sequence[Path], name: Path) -> Path | None:
    """The one of the paths that is this file, whatever it is called."""
    return next((path for path in paths if real_path(path) == real_path(name)), None)
