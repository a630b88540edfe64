"""Layers that keras.applications defines for itself open as Keras' own; nothing else there does."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from support.keras2_models import randomise
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.applications import OWN_LAYERS, own_layer

SHAPE = (6, 6, 3)
X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")


def model_of_own_layers(make: Any = keras, own: Any = None) -> Any:
    scale, depth, added = own or (LayerScale, StochasticDepth, CustomScaleLayer)
    image = make.Input(SHAPE)
    x = make.layers.Conv2D(4, 3, name="maps")(image)
    x = added(0.17)([x, depth(0.1)(scale(0.3, 4)(x))])
    return randomise(make.Model(image, make.layers.Dense(2)(make.layers.GlobalAveragePooling2D()(x))))


def test_every_class_of_the_package_is_known():
    """A class that a later Keras adds fails here."""
    from keras.src import applications

    parts = [
        part.name for part in pkgutil.iter_modules(applications.__path__) if not part.name.endswith("test")
    ]
    modules = [importlib.import_module(f"{applications.__name__}.{part}") for part in parts]
    found = {
        name
        for module in modules
        for name, item in vars(module).items()
        if isinstance(item, type) and issubclass(item, layers.Layer) and item.__module__ == module.__name__
    }
    assert found == set(OWN_LAYERS)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.json"])
def test_files_of_keras_3(name: str, tmp_path: Path):
    model, files = model_of_own_layers(), [tmp_path / name]
    if name == "m.json":
        files[0].write_text(model.to_json(), encoding="utf-8")
        files.append(tmp_path / "m.weights.h5")
        model.save_weights(files[1])
    else:
        model.save(files[0])
    np.testing.assert_allclose(load_model(*files)(X), model(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_files_of_keras_2(name: str, tmp_path: Path):
    tf_keras = pytest.importorskip("tf_keras")
    from tf_keras.src.applications import convnext, inception_resnet_v2

    own = (convnext.LayerScale, convnext.StochasticDepth, inception_resnet_v2.CustomScaleLayer)
    model = model_of_own_layers(tf_keras, own)
    model.save(tmp_path / name)
    np.testing.assert_allclose(load_model(tmp_path / name)(X), model(X), rtol=1e-5, atol=1e-6)


SCALE = {"class_name": "LayerScale", "config": {"name": "s", "init_values": 1e-6, "projection_dim": 4}}


@pytest.mark.parametrize(
    "module",
    [
        *(
            "keras.src.applications.convnext",
            "keras.applications.convnext",
            "tf_keras.src.applications.convnext",
        ),
        *("tensorflow.keras.applications.convnext", "tensorflow.python.keras.applications.convnext"),
    ],
)
def test_modules_that_wrote_it(module: str):
    written = {**SCALE, "module": module, "registered_name": "LayerScale"}
    assert own_layer(written) == ("keras.src.applications.convnext", "LayerScale")
    assert own_layer(SCALE) == ("keras.src.applications.convnext", "LayerScale")


HOSTILE = {
    "another's module": {"module": "evil"},
    "a module of one's own": {"module": None},
    "a longer module": {"module": "keras.src.applications.convnext.evil"},
    "a module before it": {"module": "evil.keras.src.applications.convnext"},
    "another application": {"module": "keras.src.applications.vgg16"},
    "a line break": {"module": "keras.src.applications.convnext\n"},
    "a registered name": {"registered_name": "Custom>LayerScale"},
    "another package's": {"class_name": "Mine>LayerScale"},
    "an argument more": {"config": {**SCALE["config"], "path": "/etc/passwd"}},
    "an argument less": {"config": {"name": "s", "init_values": 1}},
    "an object": {"config": {**SCALE["config"], "init_values": {"class_name": "Evil", "config": {}}}},
    "a builder": {"class_name": "ConvNeXtTiny", "config": {"weights": "imagenet"}},
    "a function": {"class_name": "function", "config": "ConvNeXtTiny"},
    "a downloader": {"class_name": "get_file", "config": {"origin": "http://x"}},
    "layers there": {"class_name": "Functional", "config": {"name": "s"}},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_one_of_them(change: dict[str, Any], tmp_path: Path):
    written = {**SCALE, "module": "keras.src.applications.convnext", "registered_name": None, **change}
    assert own_layer(written) is None
    image = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 6, 6, 4]}}
    config = {"name": "m", "layers": [image, written]}
    (tmp_path / "m.json").write_text(
        json.dumps({"class_name": "Sequential", "module": "keras", "config": config}), encoding="utf-8"
    )
    keras.Sequential([keras.Input((6, 6, 4)), LayerScale(1e-6, 4)]).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError):
        load_model(tmp_path / "m.json")


def test_ones_own_class_of_that_name(tmp_path: Path):
    """A class that is brought along stands for the file's, as ever."""

    class LayerScale(layers.Layer):
        def __init__(self, init_values: float, projection_dim: int, **more: Any) -> None:
            super().__init__(**more)

        def call(self, x: Any) -> Any:
            return x + 1

    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(2, 3)])
    config = json.loads(model.to_json())
    config["config"]["layers"].append(SCALE)
    (tmp_path / "m.json").write_text(json.dumps(config), encoding="utf-8")
    model.save_weights(tmp_path / "m.weights.h5")
    found = load_model(tmp_path / "m.json", custom_objects={"LayerScale": LayerScale})
    np.testing.assert_allclose(found(X), model(X) + 1, rtol=1e-5)
