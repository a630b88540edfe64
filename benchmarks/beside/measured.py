"""What measures of several libraries are compared on: made by us once, kept in the folder of the network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

MEASURES = [
    *("drop", "increase", "gain", "deletion", "insertion", "road", "road_morf", "road_lerf"),
    *("complexity", "entropy", "sparseness", "max_sensitivity"),
]
Found = tuple[str, str, np.ndarray, np.ndarray, str]
"""The measure, the library, our value and theirs of each image, and what is known to differ."""


@dataclass
class Subject:
    """What is measured: a network, photos, their predicted classes, their maps, and what we make of them."""

    case: Any
    steps: int

    @cached_property
    def kept(self) -> dict[str, np.ndarray]:
        with np.load(Path(self.case.folder) / "ours.npz") as found:
            return dict(found)

    @property
    def images(self) -> np.ndarray:
        return self.kept["images"]

    @property
    def maps(self) -> np.ndarray:
        """Saliency maps (n, H, W) in [0, 1]."""
        return self.kept["maps"]

    @property
    def classes(self) -> list[int]:
        return [int(one) for one in self.kept["classes"]]

    @cached_property
    def keras(self) -> Any:
        import tensorflow as tf

        return tf.keras.models.load_model(self.case.model)

    @cached_property
    def torch(self) -> Any:
        from beside.by_torch import same_network

        return same_network(self.case)

    @property
    def first(self) -> Any:
        """The images channels first."""
        from beside.by_torch import channels_first

        return channels_first(self.images)

    def explain(self, images: np.ndarray, classes: Any) -> list[Any]:
        from xai_cam import explain

        asked = self.keras, images, self.case.layer, "grad-cam", classes
        return list(explain(*asked, engine="tensorflow", cache=False))

    def saliency(self, images: np.ndarray, classes: Any) -> np.ndarray:
        from xai_cam.metrics.again import saliency_of

        return np.stack([saliency_of(one, images.shape[1:3]) for one in self.explain(images, classes)])

    def measure(self, images: np.ndarray) -> None:
        """Write down our maps and values of images."""
        from xai_cam import compare
        from xai_cam.metrics import road

        road.NOISE = 0.0
        classes = np.array([[one.target_class] for one in self.explain(images, "predicted")])
        asked = self.keras, images, self.case.layer, "grad-cam", classes
        options = {"engine": "tensorflow", "cache": False, "baseline": "zero", "steps": self.steps}
        found = compare(*asked, measures=MEASURES, **options)
        ours = {name: [image.maps[0].values[name] for image in found.images] for name in MEASURES}
        given = {"images": images, "maps": self.saliency(images, classes), "classes": classes[:, 0]}
        np.savez(Path(self.case.folder) / "ours.npz", **given, **ours)

    def pair(self, name: str, peer: str, theirs: Any, note: str = "") -> Found:
        return name, peer, self.kept[name], np.asarray(theirs, np.float64), note
