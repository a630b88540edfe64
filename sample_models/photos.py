"""Photos of two classes: found on disk, split by a seed, read and changed by chance in `tf.data`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

CLASSES = ("cat", "dog")
ROOM = 1.15
"""Pictures are kept this much larger than the network's input, so that cut-outs stay sharp."""

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.15


@dataclass(frozen=True)
class Split:
    """Pictures of known class: their paths, and 0 for a cat, 1 for a dog."""

    paths: list[str]
    labels: list[int]

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, chosen: np.ndarray) -> "Split":
        """Some of them, by index."""
        return Split([self.paths[i] for i in chosen], [self.labels[i] for i in chosen])


def find_pictures(folder: Path) -> Split:
    """The pictures of both classes: by their folder's name, or by a name such as ``dog.17.jpg``."""
    paths, labels = [], []
    for label, name in enumerate(CLASSES):
        files = sorted(
            file for file in (folder / name).glob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png")
        )
        files = files or sorted(folder.glob(f"{name}.*.jpg"))
        paths += [str(file) for file in files]
        labels += [label] * len(files)
    if len(set(labels)) < 2:
        raise SystemExit(f"{folder} holds no pictures of both classes. Make the folders cat/ and dog/ in it.")
    return Split(paths, labels)


def split_data(folder: Path, seed: int) -> tuple[Split, Split, Split]:
    """Training, validation and test; the test is the folder ``test/`` where there is one with labels."""
    everything = find_pictures(folder / "train" if (folder / "train").is_dir() else folder)
    order = np.random.default_rng(seed).permutation(len(everything))
    if (folder / "test" / "cat").is_dir():
        test = find_pictures(folder / "test")
    else:
        held_out = round(len(order) * TEST_SHARE)
        test, order = everything.take(order[:held_out]), order[held_out:]
    validation = round(len(order) * VALIDATION_SHARE)
    return everything.take(order[validation:]), everything.take(order[:validation]), test


def decode(path: tf.Tensor, side: int) -> tf.Tensor:
    """Read a picture and stretch it to a square, as the classifier will be fed; uint8."""
    pixels = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    pixels = tf.image.resize(pixels, (side, side), antialias=True)
    return tf.cast(tf.round(pixels), tf.uint8)


@dataclass(frozen=True)
class Chances:
    """What happens to training pictures.

    `least_area`: the smallest share of a picture's area that is cut out. `mixed`: the share of the pictures
    that get a rectangle of another one, and as much of its label (CutMix, Yun et al. 2019).
    """

    least_area: float = 0.6
    mixed: float = 0.0


def augment(pixels: tf.Tensor, seed: tf.Tensor, side: int, least_area: float) -> tf.Tensor:
    """Cut out a part of each picture, mirror half of them, change light, contrast and tint; in 0-1."""
    count = tf.shape(pixels)[0]

    def uniform(number: int, low: float, high: float, *shape: int) -> tf.Tensor:
        return tf.random.stateless_uniform((count, *shape), seed + number, low, high)

    extent = tf.sqrt(uniform(0, least_area, 1.0))
    aspect = tf.exp(uniform(1, -0.15, 0.15))
    height, width = tf.minimum(extent * aspect, 1), tf.minimum(extent / aspect, 1)
    top, left = uniform(2, 0, 1) * (1 - height), uniform(3, 0, 1) * (1 - width)
    right = left + width
    mirrored = uniform(4, 0, 1) < 0.5
    boxes = [top, tf.where(mirrored, right, left), top + height, tf.where(mirrored, left, right)]
    x = tf.image.crop_and_resize(
        tf.cast(pixels, tf.float32) / 255, tf.stack(boxes, 1), tf.range(count), (side, side)
    )
    mean = tf.reduce_mean(x, (1, 2, 3), keepdims=True)
    x = (x - mean) * uniform(5, 0.7, 1.3, 1, 1, 1) + mean * uniform(6, 0.7, 1.3, 1, 1, 1)
    return tf.clip_by_value(x * uniform(7, 0.92, 1.08, 1, 1, 3), 0, 1)


def cut_mix(
    pictures: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, mixed: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Lay a rectangle of the next picture of the batch into some pictures; labels follow the areas."""
    shape = tf.shape(pictures)
    count, side = shape[0], shape[1]

    def uniform(number: int) -> tf.Tensor:
        return tf.random.stateless_uniform((count, 1), seed + number)

    extent = tf.where(uniform(10) < mixed, tf.sqrt(uniform(11)), 0)
    place = (tf.range(side, dtype=tf.float32) + 0.5) / tf.cast(side, tf.float32)
    rows, columns = (tf.abs(place - uniform(number)) < extent / 2 for number in (12, 13))
    foreign = tf.cast(rows[:, :, None] & columns[:, None, :], tf.float32)
    share = tf.reduce_mean(foreign, (1, 2))
    foreign = foreign[..., None]
    pictures = pictures * (1 - foreign) + tf.roll(pictures, 1, 0) * foreign
    return pictures, labels * (1 - share) + tf.roll(labels, 1, 0) * share


def training_data(split: Split, side: int, batch: int, seed: int, chances: Chances) -> tf.data.Dataset:
    """Shuffled, augmented batches; all chances follow from the seed."""
    kept = round(side * ROOM)
    pictures = tf.data.Dataset.from_tensor_slices((split.paths, np.array(split.labels, np.float32)))
    pictures = pictures.map(lambda path, label: (decode(path, kept), label), tf.data.AUTOTUNE).cache()
    batches = pictures.shuffle(len(split), seed=seed).batch(batch, drop_remainder=True)
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)

    def change(example: tuple[tf.Tensor, tf.Tensor], chance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels, labels = example
        chance = tf.cast(chance, tf.int32)
        pictures = augment(pixels, chance, side, chances.least_area)
        return cut_mix(pictures, labels, chance, chances.mixed) if chances.mixed else (pictures, labels)

    return tf.data.Dataset.zip(batches, seeds).map(change, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def plain_data(split: Split, side: int, batch: int) -> tf.data.Dataset:
    """Whole pictures in order, scaled to 0-1."""
    pictures = tf.data.Dataset.from_tensor_slices((split.paths, np.array(split.labels, np.float32)))
    pictures = pictures.map(lambda path, label: (decode(path, side), label), tf.data.AUTOTUNE).cache()
    return pictures.batch(batch).map(lambda x, y: (tf.cast(x, tf.float32) / 255, y)).prefetch(2)
