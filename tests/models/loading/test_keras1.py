"""Models that Keras 0 and 1 wrote, on Theano and TensorFlow, against plain loops over the same files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from oracle.keras1 import outputs
from support.keras1_files import MODELS, write
from support.small_models import SHARED, shared
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading import keras1
from xai_cam.models.loading.upgrade import Origin, upgrade


def channels_last(x: np.ndarray, ordering: str) -> np.ndarray:
    return np.moveaxis(x, 1, -1) if ordering == "th" else x


def load(architecture: Path, weights: Path) -> Any:
    return load_model(architecture, None if weights == architecture else weights)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_loops(name: str, tmp_path: Path):
    architecture, weights, x = write(name, tmp_path)
    expected = outputs(architecture, weights, x)
    model = load(architecture, weights)
    assert model.input_shape[1:] == channels_last(x, MODELS[name].ordering).shape[1:]
    found = np.asarray(model(channels_last(x, MODELS[name].ordering), training=False))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["th_theano", "tf_theano", "keras03_th_theano", "tf_tensorflow"])
def test_turned_kernels_are_said(name: str, tmp_path: Path, caplog: Any):
    architecture, weights, _ = write(name, tmp_path)
    with caplog.at_level(logging.WARNING):
        load(architecture, weights)
    assert ("rotated by 180 degrees" in caplog.text) == ("theano" in name)
    assert ("channels first" in caplog.text) == ("th_" in name)


def test_the_backend_of_the_weights_counts(tmp_path: Path):
    """A model of Theano that was converted: the weights file says TensorFlow."""
    architecture, weights, _ = write("tf_theano", tmp_path)
    architecture.write_text(
        json.dumps({**json.loads(architecture.read_text(encoding="utf-8")), "backend": "theano"}),
        encoding="utf-8",
    )
    with h5py.File(weights, "r+") as file:
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.0.8"
        layer, name = next((g, n) for g in file.values() for n in g.attrs["weight_names"] if b"_W" in n)
        kernel = layer[name][()]
    found = load(architecture, weights).layers
    np.testing.assert_array_equal(next(x for x in found if x.weights).get_weights()[0], kernel)


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def test_kernels_given_by_rows_and_columns():
    config = layer("Conv2D", nb_row=3, nb_col=2)
    keras1.kernel_size(config)
    assert config["config"] == {"name": "conv2d", "kernel_size": [3, 2]}
    config = layer("Conv3D", kernel_dim1=1, kernel_dim2=2, kernel_dim3=3)
    keras1.kernel_size(config)
    assert config["config"]["kernel_size"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("before", "after"),
    [("th", "channels_first"), ("tf", "channels_last"), ("channels_first", "channels_first"), (None, None)],
)
def test_orderings_that_were_called_after_backends(before: Any, after: Any):
    config = layer("Conv2D", data_format=before)
    keras1.data_format(config)
    assert config["config"]["data_format"] == after


def test_orderings_that_were_not_saved():
    layers = [layer("ZeroPadding2D"), layer("Convolution2D", dim_ordering="th"), layer("UpSampling2D")]
    keras1.name_orderings({"class_name": "Sequential", "config": layers})
    assert [inner["config"].get("dim_ordering") for inner in layers] == ["th", "th", "th"]
    with pytest.raises(ModelError, match="does not say where its channels are"):
        keras1.name_orderings({"class_name": "Sequential", "config": [layer("UpSampling2D")]})


@pytest.mark.parametrize(
    ("version", "backend", "early"),
    [
        ("0.3", "theano", True),
        (None, "tensorflow", True),
        ("1.0.5", "tensorflow", True),
        ("1.0.6", "theano", True),
        ("1.0.6", "tensorflow", False),
        ("1.0.7", "theano", False),
        ("1.2.2", "theano", False),
    ],
)
def test_normalisations_that_saved_a_deviation(version: str | None, backend: str, early: bool):
    norm = layer("BatchNormalization", epsilon=1e-3, mode=0, batch_input_shape=[None, 4, 4, 3])
    dense = layer("Dense", output_dim=2, W_regularizer=None)
    told = {} if version is None else {"keras_version": version}
    found = upgrade({"class_name": "Sequential", "config": [norm, dense], **told}, Origin(backend=backend))
    assert found.deviations == ({"batchnormalization"} if early else set())


def merge(**config: Any) -> dict[str, Any]:
    layer = {"class_name": "Merge", "config": {"name": "merge_1", "mode_type": "raw", **config}}
    keras1.merge_mode(layer)
    return layer


@pytest.mark.parametrize(
    ("config", "class_name", "arguments"),
    [
        ({"mode": "sum"}, "Add", {}),
        ({"mode": "concat", "concat_axis": 1}, "Concatenate", {"axis": 1}),
        ({"mode": "dot", "dot_axes": 2}, "Dot", {"axes": 2, "normalize": False}),
    ],
)
def test_ways_of_merging(config: dict[str, Any], class_name: str, arguments: dict[str, Any]):
    found = merge(**config)
    assert found == {"class_name": class_name, "config": {"name": "merge_1", **arguments}}


def test_ways_of_merging_that_are_gone():
    for mode in ("average of squares", "cos"):
        with pytest.raises(ModelError, match=r"merge_1.*later versions of Keras cannot"):
            merge(mode=mode)
    with pytest.raises(ModelError, match="inputs of their own"):
        merge(mode="concat", layers=[{}, {}])


@pytest.mark.parametrize(
    ("class_name", "padding", "pairs"),
    [
        ("ZeroPadding2D", [1, 2], [1, 2]),
        ("ZeroPadding2D", [1, 2, 3, 4], [[1, 2], [3, 4]]),
        ("ZeroPadding2D", {"top_pad": 1, "right_pad": 4}, [[1, 0], [0, 4]]),
        ("ZeroPadding1D", {"left_pad": 1, "right_pad": 4}, [1, 4]),
    ],
)
def test_forms_of_padding(class_name: str, padding: Any, pairs: Any):
    layer = {"class_name": class_name, "config": {"padding": padding}}
    keras1.padding_pairs(layer)
    assert layer["config"]["padding"] == pairs


GONE = {
    "MaxoutDense": {"output_dim": 3},
    "Highway": {},
    "SReLU": {},
    "BatchNormalization": {"mode": 1},
    "MaxPooling2D": {"border_mode": "same", "pool_size": [2, 2], "dim_ordering": "tf"},
}


@pytest.mark.parametrize("class_name", GONE)
def test_layers_that_have_no_counterpart_are_named(class_name: str):
    layer = {"class_name": class_name, "config": {"name": "odd_one", **GONE[class_name]}}
    config = {"class_name": "Sequential", "config": [layer], "keras_version": "1.2.0", "backend": "theano"}
    with pytest.raises(ModelError, match=rf"'odd_one'.* {class_name}|'odd_one' \({class_name}\)"):
        upgrade(config)


def test_a_graph_of_keras_0():
    with pytest.raises(ModelError, match="only Sequential"):
        keras1.from_keras_0({"name": "Graph", "layers": []})


@pytest.mark.parametrize(("class_name", "gates", "order"), [("LSTM", 4, "icfo"), ("GRU", 3, "zrh")])
def test_gates_that_keras_1_kept_apart(class_name: str, gates: int, order: str, tmp_path: Path):
    """A recurrent layer's columns, split as Keras 1 split and ordered them."""
    units = 2
    flat = {"name": "flat", "target_shape": [4, 3], "batch_input_shape": [None, 2, 2, 3]}
    recurrent = {"name": "r", "output_dim": units, "inner_activation": "sigmoid"}
    layers = [
        {"class_name": "Reshape", "config": flat},
        {"class_name": class_name, "config": recurrent},
    ]
    config = {"class_name": "Sequential", "config": layers, "keras_version": "1.2.2"}
    (tmp_path / "m.json").write_text(json.dumps(config), encoding="utf-8")
    rng = np.random.default_rng(0)
    parts = {
        f"r_{kind}_{gate}": rng.normal(size=shape).astype(np.float32)
        for gate in order
        for kind, shape in (("W", (3, units)), ("U", (units, units)), ("b", (units,)))
    }
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"flat", b"r"]
        file.create_group("flat").attrs["weight_names"] = np.array([], "S1")
        group = file.create_group("r")
        group.attrs["weight_names"] = [f"{name}:0".encode() for name in parts]
        for name, value in parts.items():
            group[f"{name}:0"] = value
    found = np.asarray(load_model(tmp_path / "m.json", tmp_path / "w.h5")(np.ones((1, 2, 2, 3), np.float32)))

    def act(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    h = c = np.zeros(units)
    x = np.ones(3)
    for _ in range(4):

        def gate(name: str, h: np.ndarray) -> np.ndarray:
            return x @ parts[f"r_W_{name}"] + h @ parts[f"r_U_{name}"] + parts[f"r_b_{name}"]

        if gates == 4:
            c = act(gate("f", h)) * c + act(gate("i", h)) * np.tanh(gate("c", h))
            h = act(gate("o", h)) * np.tanh(c)
        else:
            z = act(gate("z", h))
            h = z * h + (1 - z) * np.tanh(gate("h", act(gate("r", h)) * h))
    np.testing.assert_allclose(found[0], h, atol=1e-5)


OLD = [
    path
    for path in sorted(SHARED.glob("zoo/*/model.json"))
    if json.loads((path.parent / "meta.json").read_text(encoding="utf-8"))["keras_version"].startswith("1.")
]


@pytest.mark.zoo
@pytest.mark.parametrize("path", OLD, ids=lambda path: path.parent.name)
def test_real_models_against_the_loops(path: Path):
    """The reference outputs of the zoo are conversions; this reads the files themselves."""
    shared("zoo")
    with np.load(path.parent / "expected.npz") as file:
        x = file["x"][:2]
    expected = outputs(path, path.parent / "weights.h5", x)
    meta = json.loads((path.parent / "meta.json").read_text(encoding="utf-8"))
    ordering = "th" if meta["data_format"] == "channels_first" else "tf"
    found = np.asarray(load_model(path)(channels_last(x, ordering), training=False))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
