"""Train the two sample models on drawn shapes and write them with their model cards.

Run ``python train_shapes.py`` to train both: ``shapes`` (softmax over six classes) and
``shapes_binary`` (one sigmoid unit: circle or star). Every picture follows from the seed.
"""

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
import numpy.typing as npt
from make_shapes import CLASSES, Scene, draw_scene

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

SIDE = 96
GRID = 12
LAST_LAYER = "smooth3"
TRAINING, VALIDATION, TEST, PAIRS = range(4)
COUNTS = {TRAINING: 8000, VALIDATION: 600, TEST: 1500, PAIRS: 500}
NONE_SHARE, PAIR_SHARE, SPOTLIGHT_SHARE = 0.06, 0.28, 0.5


@dataclass(frozen=True)
class Task:
    """One model to train: its folder, its classes in index order and what it is."""

    name: str
    classes: tuple[str, ...]
    summary: str

    @property
    def binary(self) -> bool:
        """Whether the model has one sigmoid unit."""
        return len(self.classes) == 2


TASKS = {
    task.name: task
    for task in (
        Task("shapes", CLASSES, "tells which of six shapes a picture shows (softmax)"),
        Task("shapes_binary", ("circle", "star"), "tells stars (1) from circles (0) (one sigmoid unit)"),
    )
}


def build_model(task: Task) -> keras.Model:
    """Build the network: three stages of convolutions, global average pooling and one dense layer.

    The last stage ends in a running average over 3 x 3 cells, which moves the peaks of heat maps from
    the rims of the objects to their middles.
    """
    inputs = keras.Input((SIDE, SIDE, 3), name="picture")

    def convolve(
        x: keras.KerasTensor, filters: int, name: str, size: int = 3, strides: int = 1
    ) -> keras.KerasTensor:
        layer = keras.layers.Conv2D(
            filters, size, strides, padding="same", use_bias=False, name=f"conv{name}"
        )
        x = layer(x)
        x = keras.layers.BatchNormalization(momentum=0.95, name=f"norm{name}")(x)
        return keras.layers.ReLU(name=f"relu{name}")(x)

    x = convolve(inputs, 16, "1_1", size=5, strides=2)
    x = keras.layers.MaxPooling2D(name="pool1")(x)
    x = convolve(x, 32, "2_1")
    x = keras.layers.MaxPooling2D(name="pool2")(x)
    x = convolve(x, 64, "3_1")
    x = convolve(x, 80, "3_2")
    x = convolve(x, 64, "3_3", size=1)
    x = keras.layers.AveragePooling2D(3, strides=1, padding="same", name=LAST_LAYER)(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    units, activation = (1, "sigmoid") if task.binary else (len(task.classes), "softmax")
    outputs = keras.layers.Dense(units, activation, name="scores")(x)
    return keras.Model(inputs, outputs, name=task.name)


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


def target(task: Task, names: Sequence[str]) -> Floats:
    """Return equal shares for the visible classes; without any, equal shares for all classes."""
    visible = np.array([name in names for name in task.classes])
    shares = visible / visible.sum() if visible.any() else np.full(len(visible), 1 / len(visible))
    return np.asarray(shares[1:] if task.binary else shares, np.float32)


def draw_example(task: Task, seed: int, split: int, index: int) -> tuple[Bytes, Floats]:
    """Draw one picture of a split, with its target.

    Test pictures show one object, pairs two. The other splits mix one, two and no objects.
    """
    rng = np.random.default_rng([seed, split, index])
    plain = split in (TEST, PAIRS)
    shares = [NONE_SHARE, 1 - NONE_SHARE - PAIR_SHARE, PAIR_SHARE]
    count = (1 if split == TEST else 2) if plain else rng.choice(3, p=shares)
    names = rng.choice(task.classes, count, replace=False).tolist()
    scene = draw_scene(rng, names, SIDE)
    if plain or rng.random() > SPOTLIGHT_SHARE:
        return scene.picture, target(task, names)
    picture, names = spotlight(rng, scene)
    return picture, target(task, names)


def draw_split(task: Task, seed: int, split: int) -> tuple[Bytes, Floats]:
    """Draw all pictures and targets of a split."""
    with ThreadPoolExecutor() as pool:
        examples = list(pool.map(lambda index: draw_example(task, seed, split, index), range(COUNTS[split])))
    pictures, targets = zip(*examples, strict=True)
    return np.stack(pictures), np.stack(targets)


class Batches(keras.utils.PyDataset):
    """Training batches, scaled to 0-1: turned, mirrored, dimmed, with colour channels exchanged."""

    def __init__(self, pictures: Bytes, targets: Floats, seed: int, size: int = 64) -> None:
        super().__init__()
        self.pictures, self.targets, self.size = pictures, targets, size
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(pictures))

    def __len__(self) -> int:
        return len(self.pictures) // self.size

    def on_epoch_end(self) -> None:
        """Shuffle."""
        self.order = self.rng.permutation(len(self.pictures))

    def __getitem__(self, index: int) -> tuple[Floats, Floats]:
        chosen = self.order[index * self.size : (index + 1) * self.size]
        pictures = np.rot90(self.pictures[chosen], int(self.rng.integers(4)), axes=(1, 2))
        if self.rng.random() < 0.5:
            pictures = pictures[:, :, ::-1]
        light = self.rng.uniform(0.7, 1.2, (self.size, 1, 1, 1)).astype(np.float32) / 255
        return np.minimum(pictures[..., self.rng.permutation(3)] * light, 1), self.targets[chosen]


def train(task: Task, seed: int, epochs: int) -> tuple[keras.Model, float]:
    """Train a model; return it with the best weights on the validation split, and the seconds taken."""
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    print(f"{task.name}: drawing {COUNTS[TRAINING]} training pictures ...", flush=True)
    batches = Batches(*draw_split(task, seed, TRAINING), seed)
    pictures, targets = draw_split(task, seed, VALIDATION)
    model = build_model(task)
    steps = epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps, 0.01, warmup_target=4e-3, warmup_steps=steps // 10
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.01),
        loss="binary_crossentropy" if task.binary else "categorical_crossentropy",
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)
    validation = (pictures.astype(np.float32) / 255, targets)
    model.fit(batches, validation_data=validation, epochs=epochs, callbacks=[best], verbose=2)
    trained = build_model(task)  # without the state of the optimizer
    trained.set_weights(model.get_weights())
    return trained, time.perf_counter() - start


def measure(task: Task, model: keras.Model, seed: int) -> tuple[float, float | None]:
    """Measure a model on unseen pictures.

    Returns
    -------
    tuple
        The accuracy on pictures of one object and, for the softmax model, the share of pictures of
        two objects whose two classes have the two highest scores.
    """

    def scores(pictures: Bytes) -> Floats:
        return np.asarray(model.predict(pictures.astype(np.float32) / 255, verbose=0))

    pictures, targets = draw_split(task, seed, TEST)
    if task.binary:
        return float(np.mean((scores(pictures) > 0.5) == (targets > 0.5))), None
    accuracy = float(np.mean(scores(pictures).argmax(axis=1) == targets.argmax(axis=1)))
    pictures, targets = draw_split(task, seed, PAIRS)
    top = np.argsort(scores(pictures), axis=1)[:, -2:]
    return accuracy, float(np.mean(np.take_along_axis(targets, top, axis=1).all(axis=1)))


def card(task: Task, model: keras.Model, options: argparse.Namespace, seconds: float) -> str:
    """Write the model card, with its measured numbers."""
    seed, cores = options.seed, os.cpu_count()
    accuracy, pairs = measure(task, model, seed)
    measured = f"- Accuracy: {accuracy:.1%} of {COUNTS[TEST]:,} unseen pictures with one object."
    if pairs is not None:
        measured += f"""
- Unseen pictures with two objects whose two classes get the two highest scores: {pairs:.1%} of
  {COUNTS[PAIRS]:,}."""
    command = f"--model {task.name} --seed {seed} --epochs {options.epochs}"
    return f"""# {task.name}

A small Keras 3 image classifier that {task.summary}.
It is a sample to explain with heat maps.

- Classes, in index order: {", ".join(task.classes)}.
- Network: convolutions with batch normalisation and ReLU, global average pooling, one dense layer;
  {model.count_params():,} parameters. The last layer with a map, `{LAST_LAYER}` ({GRID} x {GRID}), is a
  running average of the last convolution's output.
- Input: RGB pictures of {SIDE} x {SIDE} pixels, as floats scaled to 0-1 before they enter the model.
- Licence: MIT.

## Training

- Data: pictures drawn by `make_shapes.py`: textured shapes and distractors that belong to no class, on
  cluttered backgrounds. {COUNTS[TRAINING]:,} training and {COUNTS[VALIDATION]:,} validation pictures,
  {1 - NONE_SHARE - PAIR_SHARE:.0%} of them with one object, {PAIR_SHARE:.0%} with two objects of different
  classes (equal targets for both) and {NONE_SHARE:.0%} with none (equal targets for all classes).
  {SPOTLIGHT_SHARE:.0%} of the pictures are darkened smoothly around some of their objects; an object in the
  dark does not count in the target.
- Seed: {seed}. Picture number `i` of a split follows from the seeds `({seed}, split, i)`, where
  the split is {TRAINING} for training, {VALIDATION} for validation, {TEST} for the test with one object
  and {PAIRS} for the test with two.
- Command: `python sample_models/train_shapes.py {command}`
- Time: {seconds / 60:.1f} minutes on {cores} CPU cores with Keras {keras.__version__}, the drawing of
  the pictures included.

## Measured

{measured}

## Not for

Photographs, hand drawings or any shapes other than those of `make_shapes.py`. A picture without any of
the classes still gets scores. The model is good for trying out heat maps and for tests, and nothing else.
"""


def main() -> None:
    """Train the chosen models and write their files."""
    parser = argparse.ArgumentParser(description="Train the sample models on drawn shapes.")
    parser.add_argument("--model", choices=(*TASKS, "both"), default="both", help="default: both")
    parser.add_argument("--seed", type=int, default=0, help="seed of pictures and weights (default: 0)")
    parser.add_argument("--epochs", type=int, default=14, help="rounds over the pictures (default: 14)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="default: beside the script")
    options = parser.parse_args()
    for name in TASKS if options.model == "both" else (options.model,):
        task = TASKS[name]
        model, seconds = train(task, options.seed, options.epochs)
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.json").write_text(model.to_json(indent=1) + "\n", encoding="utf-8")
        model.save_weights(folder / "model.weights.h5")
        (folder / "labels.txt").write_text("\n".join(task.classes) + "\n", encoding="utf-8")
        (folder / "CARD.md").write_text(card(task, model, options, seconds), encoding="utf-8")
        print(f"{name}: written to {folder} after {seconds:.0f} seconds", flush=True)


if __name__ == "__main__":
    main()
