"""Train the sample model `shapes_regression`: how large is the heart, and how far is it turned?

Run ``python train_shapes_regression.py``. Every picture follows from the seed.
"""

import argparse
import csv
import os
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
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

NAME = "shapes_regression"
SHAPE = "heart"
OTHERS = tuple(name for name in CLASSES if name != SHAPE)
LABELS = ("area", "angle")
UNITS = np.array([2.0, 35.0], np.float32)
MOST = 60.0
LAST_LAYER = "smooth3"
TRAINING, VALIDATION, TEST, SHOWN = range(4)
COUNTS = {TRAINING: 6000, VALIDATION: 400, TEST: 1000, SHOWN: 4}
NONE_SHARE, OTHER_SHARE, SPOTLIGHT_SHARE = 0.06, 0.4, 0.4
SHOWN_SIDE = 192


def build_model() -> keras.Model:
    """Build three stages of convolutions, a global average, a dense layer and two linear units."""
    inputs = keras.Input((SIDE, SIDE, 3), name="picture")
    x = convolve(inputs, 16, "1_1", size=5, strides=2)
    x = layers.MaxPooling2D(name="pool1")(x)
    x = convolve(x, 32, "2_1")
    x = layers.MaxPooling2D(name="pool2")(x)
    x = convolve(x, 64, "3_1")
    x = convolve(x, 80, "3_2")
    x = convolve(x, 64, "3_3", size=1)
    x = layers.AveragePooling2D(3, strides=1, padding="same", name=LAST_LAYER)(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(48, "relu", name="dense")(x)
    outputs = layers.Dense(len(LABELS), name="measures")(x)
    return keras.Model(inputs, outputs, name=NAME)


def start() -> keras.Model:
    """The network before the training: its convolutions are those of `shapes`."""
    return with_weights_of_shapes(build_model())


def draw(seed: int, split: int, index: int, side: int = SIDE) -> tuple[Scene, float]:
    """Draw the scene of one picture, and how far its heart is turned clockwise, in degrees."""
    rng = np.random.default_rng([seed, split, index])
    angle = float(rng.uniform(-MOST, MOST))
    names = [SHAPE] if split != TRAINING or rng.random() > NONE_SHARE else []
    if rng.random() < OTHER_SHARE:
        names.append(str(rng.choice(OTHERS)))
    return draw_scene(rng, names, side, turn=np.radians(angle) if SHAPE in names else None), angle


def measures(scene: Scene, angle: float) -> Floats:
    """Percent of the picture that the heart covers, and its angle; two zeros without one."""
    area = 100 * scene.mask_of(SHAPE).mean()
    return np.array([area, angle if area else 0], np.float32)


def draw_example(seed: int, split: int, index: int) -> tuple[Bytes, Floats]:
    """A picture of a split, and what is to be measured; a heart in the dark is none."""
    scene, angle = draw(seed, split, index)
    found = measures(scene, angle)
    rng = np.random.default_rng([seed, split, index, 1])
    if split == TRAINING and rng.random() < SPOTLIGHT_SHARE:
        picture, lit = spotlight(rng, scene)
        return picture, found * (SHAPE in lit)
    return scene.picture, found


def draw_split(seed: int, split: int) -> Arrays:
    """Draw all pictures of a split, and what is to be measured."""
    return draw_all(partial(draw_example, seed, split), COUNTS[split])


def change(rng: np.random.Generator, pictures: Bytes, found: Floats) -> tuple[Floats, Floats]:
    """Mirror pictures by chance, which turns a heart the other way; measures are over their units."""
    if rng.random() < 0.5:
        pictures, found = pictures[:, :, ::-1], found * np.array([1, -1], np.float32)
    return recolour(rng, pictures), found / UNITS


def train(seed: int, epochs: int) -> tuple[keras.Model, float]:
    """Train the model; return it with the best weights on the validation pictures, and the seconds taken.

    It is trained on measures of about the same size. The last layer is then multiplied, so that the model
    gives percent and degrees, and the loss is noted in it: that tells a regression from two classes.
    """
    keras.utils.set_random_seed(seed)
    began = time.perf_counter()
    batches = Batches(draw_split(seed, TRAINING), change, seed)
    pictures, found = draw_split(seed, VALIDATION)
    model = fit(start, "mse", batches, (as_inputs(pictures), found / UNITS), epochs, 2e-3)
    last = model.get_layer("measures")
    last.set_weights([weights * UNITS for weights in last.get_weights()])
    return model, time.perf_counter() - began


def errors(model: keras.Model, pictures: Bytes, found: Floats) -> npt.NDArray[np.float64]:
    """Mean absolute errors of both measures."""
    told = np.asarray(model.predict(as_inputs(pictures), verbose=0))
    return np.asarray(np.abs(told - found).mean(axis=0), float)


def card(model: keras.Model, options: argparse.Namespace, seconds: float) -> str:
    """Write the model card, with its measured numbers."""
    seed = options.seed
    pictures, found = draw_split(seed, TEST)
    area, angle = errors(model, pictures, found)
    (least, lowest), (most, highest) = found.min(axis=0), found.max(axis=0)
    blind_area, blind_angle = np.abs(found - np.median(found, axis=0)).mean(axis=0)
    return f"""# {NAME}

A small Keras 3 network that tells two measures of the heart in a picture of drawn shapes: how much of the
picture it covers, in percent, and how far it is turned clockwise from upright, in degrees. It is a sample of
a regression, to explain with heat maps.

- Outputs, in order, as in `labels.txt`: {", ".join(LABELS)}; two linear units. `model.json` keeps the loss
  that it was trained with, `mse`: that tells a regression from the scores of two classes.
- Network: convolutions with batch normalisation and ReLU, global average pooling, one dense layer, two units;
  {model.count_params():,} parameters. The last layer with a map, `{LAST_LAYER}` ({GRID} x {GRID}), is a
  running average of the last convolution's output.
- Input: RGB pictures of {SIDE} x {SIDE} pixels, as floats scaled to 0-1 before they enter the model.
- `pictures/`, `masks/` and `truth.csv`: {COUNTS[SHOWN]} pictures that the training has not seen, the pixels
  of the heart in each, and its true measures.
- Licence: MIT.

## Training

- Data: pictures drawn by `make_shapes.py`: a textured heart, turned by up to {MOST:.0f} degrees to either
  side, distractors, and in {OTHER_SHARE:.0%} of them one more shape, on cluttered backgrounds.
  {COUNTS[TRAINING]:,} training and {COUNTS[VALIDATION]:,} validation pictures. {NONE_SHARE:.0%} of the
  training pictures have no heart, and {SPOTLIGHT_SHARE:.0%} are darkened smoothly around some of their
  objects. Without a heart, and with one in the dark, both measures are 0.
- It started from the convolutions of [`shapes`](../shapes/CARD.md), which know the six shapes.
- Seed: {seed}. Picture number `i` of a split follows from the seeds `({seed}, split, i)`, where the split is
  {TRAINING} for training, {VALIDATION} for validation, {TEST} for the test and {SHOWN} for `pictures/`.
- Command: `python sample_models/train_{NAME}.py --seed {seed} --epochs {options.epochs}`
- Time: {seconds / 60:.1f} minutes on {os.cpu_count()} shared CPU cores with Keras {keras.__version__}, the
  drawing of the pictures included.

## Measured

Mean absolute errors on {COUNTS[TEST]:,} unseen pictures with a heart, and those of always telling the median:

| measure | from | to | error | error of the median |
|---|---|---|---|---|
| area, percent of the picture | {least:.1f} | {most:.1f} | {area:.2f} | {blind_area:.2f} |
| angle, degrees | {lowest:.0f} | {highest:.0f} | {angle:.1f} | {blind_angle:.1f} |

## Not for

Photographs, hand drawings or any shapes other than those of `make_shapes.py`, hearts that stand on their
heads, and several hearts. The model is good for trying out heat maps and for tests, and nothing else.
"""


def save_pictures(seed: int, folder: Path) -> None:
    """Write the pictures that are shown, the pixels of the hearts, and their measures."""
    rows = []
    for index in range(COUNTS[SHOWN]):
        scene, angle = draw(seed, SHOWN, index, SHOWN_SIDE)
        file = f"{index + 1:02}.png"
        save_picture(scene.picture, folder / "pictures" / file)
        save_mask(scene.mask_of(SHAPE), folder / "masks" / file)
        area, turned = measures(scene, angle)
        rows.append((file, f"{area:.2f}", f"{turned:.1f}"))
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([("image", *LABELS), *rows])


def main() -> None:
    """Train the model and write its files."""
    options = arguments("Train the network that measures hearts.", epochs=12).parse_args()
    model, seconds = train(options.seed, options.epochs)
    folder = options.out / NAME
    write(model, folder, LABELS, card(model, options, seconds), loss="mse")
    save_pictures(options.seed, folder)


if __name__ == "__main__":
    main()
