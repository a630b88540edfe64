"""Train the cat-and-dog classifier of the classic Score-CAM walk-through, from small pictures to large ones.

Run ``python train_dogcat.py --data FOLDER``, where FOLDER holds ``cat/`` and ``dog/`` (or ``train/`` and
``test/`` with both in each), or Kaggle's ``cat.0.jpg``, ``dog.0.jpg`` and so on. The network ends in a global
average, so it takes pictures of any size: most epochs are spent on small, cheap ones.
"""

import argparse
import json
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from photos import CLASSES, Split, plain_data, split_data, training_data
from training import HISTORY, History, KeepBest, draw_history, evaluate, read_history

SIDE = 150
STAGES = "48x40@0.01,75x14@0.01,150x4@0.003"
PATIENCE = 10


@dataclass(frozen=True)
class Stage:
    """One size of pictures, for how many epochs and from which learning rate on."""

    side: int
    epochs: int
    rate: float


def read_stages(text: str) -> list[Stage]:
    """`48x40@0.01,150x4@0.002`: 40 epochs at 48 pixels, rate 0.01, then 4 at 150 pixels, rate 0.002.

    `none`: no training, only the figures of what is there.
    """
    stages = []
    for part in text.split(",") if text != "none" else []:
        match = re.fullmatch(r"(\d+)x(\d+)@([\d.]+)", part)
        if not match:
            raise argparse.ArgumentTypeError(f"{part!r} is no stage; write SIDExEPOCHS@RATE")
        stages.append(Stage(int(match[1]), int(match[2]), float(match[3])))
    return stages


class FusedNormalization(keras.layers.BatchNormalization):
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


def build_network(side: int | None = None, library: Any = keras, normalization: Any = None) -> Any:
    """Build the network: seven convolutions, each followed by a batch normalisation, and two dense layers.

    Parameters
    ----------
    side : int, optional
        Height and width of the input; default: any.
    library : module
        `keras`, or `tf_keras` for Keras 2.
    normalization : class, optional
        What normalises; default: the library's BatchNormalization.
    """
    layers = library.layers
    normalization = normalization or layers.BatchNormalization
    inputs = library.Input((side, side, 3), name="picture")
    x = normalization(name="norm0")(inputs)
    for stage, (filters, count) in enumerate(((32, 2), (64, 2), (128, 3)), start=1):
        for number in range(1, count + 1):
            name = f"{stage}_{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{name}")(x)
            x = normalization(name=f"norm{name}")(x)
        if stage < 3:
            x = layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(256, "relu", kernel_regularizer=library.regularizers.L2(0.01), name="dense")(x)
    x = layers.BatchNormalization(name="norm_dense")(x)
    outputs = layers.Dense(1, "sigmoid", dtype="float32", name="scores")(x)
    return library.Model(inputs, outputs, name="dogcat")


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
    unchanged = plain_data(validation, stage.side, options.batch)
    start = network.evaluate(unchanged, verbose=0, return_dict=True)
    network.fit(
        training_data(training, stage.side, options.batch, options.seed + stage.side),
        validation_data=unchanged,
        epochs=stage.epochs,
        verbose=options.progress,
        callbacks=[
            KeepBest(shipped, options.out / "model.weights.h5", start["loss"]),
            keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE),
            History(options.out / "history.csv", stage.side),
        ],
    )


def write_keras2(network: keras.Model, folder: Path) -> None:
    """Write the network as Keras 2 did, architecture JSON and H5 weights, and compare their outputs."""
    import tf_keras

    old = build_network(SIDE, tf_keras)
    for layer in old.layers:
        layer.set_weights(network.get_layer(layer.name).get_weights())
    images = np.random.default_rng(0).random((4, SIDE, SIDE, 3), np.float32)
    np.testing.assert_allclose(old.predict(images, verbose=0), network.predict(images, verbose=0), atol=1e-5)
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(old.to_json(indent=1) + "\n")
    old.save_weights(folder / "model.h5")


def card(options: argparse.Namespace, counts: list[int], figures: dict[str, Any]) -> str:
    """Write the model card, with its measured numbers."""
    rows = read_history(options.out / "history.csv")
    sides = sorted({int(row["side"]) for row in rows})
    stages = ", ".join(f"{sum(row['side'] == side for row in rows)} at {side} x {side}" for side in sides)
    minutes = sum(row["seconds"] for row in rows) / 60
    training, validation, test = (f"{count:,}" for count in counts)
    area, (low, high) = figures["auc"], figures["accuracy_interval"]
    half, balance = figures["at_half"], figures["best_balance"]
    doubt = "no interval"
    if area["low"] is not None:
        doubt = f"95 % interval {area['low']:.4f} to {area['high']:.4f}, Hanley & McNeil 1982"
    rates = ", ".join(f"{name} {half[name]:.3f}" for name in ("precision", "recall", "specificity", "f1"))
    commands = "\n".join(f"      {line}" for line in (options.out / "commands.txt").read_text().splitlines())
    return f"""# dogcat

A Keras image classifier that tells dogs (1) from cats (0): one sigmoid unit, the network of the classic
Score-CAM walk-through. It is a sample to explain with heat maps.

- Classes, in index order: {", ".join(CLASSES)}.
- Network: batch normalisation, seven 3 x 3 convolutions (32, 32, 64, 64, 128, 128 and 128 channels), each
  with ReLU and batch normalisation, two max poolings, global average pooling, a dense layer of 256 units,
  one sigmoid unit; {build_network(SIDE).count_params():,} parameters. The last layers with maps are `conv3_3`
  and `norm3_3` (37 x 37).
- Input: RGB pictures of {SIDE} x {SIDE} pixels, stretched, as floats scaled to 0-1 (`--preprocess unit`).
- Files: `model.json` and `model.weights.h5` as Keras 3 writes them; in `keras2/` the same network as Keras 2
  wrote it, `model.json` and `model.h5`.
- Licence: MIT for the model.

## Training

- Data: {options.data_name}.
  {training} pictures to train, {validation} to choose the epoch, {test} for the test, none of which the
  training has seen. The pictures are not part of this project.
- Training pictures are cut out (60 to 100 % of the area), mirrored, and changed in light, contrast and tint.
- Epochs: {stages}.
  After each size the weights with the lowest validation loss go on. Every epoch is in `history.csv` and
  `history.png`.
- Seed: {options.seed}.
- Commands:

{commands}

- Time: {minutes:.0f} minutes on {os.cpu_count()} shared CPU cores, Keras {keras.__version__}.

## Measured

By `xai-cam evaluate` on the {figures["images"]:,} test pictures (charts and all figures: `report/`):

- Accuracy: {figures["accuracy"]:.4f} (95 % interval {low:.4f} to {high:.4f}).
- AUC: {area["value"]:.4f} ({doubt}).
- Dogs at the threshold 0.5: {rates}.
- Best balance of recall and specificity, chosen on these same pictures: threshold
  {balance["threshold"]:.3f}, accuracy {balance["accuracy"]:.3f}.

## Not for

Telling animals apart where it matters. Every picture, of a car too, is a cat or a dog to it, and pictures
with both are one of the two.
"""


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the cat-and-dog classifier.")
    parser.add_argument("--data", type=Path, required=True, help="folder of cat/ and dog/")
    parser.add_argument("--data-name", help="what the card calls the data (default: the folder's name)")
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
    options.data_name = options.data_name or options.data.resolve().name
    return options


def load(network: keras.Model, folder: Path) -> None:
    """Load the weights that lie in `folder`, if the architecture beside them is that of `network`."""
    there = json.loads((folder / "model.json").read_text())
    if there["config"] != json.loads(network.to_json())["config"]:
        raise SystemExit(
            f"{folder / 'model.json'} is another network than this script's. Name another --out."
        )
    network.load_weights(folder / "model.weights.h5")


def note_command(file: Path, data: Path, resume: bool) -> None:
    """Add this command to those that made the model; the first run begins a new list."""
    said = ["FOLDER" if Path(word) == data else word for word in sys.argv[1:]]
    before = file.read_text() if resume and file.exists() else ""
    file.write_text(f"{before}python sample_models/train_dogcat.py {shlex.join(said)}\n")


def main() -> None:
    """Train stage by stage, then measure and write the card."""
    options = parse_options()
    keras.utils.set_random_seed(options.seed)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    shipped = build_network(SIDE)
    if options.resume:
        load(shipped, out)
    else:
        shipped.save_weights(out / "model.weights.h5")
        (out / "history.csv").write_text(",".join(HISTORY) + "\n")
        (out / "model.json").write_text(shipped.to_json(indent=1) + "\n")
        (out / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    if options.stages:
        note_command(out / "commands.txt", options.data, options.resume)
    splits = training, validation, test = split_data(options.data, options.seed)
    print("{:,} pictures to train, {:,} to validate, {:,} to test".format(*map(len, splits)), flush=True)
    keras.config.set_dtype_policy(options.precision)
    for stage in options.stages:
        train_stage(stage, shipped, options, training, validation)
    keras.config.set_dtype_policy("float32")
    draw_history(out / "history.csv", out / "history.png")
    write_keras2(shipped, out / "keras2")
    pictures = [(path, CLASSES[label]) for path, label in zip(test.paths, test.labels, strict=True)]
    figures = evaluate(out, pictures, "--preprocess", "unit")
    (out / "CARD.md").write_text(card(options, [len(split) for split in splits], figures))


if __name__ == "__main__":
    main()
