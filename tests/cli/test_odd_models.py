"""Models with weights and names that nobody would mean: what the commands make of them, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
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
    assert (
        done.exit_code == 3 and "cannot run a model with a layer called 'my conv'. Rename it" in done.stderr
    )
    long = make_photo(tmp_path / f"{'x' * 245}.png")
    done = run(command, *named(save_model(build_tiny(), tmp_path / "tiny")), long)
    assert done.exit_code == 1 and "Give the image a shorter name." in done.stderr
