"""Models with weights and names that nobody would mean: what the commands make of them, in plain words."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from support.commands import named, run
from support.small_models import build_tiny, save_model

Make = Callable[..., Path]


def test_weights_of_0_order_no_channels(tmp_path: Path, make_photo: Make):
    model = build_tiny()
    head, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([0 * head, bias])
    arguments = named(save_model(model, tmp_path / "dull")), make_photo(tmp_path / "p.png")
    done = run("features", *arguments[0], "-l", "conv_2", "--by", "weight", "--top", 2, arguments[1])
    assert done.exit_code == 0 and "p.png: all weights at conv_2 are 0" in done.stderr


@pytest.mark.parametrize("command", ["explain", "features"])
def test_names_that_tensorflow_or_the_disk_does_not_take(command: str, tmp_path: Path, make_photo: Make):
    image = keras.Input((16, 16, 3))
    conv = keras.layers.Conv2D(2, 3, name="my conv")(image)
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(conv))
    odd = save_model(keras.Model(image, outputs), tmp_path / "odd")
    photo = make_photo(tmp_path / "p.png")
    done = run(command, *named(odd), photo)
    assert done.exit_code == 0 and "Layer my conv (Conv2D, 14 x 14 x 2, the default)." in done.stderr
    long = make_photo(tmp_path / f"{'x' * 245}.png")
    done = run(command, *named(save_model(build_tiny(), tmp_path / "tiny")), long)
    assert done.exit_code == 1 and "Give the image a shorter name." in done.stderr


def by_a_reshape(to: tuple[int, ...]) -> keras.Model:
    """Two classes; the convolution's maps are reshaped on the graph."""
    image = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, name="conv")(image)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(keras.ops.reshape(maps, to)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return model


def test_a_fixed_batch_is_said_once_and_changes_no_row(tmp_path: Path, make_photo: Make):
    photos = [make_photo(tmp_path / f"{i}.png") for i in range(3)]
    asked = ("--method", "score-cam", "-b", 3, "--chunk-size", 7, "--results", "-", "--engine", "tensorflow")
    rows = []
    for name, to in (("fixed", (2, 14 * 14 * 4)), ("free", (-1, 14 * 14 * 4))):
        by_a_reshape(to).save(tmp_path / f"{name}.keras")
        done = run("explain", "-m", tmp_path / f"{name}.keras", *asked, "-o", tmp_path / name, *photos)
        assert done.exit_code == 0
        line = "A batch of 2 is fixed in the model: it is given 2 images at a time (fewer are filled up)"
        assert done.stderr.count(line) == (name == "fixed")
        rows.append(list(csv.DictReader(io.StringIO(done.stdout))))
    for one, other in zip(*rows, strict=True):
        assert float(one["score"]) == pytest.approx(float(other["score"]), abs=1e-4)
        assert [one[k] for k in ("predicted_index", "status")] == [
            other[k] for k in ("predicted_index", "status")
        ]


def test_weights_that_are_no_numbers_are_told_before_the_first_image(tmp_path: Path, make_photo: Make):
    model = build_tiny()
    kernel = np.array(model.get_layer("conv_1").kernel)
    kernel[0, 0, 0, :2] = np.nan
    model.get_layer("conv_1").kernel.assign(kernel)
    model.save(tmp_path / "broken.h5")
    photo = make_photo(tmp_path / "p.png")
    done = run("explain", "-m", tmp_path / "broken.h5", photo)
    lines = done.stderr.splitlines()
    told = [
        i
        for i, line in enumerate(lines)
        if line.startswith("Weights that are NaN or infinite: conv_1 (2 of ")
    ]
    first = [i for i, line in enumerate(lines) if "First image" in line or line.startswith("Failed: ")]
    assert len(told) == 1 and told[0] < first[0]
