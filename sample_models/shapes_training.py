"""What the training scripts of drawn shapes share: pictures in the dark, batches, the fit, files."""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
from make_shapes import Scene

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Arrays = tuple[npt.NDArray[Any], ...]

SIDE = 96
GRID = 12


def convolve(
    x: keras.KerasTensor, filters: int, name: str, size: int = 3, strides: int = 1
) -> keras.KerasTensor:
    """A convolution, its normalisation and a ReLU."""
    layer = keras.layers.Conv2D(filters, size, strides, padding="same", use_bias=False, name=f"conv{name}")
    x = layer(x)
    x = keras.layers.BatchNormalization(momentum=0.95, name=f"norm{name}")(x)
    return keras.layers.ReLU(name=f"relu{name}")(x)


def spotlight(rng: np.random.Generator, scene: Scene) -> tuple[Bytes, list[str]]:
    """Darken a picture smoothly around some of its objects.

    Returns
    -------
    tuple
        The darkened picture and the names of the objects that stay visible.
    """
    names = [item.name for item in scene.objects]
    lit = [name for name in names if rng.random() < 0.6] if rng.random() < 0.7 else names
    light = rng.uniform(0, rng.uniform(0.05, 1.0), (GRID, GRID)).astype(np.float32)
    for item in scene.objects:
        near = cv2.dilate(item.mask.astype(np.float32), np.ones((5, 5)))
        near = cv2.resize(near, (GRID, GRID), interpolation=cv2.INTER_AREA)
        if item.name in lit:
            light = np.maximum(light, np.minimum(1, near * 3) * rng.uniform(0.7, 1.0))
        else:
            light = np.where(near > 0, light * 0.1, light)
    mask = cv2.resize(light, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return (scene.picture * mask[..., None]).astype(np.uint8), lit


def draw_all(draw: Callable[[int], Arrays], count: int) -> Arrays:
    """Draw examples number 0 to `count` at once, and stack what makes them up."""
    with ThreadPoolExecutor() as pool:
        examples = list(pool.map(draw, range(count)))
    return tuple(np.stack(parts) for parts in zip(*examples, strict=True))


def as_inputs(pictures: Bytes) -> Floats:
    """Scaled to 0-1, as the models take them."""
    return pictures.astype(np.float32) / 255


def recolour(rng: np.random.Generator, pictures: Bytes) -> Floats:
    """Pictures as inputs, each dimmed or lit, all with their colour channels exchanged."""
    light = rng.uniform(0.7, 1.2, (len(pictures), 1, 1, 1)).astype(np.float32) / 255
    return np.minimum(pictures[..., rng.permutation(3)] * light, 1)


class Batches(keras.utils.PyDataset):
    """Training batches, shuffled anew for every epoch.

    Parameters
    ----------
    examples : tuple of arrays
        What `draw_all` returns.
    change : callable
        From a random generator and the rows of a batch to its inputs and targets.
    """

    def __init__(
        self, examples: Arrays, change: Callable[..., tuple[Any, Any]], seed: int, size: int = 64
    ) -> None:
        super().__init__()
        self.examples, self.change, self.size = examples, change, size
        self.rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.examples[0]) // self.size

    def on_epoch_end(self) -> None:
        """Shuffle."""
        self.order = self.rng.permutation(len(self.examples[0]))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        chosen = self.order[index * self.size : (index + 1) * self.size]
        return self.change(self.rng, *(rows[chosen] for rows in self.examples))


def with_weights_of_shapes(model: keras.Model) -> keras.Model:
    """The model, its layers that the sample model `shapes` has too with the weights that they have there."""
    folder = Path(__file__).parent / "shapes"
    shapes = keras.models.model_from_json((folder / "model.json").read_text(encoding="utf-8"))
    shapes.load_weights(folder / "model.weights.h5")
    known = {layer.name: layer for layer in shapes.layers if layer.name.startswith(("conv", "norm"))}
    for layer in model.layers:
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
    return model


def fit(
    build: Callable[[], keras.Model],
    loss: str,
    batches: Batches,
    validation: tuple[Any, Any],
    epochs: int,
    peak: float = 4e-3,
) -> keras.Model:
    """Train a model; return it with the best weights on the validation examples."""
    model = build()
    steps = epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps, 0.01, warmup_target=peak, warmup_steps=steps // 10
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.01),
        loss=loss,
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)
    model.fit(batches, validation_data=validation, epochs=epochs, callbacks=[best], verbose=2)
    trained = build()  # without the state of the optimizer
    trained.set_weights(model.get_weights())
    return trained


def write(
    model: keras.Model, folder: Path, labels: Sequence[str], card: str, loss: str | None = None
) -> None:
    """Write the files of a sample model, with the name of its loss if it is to be kept."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_weights(folder / "model.weights.h5")
    if loss is not None:
        model.compile("sgd", loss)  # with the weights behind us: they would hold the optimizer's
    (folder / "model.json").write_text(model.to_json(indent=1) + "\n", encoding="utf-8")
    (folder / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(card, encoding="utf-8")
    print(f"{model.name}: written to {folder}", flush=True)


def save_picture(picture: Bytes, file: Path) -> None:
    """Write a picture as PNG."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def save_mask(mask: npt.NDArray[np.bool_], file: Path) -> None:
    """Write a mask as PNG, white where it is true."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), mask.astype(np.uint8) * 255)


def arguments(summary: str, epochs: int) -> argparse.ArgumentParser:
    """The options that all training scripts have."""
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--seed", type=int, default=0, help="seed of pictures and weights (default: 0)")
    parser.add_argument(
        "--epochs", type=int, default=epochs, help=f"rounds over the pictures (default: {epochs})"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="default: beside the script")
    return parser
