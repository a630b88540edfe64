"""Train the sample model of handwritten digits and write it with its model card and history.

Run ``python train_digits.py``; the pictures come with scikit-learn (``pip install scikit-learn``). The split,
the changes and the first weights follow from the seed. ``--pictures FOLDER`` trains nothing and writes the
test pictures as PNG files, a folder for each digit.
"""

import argparse
import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import keras
import numpy as np
import numpy.typing as npt
import sklearn
from keras import layers
from PIL import Image
from sklearn.datasets import load_digits

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

SIDE = 28
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
BATCH, RATE = 64, 3e-3
TURN, SCALES, SHIFT = 12.0, (0.65, 1.1), 2.0
CONTRASTS, LIGHTS = (1.0, 4.0), (0.5, 1.0)
COPIES = 4
COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class Split:
    """Pictures (n, 28, 28) with strokes up to 255 on 0, and the digit that each one shows."""

    pictures: Bytes
    digits: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.digits)


def enlarge(images: npt.NDArray[np.float64]) -> Bytes:
    """Enlarge 8 x 8 counts in 0-16 to grey pictures of 28 x 28 pixels, bilinearly."""
    grey = (images * (255 / 16)).astype(np.float32)
    large = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for image in grey]
    return np.rint(large).astype(np.uint8)


def load_split(seed: int) -> tuple[Split, Split, Split]:
    """Return the pictures for training, validation and test; which is which follows from the seed."""
    data = load_digits()
    pictures, digits = enlarge(data.images), data.target.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(digits))
    test, validation = round(len(order) * TEST_SHARE), round(len(order) * VALIDATION_SHARE)
    parts = order[test + validation :], order[test : test + validation], order[:test]
    training, checking, testing = (Split(pictures[part], digits[part]) for part in parts)
    return training, checking, testing


def as_inputs(pictures: Bytes) -> Floats:
    """Scale to 0-1 and add the axis of the one channel, as the model takes them."""
    return pictures[..., None].astype(np.float32) / 255


def build_model() -> keras.Model:
    """Build the network: one convolution, one pooling, two dense layers."""
    inputs = keras.Input((SIDE, SIDE, 1), name="picture")
    x = layers.Conv2D(8, 3, activation="relu", name="conv")(inputs)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(100, "relu", name="dense")(x)
    outputs = layers.Dense(10, "softmax", name="scores")(x)
    return keras.Model(inputs, outputs, name="digits")


def change(rng: np.random.Generator, picture: Bytes) -> Bytes:
    """Turn, scale, shift, sharpen and dim one picture by chance."""
    centre = (SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), rng.uniform(-TURN, TURN), rng.uniform(*SCALES))
    matrix[:, 2] += rng.uniform(-SHIFT, SHIFT, 2)
    moved = cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR).astype(np.float32)
    sharp = np.clip((moved - 127.5) * rng.uniform(*CONTRASTS) + 127.5, 0, 255)
    return (sharp * rng.uniform(*LIGHTS)).astype(np.uint8)


def with_changed_copies(split: Split, seed: int) -> Split:
    """Add changed copies of each picture, so that a few odd pictures do not decide which epoch is best."""
    rng = np.random.default_rng([seed, 2])
    copies = [np.stack([change(rng, picture) for picture in split.pictures]) for _ in range(COPIES)]
    return Split(np.concatenate([split.pictures, *copies]), np.tile(split.digits, 1 + COPIES))


class Batches(keras.utils.PyDataset):
    """Training batches of changed pictures, shuffled anew for every epoch."""

    def __init__(self, split: Split, seed: int) -> None:
        super().__init__()
        self.split, self.rng = split, np.random.default_rng([seed, 1])
        self.order = self.rng.permutation(len(split))

    def __len__(self) -> int:
        return len(self.split) // BATCH

    def on_epoch_end(self) -> None:
        """Shuffle."""
        self.order = self.rng.permutation(len(self.split))

    def __getitem__(self, index: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        chosen = self.order[index * BATCH : (index + 1) * BATCH]
        pictures = np.stack([change(self.rng, self.split.pictures[i]) for i in chosen])
        return as_inputs(pictures), self.split.digits[chosen]


def train(seed: int, epochs: int) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train a model; return it with the best weights on the validation pictures, and what each epoch gave.

    The weights are rounded to 16 bits, so that they pack well; what is measured later is the rounded model.
    """
    keras.utils.set_random_seed(seed)
    training, validation, _ = load_split(seed)
    validation = with_changed_copies(validation, seed)
    batches, model = Batches(training, seed), build_model()
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(batches))
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    history = model.fit(
        batches,
        validation_data=(as_inputs(validation.pictures), validation.digits),
        epochs=epochs,
        callbacks=[keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)],
        verbose=2,
    ).history
    trained = build_model()  # without the state of the optimizer
    trained.set_weights([weights.astype(np.float16).astype(np.float32) for weights in model.get_weights()])
    return trained, history


def count_right(model: keras.Model, split: Split) -> int:
    """Count the pictures whose digit has the highest score."""
    scores = np.asarray(model.predict(as_inputs(split.pictures), verbose=0))
    return int((scores.argmax(axis=1) == split.digits).sum())


def save_packed(model: keras.Model, file: Path) -> None:
    """Save the weights as Keras does, then write the same file again with its arrays packed."""
    plain = file.with_name("plain.weights.h5")
    model.save_weights(plain)
    with h5py.File(plain) as source, h5py.File(file, "w") as packed:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                new = packed.create_dataset(name, data=item[()], compression="gzip", shuffle=True)
            else:
                new = packed.create_group(name)
            new.attrs.update(item.attrs)

        source.visititems(copy)
        packed.attrs.update(source.attrs)
    plain.unlink()


def save_history(history: dict[str, list[float]], file: Path) -> None:
    """Write a row per epoch."""
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["epoch", *COLUMNS])
        for epoch, row in enumerate(zip(*(history[name] for name in COLUMNS), strict=True), start=1):
            writer.writerow([epoch, *(f"{value:.4f}" for value in row)])


def save_pictures(split: Split, folder: Path) -> None:
    """Write every picture as a grey PNG file ``<digit>/<number>.png``."""
    for number, (picture, digit) in enumerate(zip(split.pictures, split.digits, strict=True)):
        path = folder / str(digit) / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)


def card(model: keras.Model, history: dict[str, list[float]], seed: int, epochs: int, seconds: float) -> str:
    """Write the model card, with its measured numbers."""
    training, validation, test = load_split(seed)
    total = len(training) + len(validation) + len(test)
    right, best = count_right(model, test), int(np.argmin(history["val_loss"]))
    script, (least, most) = "python sample_models/train_digits.py", SCALES
    versions = f"Keras {keras.__version__} and scikit-learn {sklearn.__version__}"
    return f"""# digits

A small Keras 3 image classifier that tells which handwritten digit a picture shows (softmax).
It is a sample small enough to be followed by hand, from one filter to the decision.

- Classes, in index order: 0 to 9.
- Network: `conv` (8 filters of 3 x 3, ReLU), `pool` (the largest of 2 x 2), `flatten`, `dense` (100, ReLU)
  and `scores` (10, softmax); {model.count_params():,} parameters, rounded to 16 bits.
- Input: grey pictures of {SIDE} x {SIDE} pixels, a white digit on black, as floats scaled to 0-1 before they
  enter the model (`--preprocess unit`).
- Licence: MIT. The data have their own, below.

## Training

- Data: the {total:,} digits of scikit-learn's `load_digits`, 8 x 8 pixels, enlarged bilinearly. They are
  the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998) in the UCI
  Machine Learning Repository, https://archive.ics.uci.edu/dataset/80, licensed under CC BY 4.0.
- Split by chance: {len(training):,} pictures to train, {len(validation)} to choose the epoch, {len(test)} to
  test. 13 people wrote them, and nothing tells who wrote which: the writers of the test pictures also
  wrote training pictures.
- Training pictures are changed by chance: turned by up to {TURN:.0f} degrees, scaled by {least} to {most},
  shifted by up to {SHIFT:.0f} pixels, sharpened and dimmed.
- Chosen: epoch {best + 1} of {len(history["val_loss"])}, the best by the loss on the validation pictures
  and {COPIES} changed copies of each, with an accuracy of {history["val_accuracy"][best]:.1%} there. All
  epochs are in `history.csv`.
- Seed: {seed}.
- Command: `{script} --seed {seed} --epochs {epochs}`
- Time: {seconds / 60:.1f} minutes on {os.cpu_count()} CPU cores with {versions}.

## Measured

- Accuracy: {right / len(test):.1%}, {right} of {len(test)} unseen pictures.

`{script} --seed {seed} --pictures FOLDER` writes these pictures, a folder for each digit.

## Not for

Reading digits that matter. It knows smooth pictures of single upright digits, white on black, that fill most
of the picture. Anything else, a letter or an empty picture too, still gets scores.
"""


def main() -> None:
    """Train the model and write its files, or write the test pictures."""
    parser = argparse.ArgumentParser(description="Train the sample model of handwritten digits.")
    parser.add_argument("--seed", type=int, default=0, help="seed of split, weights and chances (default: 0)")
    parser.add_argument("--epochs", type=int, default=150, help="rounds over the pictures (default: 150)")
    parser.add_argument("--pictures", type=Path, help="write the test pictures into this folder; no training")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "digits", help="default: digits")
    options = parser.parse_args()
    if options.pictures:
        save_pictures(load_split(options.seed)[2], options.pictures)
        return
    start = time.perf_counter()
    model, history = train(options.seed, options.epochs)
    seconds = time.perf_counter() - start
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(model.to_json(indent=1) + "\n", encoding="utf-8")
    save_packed(model, folder / "model.weights.h5")
    (folder / "labels.txt").write_text("".join(f"{digit}\n" for digit in range(10)), encoding="utf-8")
    (folder / "CARD.md").write_text(
        card(model, history, options.seed, options.epochs, seconds), encoding="utf-8"
    )
    save_history(history, folder / "history.csv")
    print(f"digits: written to {folder} after {seconds:.0f} seconds", flush=True)


if __name__ == "__main__":
    main()
