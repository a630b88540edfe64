"""Train the cat-and-dog classifier of the classic Score-CAM walk-through, from small pictures to large ones.

Run ``python train_dogcat.py --data FOLDER``, where FOLDER holds ``cat/`` and ``dog/`` (or ``train/`` and
``test/`` with both in each), or Kaggle's ``cat.0.jpg``, ``dog.0.jpg`` and so on. The network ends in a global
average, so it takes pictures of any size: most epochs are spent on small, cheap ones.
"""

import argparse
import csv
import re
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CLASSES = ("cat", "dog")
SIDE = 150
ROOM = 1.15
"""Pictures are kept this much larger than the network's input, so that cut-outs stay sharp."""

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.15
STAGES = "48x40@0.01,75x14@0.01,150x4@0.003"
PATIENCE = 10


@dataclass(frozen=True)
class Stage:
    """One size of pictures, for how many epochs and from which learning rate on."""

    side: int
    epochs: int
    rate: float


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


def read_stages(text: str) -> list[Stage]:
    """`48x40@0.01,150x4@0.002`: 40 epochs at 48 pixels, rate 0.01, then 4 at 150 pixels, rate 0.002."""
    stages = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)x(\d+)@([\d.]+)", part)
        if not match:
            raise argparse.ArgumentTypeError(f"{part!r} is no stage; write SIDExEPOCHS@RATE")
        stages.append(Stage(int(match[1]), int(match[2]), float(match[3])))
    return stages


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


class FusedNormalization(layers.BatchNormalization):
    """The same layer on TensorFlow's fused operation, which trains large pictures twice as fast on a CPU."""

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalise by the batch, and follow its statistics, or by what was followed."""
        variables = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        gamma, beta, mean, variance = (tf.cast(v.value, tf.float32) for v in variables)
        fused = tf.compat.v1.nn.fused_batch_norm
        if not training:
            return fused(inputs, gamma, beta, mean, variance, self.epsilon, is_training=False)[0]
        outputs, batch_mean, batch_variance = fused(inputs, gamma, beta, epsilon=self.epsilon)
        for variable, old, new in (
            (self.moving_mean, mean, batch_mean),
            (self.moving_variance, variance, batch_variance),
        ):
            variable.assign(old * self.momentum + new * (1 - self.momentum))
        return outputs


def build_network(
    side: int | None = None, normalization: type[layers.Layer] = layers.BatchNormalization
) -> keras.Model:
    """Build the network: seven convolutions, each followed by a batch normalisation, and two dense layers."""
    inputs = keras.Input((side, side, 3), name="picture")
    x = normalization(name="norm0")(inputs)
    for stage, (filters, count) in enumerate(((32, 2), (64, 2), (128, 3)), start=1):
        for number in range(1, count + 1):
            name = f"{stage}_{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{name}")(x)
            x = normalization(name=f"norm{name}")(x)
        if stage < 3:
            x = layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(256, "relu", kernel_regularizer=keras.regularizers.L2(0.01), name="dense")(x)
    x = layers.BatchNormalization(name="norm_dense")(x)
    outputs = layers.Dense(1, "sigmoid", dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name="dogcat")


def decode(path: tf.Tensor, side: int) -> tf.Tensor:
    """Read a picture and stretch it to a square, as the classifier will be fed; uint8."""
    pixels = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    pixels = tf.image.resize(pixels, (side, side), antialias=True)
    return tf.cast(tf.round(pixels), tf.uint8)


def augment(pixels: tf.Tensor, seed: tf.Tensor, side: int) -> tf.Tensor:
    """Cut out 60 to 100 % of each picture, mirror half of them, change light, contrast and tint; in 0-1."""
    count = tf.shape(pixels)[0]

    def uniform(number: int, low: float, high: float, *shape: int) -> tf.Tensor:
        return tf.random.stateless_uniform((count, *shape), seed + number, low, high)

    extent = tf.sqrt(uniform(0, 0.6, 1.0))
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


def training_data(split: Split, side: int, batch: int, seed: int) -> tf.data.Dataset:
    """Shuffled, augmented batches; all chances follow from the seed."""
    kept = round(side * ROOM)
    pictures = tf.data.Dataset.from_tensor_slices((split.paths, np.array(split.labels, np.float32)))
    pictures = pictures.map(lambda path, label: (decode(path, kept), label), tf.data.AUTOTUNE).cache()
    batches = pictures.shuffle(len(split), seed=seed).batch(batch, drop_remainder=True)
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
    return (
        tf.data.Dataset.zip(batches, seeds)
        .map(
            lambda example, chance: (augment(example[0], tf.cast(chance, tf.int32), side), example[1]),
            tf.data.AUTOTUNE,
        )
        .prefetch(tf.data.AUTOTUNE)
    )


def plain_data(split: Split, side: int, batch: int) -> tf.data.Dataset:
    """Whole pictures in order, scaled to 0-1."""
    pictures = tf.data.Dataset.from_tensor_slices((split.paths, np.array(split.labels, np.float32)))
    pictures = pictures.map(lambda path, label: (decode(path, side), label), tf.data.AUTOTUNE).cache()
    return pictures.batch(batch).map(lambda x, y: (tf.cast(x, tf.float32) / 255, y)).prefetch(2)


def make_optimizer(name: str, stage: Stage, steps: int) -> keras.optimizers.Optimizer:
    """SGD whose rate falls by steps, to a third after half of the stage, a ninth after three quarters and so
    on; or AdamW whose rate rises for a tenth of the stage and then falls along a cosine."""
    total = stage.epochs * steps
    schedules = keras.optimizers.schedules
    if name == "adamw":
        rate = schedules.CosineDecay(
            stage.rate / 20, total, 0.02, warmup_target=stage.rate, warmup_steps=total // 10
        )
        return keras.optimizers.AdamW(rate, weight_decay=0.02)
    bounds = [total // 2, total * 3 // 4, total * 9 // 10]
    rates = [stage.rate / 3**fall for fall in range(4)]
    return keras.optimizers.SGD(schedules.PiecewiseConstantDecay(bounds, rates), momentum=0.9)


class History(keras.callbacks.Callback):
    """Adds a row per epoch to ``history.csv``, so that several runs add up."""

    COLUMNS = ("epoch", "side", "rate", "seconds", "loss", "accuracy", "val_loss", "val_accuracy", "val_auc")

    def __init__(self, file: Path, stage: Stage) -> None:
        super().__init__()
        self.file, self.stage = file, stage
        self.done = len(file.read_text().splitlines()) - 1 if file.exists() else 0
        if not self.done:
            file.write_text(",".join(self.COLUMNS) + "\n")

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the row."""
        self.done += 1
        measured = {name: float(value) for name, value in (logs or {}).items()}
        measured["rate"] = float(self.model.optimizer.learning_rate)
        row = {name: f"{value:.5g}" for name, value in measured.items() if name in self.COLUMNS}
        seconds = f"{time.perf_counter() - self.start:.0f}"
        with self.file.open("a", newline="") as file:
            writer = csv.DictWriter(file, self.COLUMNS, lineterminator="\n")
            writer.writerow(row | {"epoch": self.done, "side": self.stage.side, "seconds": seconds})


class KeepBest(keras.callbacks.Callback):
    """Copies the weights into the shipped network, and writes them, whenever the validation loss is lower."""

    def __init__(self, shipped: keras.Model, file: Path) -> None:
        super().__init__()
        self.shipped, self.file, self.best = shipped, file, float("inf")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare."""
        loss = float((logs or {})["val_loss"])
        if loss < self.best:
            self.best = loss
            self.shipped.set_weights(self.model.get_weights())
            self.shipped.save_weights(self.file)


def train_stage(
    stage: Stage, shipped: keras.Model, options: argparse.Namespace, training: Split, validation: Split
) -> None:
    """Go through one stage, from the weights of the shipped network on; the best ones replace them."""
    network = build_network(normalization=FusedNormalization)
    network.set_weights(shipped.get_weights())
    steps = len(training) // options.batch
    network.compile(
        make_optimizer(options.optimizer, stage, steps),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc", num_thresholds=1000)],
    )
    network.fit(
        training_data(training, stage.side, options.batch, options.seed + stage.side),
        validation_data=plain_data(validation, stage.side, options.batch),
        epochs=stage.epochs,
        verbose=options.progress,
        callbacks=[
            KeepBest(shipped, options.out / "model.weights.h5"),
            keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE),
            History(options.out / "history.csv", stage),
        ],
    )


def main() -> None:
    """Train stage by stage."""
    parser = argparse.ArgumentParser(description="Train the cat-and-dog classifier.")
    parser.add_argument("--data", type=Path, required=True, help="folder of cat/ and dog/")
    parser.add_argument("--stages", type=read_stages, default=STAGES, help=f"SIDExEPOCHS@RATE,... ({STAGES})")
    parser.add_argument("--batch", type=int, default=32, help="pictures per step (default: 32)")
    parser.add_argument("--optimizer", choices=("sgd", "adamw"), default="sgd", help="default: sgd")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, split and chances (default: 0)")
    parser.add_argument("--resume", action="store_true", help="go on from the weights in --out")
    parser.add_argument(
        "--precision", default="float32", help="mixed_bfloat16 is faster where the CPU has it"
    )
    parser.add_argument("--progress", type=int, default=1, help="1: a bar, 2: a line an epoch")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "dogcat", help="default: dogcat")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    shipped = build_network(SIDE)
    if options.resume:
        shipped.load_weights(options.out / "model.weights.h5")
    else:
        (options.out / "history.csv").unlink(missing_ok=True)
        (options.out / "model.json").write_text(shipped.to_json(indent=1) + "\n")
    keras.config.set_dtype_policy(options.precision)
    training, validation, test = split_data(options.data, options.seed)
    print(
        f"{len(training)} pictures to train, {len(validation)} to validate, {len(test)} to test", flush=True
    )
    for stage in options.stages:
        train_stage(stage, shipped, options, training, validation)


if __name__ == "__main__":
    main()
