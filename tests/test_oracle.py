"""The oracle is checked first: against loops, finite differences, arithmetic on paper, and Keras itself."""

import ast
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import oracle
from oracle import cams, layers
from oracle.by_hand import BY_HAND, Example
from oracle.keras_files import LayerSpec, chain
from oracle.network import build, read_network, read_whole_h5
from oracle.resize import resize, resize_fast
from oracle.samples import (
    finite_differences,
    small_network,
    summing_network,
    write_keras_2_files,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_the_oracle_shares_nothing_with_the_package():
    """Its files import each other, the standard library, NumPy and h5py."""
    imported = set()
    for path in Path(oracle.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == {"numpy", "h5py"}


# --- Network ------------------------------


@pytest.mark.parametrize("name", ["conv_1", "pool", "conv_2", "relu", "mean"])
@pytest.mark.parametrize(("units", "target"), [(3, 2), (1, 0), (1, 1)])
def test_gradient_of_a_network_equals_finite_differences(rng, name, units, target):
    network, x = small_network(rng, units, "softmax"), rng.normal(size=(1, 6, 6, 2))

    def logit(activations: np.ndarray) -> float:
        return network.class_logits(network.forward_from(name, activations))[0, target]

    expected = finite_differences(logit, network.output(x, name))
    np.testing.assert_allclose(network.gradient(x, name, target), expected, atol=1e-7)


def test_one_unit_is_two_classes(rng):
    network, x = small_network(rng, 1, "sigmoid"), rng.normal(size=(4, 6, 6, 2))
    z = network.forward(x)[:, 0]
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(network.class_logits(network.forward(x)), np.stack([-z, z], axis=1))
    np.testing.assert_allclose(network.probabilities(x), np.stack([1 - p, p], axis=1))
    np.testing.assert_array_equal(network.gradient(x, "relu", 0), -network.gradient(x, "relu", 1))


@pytest.mark.parametrize(("units", "kind"), [(1, "softmax"), (1, "relu"), (3, "relu")])
def test_what_is_no_probability_is_refused(rng, units, kind):
    with pytest.raises(ValueError, match="no probabilities"):
        small_network(rng, units, kind).probabilities(rng.normal(size=(1, 6, 6, 2)))


# --- Resize and masks ------------------------------


def test_resize_by_hand():
    # New centres lie at -1/4, 1/4, 3/4, 5/4 on the old grid: the second pixel's shares are 0, 1/4, 3/4, 1.
    # Across, 0 and 4 become 0, 1, 3, 4; down, another 8 becomes 0, 2, 6, 8; the value is the sum of both.
    expected = [[0, 1, 3, 4], [2, 3, 5, 6], [6, 7, 9, 10], [8, 9, 11, 12]]
    np.testing.assert_array_equal(resize(np.array([[0.0, 4], [8, 12]]), (4, 4)), expected)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (9, 4), (17, 23)])
def test_fast_resize_equals_its_loops(rng, size):
    image = rng.normal(size=(4, 5, 3))
    np.testing.assert_allclose(resize_fast(image, size), resize(image, size), atol=1e-12)
    np.testing.assert_allclose(resize_fast(image[..., 0], size), resize(image[..., 0], size), atol=1e-12)


def test_masks_by_hand():
    first, second = cams.masks(
        np.stack([np.array([[2.0, 4], [6, 8]]), np.full((2, 2), 3.0)], axis=-1), (2, 2)
    )
    np.testing.assert_allclose(first, [[0, 1 / 3], [2 / 3, 1]])
    assert second is None


# --- Methods ------------------------------


@pytest.mark.parametrize("example", BY_HAND, ids=str)
def test_methods_by_hand(example: Example):
    functions = {
        **cams.GRADIENT_METHODS,
        "score-cam": cams.score_cam,
        "score-cam-official": cams.score_cam_official,
        "ablation-cam": lambda a, e: cams.ablation_cam(a, e, example.score),
        "eigen-cam": lambda a, _: cams.eigen_cam(a),
    }
    found = functions[example.method](example.activations, example.evidence)
    np.testing.assert_allclose(found, example.expected, atol=1e-12)


def test_masked_and_ablated_scores_by_hand():
    # The channels of a pixel of value v are (v, -v, 1), and the logit adds 2 v - v + 1 over the four pixels.
    network, x = summing_network(), np.array([[0.0, 1], [2, 4]])[:, :, None]
    # Masks: v / 4 and 1 - v / 4. Masked images: (0, 1/4, 1, 4) and (0, 3/4, 1, 0). Logit: the sum, + 4 * 1.
    logits, probabilities = cams.masked_scores(network, x, "conv", 1)
    np.testing.assert_allclose(logits, [21 / 4 + 4, 7 / 4 + 4, np.nan])
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)))
    # s = 2 * 7 - 7 + 4 = 11; without channel 1 it is -7 + 4, without channel 2 it is 14 + 4.
    scores, score = cams.ablated_scores(network, x, "conv", 1)
    np.testing.assert_allclose([*scores, score], [-3, 18, np.nan, 11])
    # Grad-CAM: w = (2, 1, 1), so v * 2 - v + 1. Score-CAM: w = (p, 1 - p), p = 1 / (1 + exp(-14/4)).
    np.testing.assert_allclose(cams.grad_cam_of(network, x, "conv", 1), [[1, 2], [3, 5]])
    p = 1 / (1 + math.exp(-14 / 4))
    np.testing.assert_allclose(cams.score_cam_of(network, x, "conv", 1), (2 * p - 1) * x[:, :, 0])


# --- Keras files ------------------------------


@pytest.mark.parametrize("kind", ["list", "dict", "graph"])
@pytest.mark.parametrize("group", ["/", "model_weights"])
def test_keras_2_files(rng, tmp_path, kind, group):
    kernel, bias, dense = rng.normal(size=(2, 2, 1, 3)), rng.normal(size=3), rng.normal(size=(12, 5))
    write_keras_2_files(tmp_path, kind, group, kernel, bias, dense)
    network, x = read_network(tmp_path / "model.json", tmp_path / "weights.h5"), rng.normal(size=(2, 3, 3, 1))
    maps = np.maximum(layers.conv2d_loops(x, kernel, bias, (1, 1), "valid"), 0)
    logits = maps.reshape(2, 12) @ dense
    np.testing.assert_allclose(network.output(x, "c"), maps)
    np.testing.assert_allclose(network.forward(x), logits)
    np.testing.assert_allclose(network.probabilities(x), layers.softmax(logits))
    np.testing.assert_allclose(network.output(x, "d"), layers.softmax(logits))


@pytest.mark.parametrize(
    ("class_name", "config", "message"),
    [
        ("Conv2DTranspose", {}, "a Conv2DTranspose, which is not known"),
        ("Activation", {"activation": "gelu"}, "activation 'gelu'"),
        ("Activation", {"activation": "sigmoid"}, "sigmoid before the layer 'end'"),
        ("MaxPooling2D", {"data_format": "channels_first"}, "data_format='channels_first'"),
        ("ReLU", {"max_value": 6.0}, "max_value=6.0"),
    ],
)
def test_what_is_not_known_is_refused(class_name, config, message):
    with pytest.raises(ValueError, match=message):
        build([LayerSpec("odd", class_name, config), LayerSpec("end", "Flatten", {})])


def test_branches_are_refused():
    entries = [
        {"class_name": "Any", "config": {"name": name}, "inbound_nodes": [[[s, 0, 0, {}] for s in sources]]}
        for name, sources in {"i": [], "a": ["i"], "b": ["i"], "sum": ["a", "b"]}.items()
    ]
    with pytest.raises(ValueError, match="not a chain"):
        chain({"class_name": "Functional", "config": {"layers": entries, "output_layers": [["sum", 0, 0]]}})


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    pytest.importorskip("tensorflow")
    return pytest.importorskip("keras")


def keras_chain(keras, kind: str):
    """A functional softmax classifier, or a Sequential with one sigmoid unit; no weight left at 0 or 1."""
    make = keras.layers
    body = [
        make.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
        make.BatchNormalization(),
        make.ReLU(),
        make.MaxPooling2D(2, strides=1, padding="same"),
        make.Conv2D(5, (2, 3), activation="relu", name="last"),
        make.Dropout(0.5),
        make.DepthwiseConv2D(2, depth_multiplier=2, use_bias=False),
        make.Conv2D(6, 2, dilation_rate=(2, 1), groups=2),
    ]
    if kind == "functional":
        tensor = start = keras.Input((11, 12, 3))
        for layer in [*body, make.GlobalAveragePooling2D(), make.Dense(3, activation="softmax")]:
            tensor = layer(tensor)
        model = keras.Model(start, tensor)
    else:
        tail = [make.AveragePooling2D(2, padding="same"), make.Flatten(), make.Dense(4, activation="relu")]
        end = [make.Dense(1), make.Activation("sigmoid")]
        model = keras.Sequential([keras.Input((11, 12, 3)), *body, *tail, *end])
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.1, 1, w.shape) - 0.5 * (w.ndim > 1) for w in model.get_weights()])
    return model


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("files", ["json and weights.h5", "whole h5"])
@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_network_equals_keras(keras, tmp_path, rng, kind, files):
    import tensorflow as tf

    model, x = keras_chain(keras, kind), rng.normal(size=(2, 11, 12, 3)).astype("float32")
    if files == "whole h5":
        model.save(tmp_path / "m.h5")
        network = read_whole_h5(tmp_path / "m.h5")
    else:
        (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
        model.save_weights(tmp_path / "m.weights.h5")
        network = read_network(tmp_path / "m.json", tmp_path / "m.weights.h5")

    kept = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    found = network.outputs(x)
    assert list(found) == [layer.name for layer in kept]
    every = keras.Model(model.inputs[0], [layer.output for layer in kept])
    for layer, value in zip(kept, every(x), strict=True):
        np.testing.assert_allclose(found[layer.name], value, atol=1e-5, err_msg=layer.name)

    kept[-1].activation = keras.activations.linear  # so `every` ends in the logits
    with tf.GradientTape() as tape:
        *outputs, logits = every(x)
        score = logits[:, -1]
    np.testing.assert_allclose(network.forward(x), logits, atol=1e-5)
    relu, conv = 2, 4  # behind the ReLU stands a max pooling: of its many equal zeros the first must win
    for index, expected in zip(
        [relu, conv], tape.gradient(score, [outputs[relu], outputs[conv]]), strict=True
    ):
        found = network.gradient(x, kept[index].name, 1 if kind == "sequential" else 2)
        np.testing.assert_allclose(found, expected, atol=1e-5)
