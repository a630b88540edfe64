"""What would take Keras or TensorFlow for ever is refused before Keras makes anything of it."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from keras import ops

from xai_cam.errors import ModelError
from xai_cam.models import activations
from xai_cam.models.loading.building import build
from xai_cam.models.loading.counts import check_counts


def splitting(class_name: str, sections: int) -> dict[str, Any]:
    """A functional model that ends in an operation."""
    image = keras.Input((16, 16, 3))
    parts = getattr(ops, {"Split": "split", "ArraySplit": "array_split"}[class_name])(image, 3, axis=3)
    config: dict[str, Any] = json.loads(keras.Model(image, parts).to_json())
    (operation,) = (one for one in config["config"]["layers"] if one["class_name"] == class_name)
    operation["config"] |= {"name": "a", "indices_or_sections": sections}
    if sections > 3:
        operation["config"]["axis"] = 0  # that of the images, whose number is open
    return config


@pytest.mark.parametrize("class_name", ["Split", "ArraySplit"])
def test_too_many_sections(class_name: str) -> None:
    with pytest.raises(ModelError, match=r"^The operation 'a' gives 16,777,216 tensors, more than 10,000"):
        build(splitting(class_name, 2**24))


def test_wherever_it_is() -> None:
    for inner in ({"indices_or_sections": [0] * (10_001)}, {"num": 10_001}):
        with pytest.raises(ModelError, match=r"The operation 'Odd' gives 10,001 tensors"):
            check_counts(
                {"config": {"layers": [{"config": {"layer": {"class_name": "Odd", "config": inner}}}]}}
            )


WINDOWS: list[tuple[str, dict[str, Any]]] = [
    ("MaxPooling2D", {"pool_size": [2, 2**30]}),
    ("MaxPool", {"pool_size": 2**30}),
    ("AveragePooling3D", {"pool_size": [2, 2, -(2**40)]}),
    ("Conv1D", {"kernel_size": [65_537]}),
    ("DepthwiseConv2D", {"strides": 1e400}),
    ("AveragePooling2D", {"pool_size": [[float("nan")]]}),
    ("Conv2DTranspose", {"dilation_rate": [1, 10**4000]}),
    ("Cropping2D", {"cropping": [[0, 0], [0, 2**31]]}),
    ("Unfold", {"kernel_size": 3, "padding": {"class_name": "__tuple__", "items": [2**31, 1]}}),
]


@pytest.mark.parametrize(("class_name", "config"), WINDOWS)
def test_windows_larger_than_any_input(class_name: str, config: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"'x' has windows, steps or margins of .* than 65,536\.") as refused:
        check_counts([{"class_name": class_name, "config": {"name": "x", **config}}])
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("class_name", "config", "reason"),
    [
        ("Diff", {"n": 1_000_000}, "is computed 1,000,000 times over, more than 16"),
        ("UnravelIndex", {"shape": [2] * 5000}, "speaks of 5,000 dimensions, more than 254"),
        ("ExpandDims", {"axis": [1] * 5000}, "speaks of 5,000 dimensions, more than 254"),
        ("Reshape", {"target_shape": [1] * 255}, "speaks of 255 dimensions, more than 254"),
    ],
)
def test_counts_beyond_those_of_any_tensor(class_name: str, config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=f"'{class_name}' {reason}"):
        check_counts({"class_name": class_name, "config": config})


def test_what_real_layers_say() -> None:
    for class_name, config in (
        ("Reshape", {"target_shape": [1, 10**9]}),
        ("RepeatVector", {"n": 100_000}),
        ("Conv2D", {"kernel_size": [7, 7], "padding": "same", "strides": 2**16, "name": None}),
        ("Normalization", {"axis": [-1], "mean": [0.5] * 1000, "variance": 1.0}),
        ("Normalization", {"axis": [1, 2, 3], "mean": [[[0.5]] * 2] * 2, "variance": [[[0.5]] * 2] * 2}),
        ("Normalization", {"axis": [1, 2, 3], "mean": None}),
        ("AveragePooling2D", {"pool_size": True, "shape": 10**9}),
    ):
        check_counts({"class_name": class_name, "config": config})


def test_inputs_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "largest_tensor", lambda: 4 * 100 * 100 * 3)
    config = json.loads(keras.Sequential([keras.Input((100, 100, 3)), keras.layers.ReLU()]).to_json())
    check_counts(config)
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 101, 100, 3]
    with pytest.raises(ModelError, match=r"activation takes 121\.2 kB \(an input, 101 x 100 x 3, float32\)"):
        check_counts(config)


@pytest.mark.parametrize("mean", [0.1, [0.1], [0.1, 0.2, 0.3], [[[0.1, 0.2]]], [[[0.1]], [[0.2]]]])
def test_a_few_numbers_spread_over_the_input(mean: Any) -> None:
    """Keras writes them out in full, twice, while it builds the layer."""
    config = {"name": "n", "axis": [1, 2, 3], "mean": mean, "variance": mean}
    with pytest.raises(ModelError, match=r"The layer 'n' spreads a few numbers over 3 axes of its input\."):
        check_counts({"class_name": "Normalization", "config": config})


def test_others_are_built() -> None:
    assert len(build(splitting("Split", 3)).outputs) == 3
    check_counts(
        {"class_name": "Odd", "config": {"num": 10_000, "indices_or_sections": None, "units": 10**6}}
    )
    check_counts({"class_name": None, "config": {"num": 10**9}})
    check_counts([{"class_name": "Odd", "config": ["num"]}])
