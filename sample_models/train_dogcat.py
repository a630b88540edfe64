"""Train a cat-and-dog classifier, the classic or the small one, from small pictures to large ones.

Run ``python train_dogcat.py --data FOLDER``, where FOLDER holds ``cat/`` and ``dog/`` (or ``train/`` and
``test/`` with both in each), or Kaggle's ``cat.0.jpg``, ``dog.0.jpg`` and so on. Both networks end in a
global average, so they take pictures of any size: most epochs are spent on small, cheap ones.
"""

import argparse
import json
import re
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from dogcat_card import card
from networks import NETWORKS, build_classic
from photos import CLASSES, Split, plain_data, split_data, training_data
from point_at_animals import measure
from training import HISTORY, History, KeepBest, draw_history, evaluate

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


def accuracy(truth: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """The share of pictures on the right side of one half; those of mixed pictures too."""
    return tf.cast((tf.reshape(truth, [-1]) > 0.5) == (tf.reshape(scores, [-1]) > 0.5), tf.float32)


def train_stage(
    stage: Stage, shipped: keras.Model, options: argparse.Namespace, training: Split, validation: Split
) -> None:
    """Go through one stage, from the weights of the shipped network on; the best ones replace them."""
    kind = NETWORKS[options.network]
    chances = kind.chances
    if options.mixed is not None:
        chances = replace(chances, mixed=options.mixed)
    network = kind.build(normalization=FusedNormalization)
    network.set_weights(shipped.get_weights())
    steps = len(training) // options.batch
    network.compile(
        make_optimizer(options.optimizer, stage, steps),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=kind.smoothing),
        metrics=[accuracy, keras.metrics.AUC(name="auc", num_thresholds=1000)],
    )
    unchanged = plain_data(validation, stage.side, options.batch)
    start = network.evaluate(unchanged, verbose=0, return_dict=True)
    network.fit(
        training_data(training, stage.side, options.batch, options.seed + stage.side, chances),
        validation_data=unchanged,
        epochs=stage.epochs,
        verbose=options.progress,
        callbacks=[
            KeepBest(shipped, options.out / "model.weights.h5", start["loss"]),
            keras.callbacks.EarlyStopping("val_loss", patience=options.patience),
            History(options.out / "history.csv", stage.side),
        ],
    )


def write_keras2(network: keras.Model, folder: Path) -> None:
    """Write the network as Keras 2 did, architecture JSON and H5 weights, and compare their outputs."""
    import tf_keras

    side = network.input_shape[1]
    old = build_classic(side, tf_keras)
    for layer in old.layers:
        layer.set_weights(network.get_layer(layer.name).get_weights())
    images = np.random.default_rng(0).random((4, side, side, 3), np.float32)
    np.testing.assert_allclose(old.predict(images, verbose=0), network.predict(images, verbose=0), atol=1e-5)
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(old.to_json(indent=1) + "\n", encoding="utf-8")
    old.save_weights(folder / "model.h5")


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the cat-and-dog classifier.")
    parser.add_argument("--data", type=Path, required=True, help="folder of cat/ and dog/")
    parser.add_argument("--data-name", help="what the card calls the data (default: the folder's name)")
    parser.add_argument("--network", choices=NETWORKS, default="classic", help="default: classic")
    parser.add_argument("--stages", type=read_stages, help="SIDExEPOCHS@RATE,... (default: the network's)")
    parser.add_argument("--mixed", type=float, help="share of mixed pictures (default: the network's)")
    parser.add_argument("--patience", type=int, default=PATIENCE, help=f"epochs without gain ({PATIENCE})")
    parser.add_argument("--batch", type=int, default=32, help="pictures per step (default: 32)")
    parser.add_argument("--optimizer", choices=("sgd", "adamw"), default="sgd", help="default: sgd")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, split and chances (default: 0)")
    parser.add_argument("--resume", action="store_true", help="go on from the weights in --out")
    parser.add_argument(
        "--precision", default="float32", help="mixed_bfloat16 is faster where the CPU has it"
    )
    parser.add_argument("--progress", type=int, default=1, help="1: a bar, 2: a line an epoch")
    parser.add_argument("--out", type=Path, help="default: the network's folder, dogcat or dogcat_small")
    options = parser.parse_args()
    network = NETWORKS[options.network]
    options.out = options.out or Path(__file__).parent / network.folder
    options.stages = read_stages(network.stages) if options.stages is None else options.stages
    options.data_name = options.data_name or options.data.resolve().name
    return options


def load(network: keras.Model, folder: Path) -> None:
    """Load the weights that lie in `folder`, if the architecture beside them is that of `network`."""
    there = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if there["config"] != json.loads(network.to_json())["config"]:
        raise SystemExit(
            f"{folder / 'model.json'} is another network than this script's. Name another --out."
        )
    network.load_weights(folder / "model.weights.h5")


def note_command(file: Path, data: Path, resume: bool) -> None:
    """Add this command to those that made the model; the first run begins a new list."""
    said = ["FOLDER" if Path(word) == data else word for word in sys.argv[1:]]
    before = file.read_text(encoding="utf-8") if resume and file.exists() else ""
    file.write_text(f"{before}python sample_models/train_dogcat.py {shlex.join(said)}\n", encoding="utf-8")


def main() -> None:
    """Train stage by stage, then measure and write the card."""
    options = parse_options()
    keras.utils.set_random_seed(options.seed)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    shipped = NETWORKS[options.network].build(NETWORKS[options.network].side)
    if options.resume:
        load(shipped, out)
    else:
        shipped.save_weights(out / "model.weights.h5")
        (out / "history.csv").write_text(",".join(HISTORY) + "\n", encoding="utf-8")
        (out / "model.json").write_text(shipped.to_json(indent=1) + "\n", encoding="utf-8")
        (out / "labels.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    if options.stages:
        note_command(out / "commands.txt", options.data, options.resume)
    splits = training, validation, test = split_data(options.data, options.seed)
    print("{:,} pictures to train, {:,} to validate, {:,} to test".format(*map(len, splits)), flush=True)
    keras.config.set_dtype_policy(options.precision)
    for stage in options.stages:
        train_stage(stage, shipped, options, training, validation)
    keras.config.set_dtype_policy("float32")
    draw_history(out / "history.csv", out / "history.png")
    if options.network == "classic":
        write_keras2(shipped, out / "keras2")
    pictures = [(path, CLASSES[label]) for path, label in zip(test.paths, test.labels, strict=True)]
    figures = evaluate(out, pictures, "--preprocess", "unit")
    pointing = measure(out, options.data / "test")
    (out / "CARD.md").write_text(
        card(options, [len(split) for split in splits], figures, pointing), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
