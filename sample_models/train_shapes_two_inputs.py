"""Train the sample model `shapes_two_inputs`: which shape lies on the side that its second input asks for?

Run ``python train_shapes_two_inputs.py``. Every picture follows from the seed.
"""

import argparse
import csv
import os
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
from keras import layers
from make_shapes import CLASSES, Scene, draw_scene
from shapes_training import (
    GRID,
    SIDE,
    Arrays,
    Batches,
    Bytes,
    Floats,
    arguments,
    as_inputs,
    convolve,
    draw_all,
    fit,
    recolour,
    save_mask,
    save_picture,
    spotlight,
    with_weights_of_shapes,
    write,
)

NAME = "shapes_two_inputs"
LAST_LAYER = "smooth3"
LEFT, RIGHT = 0, 1
TRAINING, VALIDATION, TEST, SHOWN = range(4)
COUNTS = {TRAINING: 6000, VALIDATION: 400, TEST: 1000, SHOWN: 4}
SPOTLIGHT_SHARE = 0.5
SHOWN_SIDE = 192


def build_model() -> keras.Model:
    """Build a classifier whose maps are multiplied, column by column, by what it makes of the side."""
    picture = keras.Input((SIDE, SIDE, 3), name="picture")
    side = keras.Input((1,), name="side")
    x = convolve(picture, 16, "1_1", size=5, strides=2)
    x = layers.MaxPooling2D(name="pool1")(x)
    x = convolve(x, 32, "2_1")
    x = layers.MaxPooling2D(name="pool2")(x)
    x = convolve(x, 64, "3_1")
    x = convolve(x, 80, "3_2")
    columns = layers.Dense(GRID, "sigmoid", name="columns")(side)
    x = layers.Multiply(name="asked")([x, layers.Reshape((1, GRID, 1), name="across")(columns)])
    x = convolve(x, 64, "3_3", size=1)
    x = layers.AveragePooling2D(3, strides=1, padding="same", name=LAST_LAYER)(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    outputs = layers.Dense(len(CLASSES), "softmax", name="scores")(x)
    return keras.Model([picture, side], outputs, name=NAME)


def start() -> keras.Model:
    """The network before the training: its convolutions are those of `shapes`."""
    return with_weights_of_shapes(build_model())


def draw(seed: int, split: int, index: int, size: int = SIDE) -> Scene:
    """Draw the scene of one picture: a shape on the left, another one on the right."""
    rng = np.random.default_rng([seed, split, index])
    return draw_scene(rng, rng.choice(CLASSES, 2, replace=False).tolist(), size, halves=True)


def answer(name: str, visible: list[str]) -> Floats:
    """One for the class, or equal shares for all where its shape cannot be seen."""
    if name not in visible:
        return np.full(len(CLASSES), 1 / len(CLASSES), np.float32)
    return np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(name)]


def draw_example(seed: int, split: int, index: int) -> tuple[Bytes, Floats, Floats]:
    """A picture of a split, and the answers for the left and for the right."""
    scene = draw(seed, split, index)
    names = [item.name for item in scene.objects]
    rng = np.random.default_rng([seed, split, index, 1])
    dark = split == TRAINING and rng.random() < SPOTLIGHT_SHARE
    picture, visible = spotlight(rng, scene) if dark else (scene.picture, names)
    return picture, answer(names[LEFT], visible), answer(names[RIGHT], visible)


def draw_split(seed: int, split: int) -> Arrays:
    """Draw all pictures of a split, and both answers to each."""
    return draw_all(partial(draw_example, seed, split), COUNTS[split])


def ask(pictures: Floats, sides: Floats) -> dict[str, Floats]:
    """The inputs of the model."""
    return {"picture": pictures, "side": np.asarray(sides, np.float32).reshape(-1, 1)}


def change(
    rng: np.random.Generator, pictures: Bytes, left: Floats, right: Floats
) -> tuple[dict[str, Floats], Floats]:
    """Mirror pictures from top to bottom and from left to right, by chance, and ask for either side."""
    if rng.random() < 0.5:
        pictures = pictures[:, ::-1]
    if rng.random() < 0.5:
        pictures, left, right = pictures[:, :, ::-1], right, left
    sides = rng.integers(2, size=len(pictures))
    return ask(recolour(rng, pictures), sides), np.where(sides[:, None] == LEFT, left, right)


def train(seed: int, epochs: int) -> tuple[keras.Model, float]:
    """Train the model; return it with the best weights on the validation pictures, and the seconds taken."""
    keras.utils.set_random_seed(seed)
    began = time.perf_counter()
    batches = Batches(draw_split(seed, TRAINING), change, seed)
    pictures, left, right = draw_split(seed, VALIDATION)
    twice = ask(np.tile(as_inputs(pictures), (2, 1, 1, 1)), np.repeat([LEFT, RIGHT], len(pictures)))
    validation = twice, np.concatenate([left, right])
    model = fit(start, "categorical_crossentropy", batches, validation, epochs, 2e-3)
    return model, time.perf_counter() - began


def accuracies(model: keras.Model, pictures: Bytes, left: Floats, right: Floats) -> dict[str, float]:
    """Shares of right answers: asked for each side, for the other one, and with the side held between."""
    told = {
        side: np.asarray(
            model.predict(ask(as_inputs(pictures), np.full(len(pictures), side)), verbose=0)
        ).argmax(axis=1)
        for side in (LEFT, RIGHT, 0.5)
    }
    truth = {LEFT: left.argmax(axis=1), RIGHT: right.argmax(axis=1)}

    def share(asked: float, of: int) -> float:
        return float(np.mean(told[asked] == truth[of]))

    return {
        "left": share(LEFT, LEFT),
        "right": share(RIGHT, RIGHT),
        "asked for the other side": (share(LEFT, RIGHT) + share(RIGHT, LEFT)) / 2,
        "not asked": (share(0.5, LEFT) + share(0.5, RIGHT)) / 2,
    }


def card(model: keras.Model, options: argparse.Namespace, seconds: float) -> str:
    """Write the model card, with its measured numbers."""
    seed = options.seed
    found = accuracies(model, *draw_split(seed, TEST))
    return f"""# {NAME}

A small Keras 3 classifier of two inputs: a picture of two drawn shapes, and a number that asks for the left
one (0) or the right one (1). It tells which of six shapes lies there (softmax). It is a sample of a model
with several inputs, to explain with heat maps: the picture alone does not say what is asked.

- Classes, in index order: {", ".join(CLASSES)}.
- Inputs: `picture`, RGB of {SIDE} x {SIDE} pixels, as floats scaled to 0-1 before they enter the model;
  `side`, a vector of one number, 0 or 1.
- Network: convolutions with batch normalisation and ReLU; of the side, a dense layer makes a number for each
  of the {GRID} columns of the maps (`columns`), by which they are multiplied (`asked`); one more convolution,
  global average pooling, one dense layer; {model.count_params():,} parameters. The last layer with a map,
  `{LAST_LAYER}` ({GRID} x {GRID}), is a running average of the last convolution's output.
- `pictures/`: {COUNTS[SHOWN]} pictures that the training has not seen; `masks/left/` and `masks/right/`:
  which pixels belong to the shape on either side; `sides.csv`: for each picture a side, and what lies there.
- Licence: MIT.

## Training

- Data: pictures drawn by `make_shapes.py`: two textured shapes of different classes, one with its middle in
  the left two fifths and one in the right two fifths, and distractors that belong to no class, on cluttered
  backgrounds. {COUNTS[TRAINING]:,} training and {COUNTS[VALIDATION]:,} validation pictures.
  {SPOTLIGHT_SHARE:.0%} of the training pictures are darkened smoothly around some of their objects; where the
  shape asked for lies in the dark, the target is equal shares for all classes.
- It started from the convolutions of [`shapes`](../shapes/CARD.md), which know the six shapes.
- Seed: {seed}. Picture number `i` of a split follows from the seeds `({seed}, split, i)`, where the split is
  {TRAINING} for training, {VALIDATION} for validation, {TEST} for the test and {SHOWN} for `pictures/`.
- Command: `python sample_models/train_{NAME}.py --seed {seed} --epochs {options.epochs}`
- Time: {seconds / 60:.1f} minutes on {os.cpu_count()} shared CPU cores with Keras {keras.__version__}, the
  drawing of the pictures included.

## Measured

On {COUNTS[TEST]:,} unseen pictures, each asked for both sides:

- Accuracy: {found["left"]:.1%} asked for the left shape, {found["right"]:.1%} asked for the right one.
- Without the second input, held at 0.5 where nothing is asked: {found["not asked"]:.1%}. Two shapes are there
  and no picture says which one is meant, so nothing can be right more often than half of the time.
- Asked for the wrong side: {found["asked for the other side"]:.1%}.

## Not for

Photographs, hand drawings or any shapes other than those of `make_shapes.py`, and pictures with both shapes
on the same side. The model is good for trying out heat maps and for tests, and nothing else.
"""


def save_pictures(seed: int, folder: Path) -> None:
    """Write the pictures that are shown, the pixels of their shapes, and which side is asked of each."""
    rows = []
    for index in range(COUNTS[SHOWN]):
        scene = draw(seed, SHOWN, index, SHOWN_SIDE)
        file = f"{index + 1:02}.png"
        save_picture(scene.picture, folder / "pictures" / file)
        for item, side in zip(scene.objects, ("left", "right"), strict=True):
            save_mask(item.mask, folder / "masks" / side / file)
        asked = index % 2
        rows.append((file, asked, scene.objects[asked].name))
    with (folder / "sides.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([("image", "side", "class"), *rows])


def main() -> None:
    """Train the model and write its files."""
    options = arguments("Train the classifier of the shape on one side.", epochs=8).parse_args()
    model, seconds = train(options.seed, options.epochs)
    folder = options.out / NAME
    write(model, folder, CLASSES, card(model, options, seconds))
    save_pictures(options.seed, folder)


if __name__ == "__main__":
    main()
