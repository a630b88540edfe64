"""Train the sample model `shapes_unet`, which tells of each pixel which drawn shape it belongs to.

Run ``python train_shapes_unet.py``. Every picture follows from the seed.
"""

import argparse
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
from keras import layers
from make_shapes import CLASSES, Scene, draw_scene
from shapes_training import (
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
    write,
)

NAME = "shapes_unet"
LABELS = ("background", *CLASSES)
TRAINING, VALIDATION, TEST, SHOWN = range(4)
COUNTS = {TRAINING: 6000, VALIDATION: 300, TEST: 500, SHOWN: 4}
OBJECTS = (0.05, 0.4, 0.4, 0.15)
SPOTLIGHT_SHARE = 0.4
SHOWN_SIDE = 192


def build_model() -> keras.Model:
    """Build a U-Net of three poolings, the way up meets the maps of the way down; a softmax at each pixel."""
    inputs = keras.Input((SIDE, SIDE, 3), name="picture")
    x, before = inputs, []
    for level, filters in enumerate((8, 16, 32), start=1):
        x = convolve(x, filters, f"_down{level}")
        before.append(x)
        x = layers.MaxPooling2D(name=f"pool{level}")(x)
    x = convolve(x, 64, "_bottom1")
    x = convolve(x, 64, "_bottom2")
    x = convolve(x, 64, "_bottom3")
    for level, filters in ((3, 32), (2, 16), (1, 8)):
        x = layers.UpSampling2D(name=f"up{level}")(x)
        x = layers.Concatenate(name=f"join{level}")([x, before[level - 1]])
        x = convolve(x, filters, f"_up{level}")
    outputs = layers.Conv2D(len(LABELS), 1, activation="softmax", name="scores")(x)
    return keras.Model(inputs, outputs, name=NAME)


def draw(seed: int, split: int, index: int, side: int = SIDE) -> Scene:
    """Draw the scene of one picture: up to three objects of different classes."""
    rng = np.random.default_rng([seed, split, index])
    count = 2 if split == SHOWN else rng.choice(len(OBJECTS), p=OBJECTS)
    return draw_scene(rng, rng.choice(CLASSES, count, replace=False).tolist(), side)


def classes_of(scene: Scene, names: list[str]) -> Bytes:
    """The class of each pixel; objects of other names are background."""
    found = np.zeros(scene.picture.shape[:2], np.uint8)
    for item in scene.objects:
        if item.name in names:
            found[item.mask] = LABELS.index(item.name)
    return found


def draw_example(seed: int, split: int, index: int) -> tuple[Bytes, Bytes]:
    """A picture of a split, and the class of each pixel."""
    scene = draw(seed, split, index)
    rng = np.random.default_rng([seed, split, index, 1])
    if split == TRAINING and rng.random() < SPOTLIGHT_SHARE:
        picture, lit = spotlight(rng, scene)
        return picture, classes_of(scene, lit)
    return scene.picture, classes_of(scene, [item.name for item in scene.objects])


def draw_split(seed: int, split: int) -> Arrays:
    """Draw all pictures of a split, and the classes of their pixels."""
    return draw_all(partial(draw_example, seed, split), COUNTS[split])


def change(rng: np.random.Generator, pictures: Bytes, classes: Bytes) -> tuple[Floats, Bytes]:
    """Turn and mirror pictures and classes alike, by chance."""
    quarters = int(rng.integers(4))
    pictures, classes = (np.rot90(rows, quarters, axes=(1, 2)) for rows in (pictures, classes))
    if rng.random() < 0.5:
        pictures, classes = pictures[:, :, ::-1], classes[:, :, ::-1]
    return recolour(rng, pictures), classes


def train(seed: int, epochs: int) -> tuple[keras.Model, float]:
    """Train the model; return it with the best weights on the validation pictures, and the seconds taken."""
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    batches = Batches(draw_split(seed, TRAINING), change, seed, size=32)
    pictures, classes = draw_split(seed, VALIDATION)
    validation = as_inputs(pictures), classes
    model = fit(build_model, "sparse_categorical_crossentropy", batches, validation, epochs)
    return model, time.perf_counter() - start


def overlaps(told: Bytes, true: Bytes, names: Sequence[str] = LABELS) -> dict[str, float]:
    """The IoU of each class: pixels rightly told over pixels told or true, in all pictures together."""
    return {
        name: float(np.sum((told == k) & (true == k)) / np.sum((told == k) | (true == k)))
        for k, name in enumerate(names)
    }


def predict(model: keras.Model, pictures: Bytes) -> Bytes:
    """The class of each pixel, as the model tells it."""
    scores = np.asarray(model.predict(as_inputs(pictures), verbose=0))
    return scores.argmax(axis=-1).astype(np.uint8)


def card(model: keras.Model, options: argparse.Namespace, seconds: float) -> str:
    """Write the model card, with its measured numbers."""
    seed = options.seed
    pictures, classes = draw_split(seed, TEST)
    predicted = predict(model, pictures)
    found = overlaps(predicted, classes)
    rows = "\n".join(f"| {name} | {value:.3f} |" for name, value in found.items())
    right, mean = float(np.mean(predicted == classes)), float(np.mean([found[name] for name in CLASSES]))
    none, one, two, three = OBJECTS
    return f"""# {NAME}

A small U-Net that tells of each pixel of a picture which of six drawn shapes it belongs to, or none of them
(softmax over seven classes at each pixel). It is a sample of a segmentation network to explain with heat
maps.

- Classes, in index order: {", ".join(LABELS)}.
- Network: three levels down (8, 16 and 32 channels), three convolutions of 64 channels at 12 x 12, three
  levels up, which meet the maps of the way down; each convolution with batch normalisation and ReLU. The end
  of the bottleneck is `relu_bottom3`, the last maps are `relu_up1` (96 x 96); {model.count_params():,}
  parameters.
- Input: RGB pictures of {SIDE} x {SIDE} pixels, as floats scaled to 0-1 before they enter the model.
- Output: {SIDE} x {SIDE} x {len(LABELS)} probabilities.
- `pictures/` and `masks/`: {COUNTS[SHOWN]} pictures with two shapes each, which the training has not seen,
  and which pixels belong to the one that the file's name ends with.
- Licence: MIT.

## Training

- Data: pictures drawn by `make_shapes.py`: textured shapes and distractors that belong to no class, on
  cluttered backgrounds. {COUNTS[TRAINING]:,} training and {COUNTS[VALIDATION]:,} validation pictures, with no
  ({none:.0%}), one ({one:.0%}), two ({two:.0%}) or three ({three:.0%}) shapes of different classes.
  {SPOTLIGHT_SHARE:.0%} of the training pictures are darkened smoothly around some of their objects; an object
  in the dark is background.
- Loss: categorical cross-entropy at each pixel.
- Seed: {seed}. Picture number `i` of a split follows from the seeds `({seed}, split, i)`, where the split is
  {TRAINING} for training, {VALIDATION} for validation, {TEST} for the test and {SHOWN} for `pictures/`.
- Command: `python sample_models/train_{NAME}.py --seed {seed} --epochs {options.epochs}`
- Time: {seconds / 60:.1f} minutes on {os.cpu_count()} shared CPU cores with Keras {keras.__version__}, the
  drawing of the pictures included.

## Measured

On {COUNTS[TEST]} unseen pictures with up to three shapes, none of them darkened: {right:.1%} of all pixels
are told rightly. Intersection over union, of all pixels of a class in all pictures (mean over the shapes
{mean:.3f}):

| class | IoU |
|---|---|
{rows}

## Not for

Photographs, hand drawings or any shapes other than those of `make_shapes.py`. The model is good for trying
out heat maps and for tests, and nothing else.
"""


def save_pictures(seed: int, folder: Path) -> None:
    """Write the pictures that are shown, and the pixels of one shape in each."""
    for index in range(COUNTS[SHOWN]):
        scene = draw(seed, SHOWN, index, SHOWN_SIDE)
        first = scene.objects[0]
        file = f"{index + 1:02}_{'_'.join(item.name for item in scene.objects[::-1])}.png"
        save_picture(scene.picture, folder / "pictures" / file)
        save_mask(first.mask, folder / "masks" / file)


def main() -> None:
    """Train the model and write its files."""
    options = arguments("Train the U-Net that segments drawn shapes.", epochs=12).parse_args()
    model, seconds = train(options.seed, options.epochs)
    folder = options.out / NAME
    write(model, folder, LABELS, card(model, options, seconds))
    save_pictures(options.seed, folder)


if __name__ == "__main__":
    main()
