"""Train the two sample models on drawn shapes and write them with their model cards.

Run ``python train_shapes.py`` to train both: ``shapes`` (softmax over six classes) and
``shapes_binary`` (one sigmoid unit: circle or star). Every picture follows from the seed.
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from make_shapes import CLASSES, draw_scene
from shapes_training import (
    GRID,
    SIDE,
    Batches,
    Bytes,
    Floats,
    arguments,
    as_inputs,
    convolve,
    draw_all,
    fit,
    recolour,
    spotlight,
    write,
)

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
    return draw_all(lambda index: draw_example(task, seed, split, index), COUNTS[split])


def change(rng: np.random.Generator, pictures: Bytes) -> Floats:
    """Turn, mirror and dim a batch of pictures, and exchange their colour channels, by chance."""
    pictures = np.rot90(pictures, int(rng.integers(4)), axes=(1, 2))
    if rng.random() < 0.5:
        pictures = pictures[:, :, ::-1]
    return recolour(rng, pictures)


def train(task: Task, seed: int, epochs: int) -> tuple[keras.Model, float]:
    """Train a model; return it with the best weights on the validation split, and the seconds taken."""
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    print(f"{task.name}: drawing {COUNTS[TRAINING]} training pictures ...", flush=True)
    examples = draw_split(task, seed, TRAINING)
    batches = Batches(examples, lambda rng, pictures, targets: (change(rng, pictures), targets), seed)
    pictures, targets = draw_split(task, seed, VALIDATION)
    loss = "binary_crossentropy" if task.binary else "categorical_crossentropy"
    model = fit(lambda: build_model(task), loss, batches, (as_inputs(pictures), targets), epochs)
    return model, time.perf_counter() - start


def measure(task: Task, model: keras.Model, seed: int) -> tuple[float, float | None]:
    """Measure a model on unseen pictures.

    Returns
    -------
    tuple
        The accuracy on pictures of one object and, for the softmax model, the share of pictures of
        two objects whose two classes have the two highest scores.
    """

    def scores(pictures: Bytes) -> Floats:
        return np.asarray(model.predict(as_inputs(pictures), verbose=0))

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
    parser = arguments("Train the sample models on drawn shapes.", epochs=14)
    parser.add_argument("--model", choices=(*TASKS, "both"), default="both", help="default: both")
    options = parser.parse_args()
    for name in TASKS if options.model == "both" else (options.model,):
        task = TASKS[name]
        model, seconds = train(task, options.seed, options.epochs)
        write(model, options.out / name, task.classes, card(task, model, options, seconds))


if __name__ == "__main__":
    main()
