"""Runs that cannot end before a test lets them: an image, or a picture of that name, waits for a file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

LAYER = """
import time
from pathlib import Path

import keras


@keras.saving.register_keras_serializable()
class Gate(keras.layers.Layer):
    def __init__(self, place, **options):
        super().__init__(**options)
        self.place = place

    def get_config(self):
        return {**super().get_config(), "place": self.place}

    def call(self, x):
        import tensorflow as tf

        def look(pixels):
            while (pixels == (0.0, 1.0, 0.0)).all(axis=(1, 2, 3)).any() and not Path(self.place).exists():
                time.sleep(0.02)
            return pixels

        return tf.ensure_shape(tf.numpy_function(look, [x], tf.float32), x.shape)
"""
"""A layer at which an image that is green all over waits until there is a file."""

READING = """
import sys
import time
from pathlib import Path

import {module} as module
from xai_cam.cli import main

read = module.{function}


def wait(path, *others, **options):
    while Path(path).name == {name!r} and not Path({place!r}).exists():
        time.sleep(0.02)
    return read(path, *others, **options)


module.{function} = wait
main(sys.argv[1:])
"""
"""A command that waits with reading a picture of that name until there is a file."""


def imported(path: Path) -> Any:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gated(model: Any, folder: Path) -> tuple[list[object], Path]:
    """A model with that layer before it, as options of a command that scales by `unit`; the file."""
    import keras

    code, place = folder / "gate.py", folder / "open"
    code.write_text(LAYER, encoding="utf-8")
    inputs = keras.Input((16, 16, 3))
    keras.Model(inputs, model(imported(code).Gate(str(place))(inputs))).save(folder / "gated.keras")
    return ["-m", folder / "gated.keras", "--custom-objects", code, "--preprocess", "unit"], place


def with_last_green(folder: Path) -> Path:
    """A folder with `photos`, the last of which becomes the one that the layer knows."""
    from PIL import Image

    Image.new("RGB", (30, 24), (0, 255, 0)).save(max((folder / "photos").rglob("*.png")))
    return folder
