"""The networks that are measured, made ready on disk once so that every contender gets the same.

    python -m beside.networks NAME FOLDER [--zoo FOLDER]

All give logits: a final softmax is taken off, so that every library explains the same score.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = 16
CHECKED = 2
"""Images whose outputs and activations a network rebuilt elsewhere is compared on."""

MOBILENET_FOLDER = "imagenet_mobilenet_v1_025_224"


@dataclass(frozen=True)
class Case:
    """One network made ready: what its folder holds besides the model, and where.

    `live` is how many channels of each image are not constant: so many masked forwards Score-CAM needs.
    """

    name: str
    layer: str
    weights: str
    class_index: int
    live: list[int]
    grid: list[int]
    folder: str

    @property
    def model(self) -> Path:
        return Path(self.folder) / "network.keras"

    def images(self) -> np.ndarray:
        """Preprocessed images (IMAGES, H, W, 3)."""
        return np.load(Path(self.folder) / "images.npy")

    def checked(self) -> tuple[np.ndarray, np.ndarray]:
        """Logits (CHECKED, N) and the layer's output (CHECKED, h, w, k) as Keras computes them."""
        with np.load(Path(self.folder) / "expected.npz") as found:
            return found["logits"], found["activations"]

    @classmethod
    def read(cls, folder: str | Path) -> Case:
        told = json.loads((Path(folder) / "case.json").read_text(encoding="utf-8"))
        return cls(**{**told, "folder": str(folder)})


def _mobilenet(zoo: Path | None) -> tuple[Any, str]:
    import keras

    folder = zoo / MOBILENET_FOLDER if zoo else None
    if folder is None or not folder.exists():
        return _application("MobileNet", alpha=0.25)(None)
    from xai_cam import load_model

    model = load_model(folder / "model.json", folder / "weights.h5")
    for layer in model.layers:
        if getattr(getattr(layer, "activation", None), "__name__", "") == "softmax":
            layer.activation = keras.activations.linear
    return model, "ImageNet"


def _seeded(build: Callable[[], Any]) -> tuple[Any, str]:
    from beside.seeding import seed_weights

    model = build()
    seed_weights(model)
    return model, "random, seeded"


def _application(name: str, **given: Any) -> Callable[[Path | None], tuple[Any, str]]:
    def build(_: Path | None) -> tuple[Any, str]:
        import keras

        return _seeded(
            lambda: getattr(keras.applications, name)(weights=None, classifier_activation=None, **given)
        )

    return build


NETWORKS: dict[str, tuple[str, str, Callable[[Path | None], tuple[Any, str]]]] = {
    "mobilenet_025": ("MobileNet 0.25", "conv_pw_13", _mobilenet),
    "mobilenet_v2": ("MobileNetV2", "Conv_1", _application("MobileNetV2")),
    "resnet50": ("ResNet50", "conv5_block3_3_conv", _application("ResNet50")),
    "vgg16_112": ("VGG16 at 112", "block5_conv3", _application("VGG16", input_shape=(112, 112, 3))),
}
"""Name -> title, target layer (the last convolution before the head) and how to build it."""


def prepare(name: str, folder: Path, zoo: Path | None = None) -> Case:
    """Build a network and write all that the contenders read: model, plain graph, images, what to expect."""
    import keras

    from beside.graph import describe, write_graph
    from beside.seeding import smooth_pictures

    title, layer, build = NETWORKS[name]
    model, weights = build(zoo)
    images = smooth_pictures(model.input_shape[1:], IMAGES)
    both = keras.Model(model.inputs, [model.outputs[0], model.get_layer(layer).output])
    logits, activations = (np.asarray(x) for x in both.predict(images, batch_size=4, verbose=0))
    if not (np.isfinite(logits).all() and np.isfinite(activations).all()):
        raise ValueError(f"{name} gives numbers that are not finite.")
    case = Case(
        name=title,
        layer=layer,
        weights=weights,
        class_index=int(logits[0].argmax()),
        live=(activations.max((1, 2)) > activations.min((1, 2))).sum(1).tolist(),
        grid=list(activations.shape[1:3]),
        folder=str(folder),
    )
    folder.mkdir(parents=True, exist_ok=True)
    model.save(case.model)
    write_graph(*describe(model), folder)
    np.save(folder / "images.npy", images)
    np.savez(folder / "expected.npz", logits=logits[:CHECKED], activations=activations[:CHECKED])
    (folder / "case.json").write_text(json.dumps(asdict(case)), encoding="utf-8")
    return case


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=NETWORKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zoo", type=Path)
    options = parser.parse_args()
    prepare(options.name, options.folder, options.zoo)


if __name__ == "__main__":
    main()
