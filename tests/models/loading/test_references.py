"""References that lead nowhere are told before Keras sees them: some of its versions wait for ever there."""

from __future__ import annotations

import copy
from typing import Any

import keras
import pytest

from support.hostile_models import called, functional, layer, tensor, tensor_with
from xai_cam.errors import ModelError
from xai_cam.models.loading import references
from xai_cam.models.loading.references import check_references
from xai_cam.models.loading.upgrade import upgrade


def model(*inputs: Any, ends: Any = ("d", 0, 0)) -> dict[str, Any]:
    """An input, a convolution `c`, and a Dense `d` that is called on what is given."""
    convolution = called(layer("Conv2D", name="c", filters=2, kernel_size=3), tensor("i"))
    return functional("m", convolution, called(layer("Dense", name="d", units=2), *inputs), ends=list(ends))


@pytest.mark.parametrize(
    "history",
    [
        *(["c", 7, 0], ["c", -1, 0], ["c", 0, 9], ["c", 0, -1], ["c", 0, "x"], ["c", True, 0]),
        *(["x", 0, 0], [], {}, None, "c", ["c"], ["c", 0], [["c", 0, 0]], [0, 0, 0]),
    ],
    ids=str,
)
def test_references_that_lead_nowhere(history: Any):
    check_references(model(tensor("c")))
    with pytest.raises(ModelError, match="configuration is damaged"):
        check_references(model(tensor_with(history)))


@pytest.mark.parametrize(
    "entry", [[], ["c"], ["c", 7, 0, {}], "c", 3, ["d", 0, 0, {}], ["c", 0, 1, {}]], ids=str
)
def test_references_of_keras_2(entry: Any):
    config = model(tensor("c"))
    dense = config["config"]["layers"][-1]
    dense["inbound_nodes"] = [[["c", 0, 0, {}]]]
    check_references(config)
    dense["inbound_nodes"] = [[entry]]
    with pytest.raises(ModelError, match="configuration is damaged"):
        check_references(config)


@pytest.mark.parametrize(
    "ends", [["d", 1, 0], ["d", 0, 1], ["x", 0, 0], [], ["d", 0], "d", None, [["d"]]], ids=str
)
@pytest.mark.parametrize("key", ["input_layers", "output_layers"])
def test_ends_that_are_nowhere(key: str, ends: Any):
    config = model(tensor("c"))
    config["config"][key] = ends
    with pytest.raises(ModelError, match="configuration is damaged"):
        check_references(config)


def test_calls_that_wait_for_each_other():
    config = model(tensor("d"))
    with pytest.raises(ModelError, match="the calls of 'd' wait for each other"):
        check_references(config)
    config = model(tensor("c"))
    config["config"]["layers"][1] = called(layer("ReLU", name="c"), tensor("d"))
    with pytest.raises(ModelError, match="'c', 'd' wait"):
        check_references(config)


def test_two_layers_of_one_name():
    config = model(tensor("c"))
    config["config"]["layers"].append(copy.deepcopy(config["config"]["layers"][1]))
    with pytest.raises(ModelError, match="have the same name"):
        check_references(config)


def test_a_layer_that_is_called_on_what_it_gave():
    """A(B(A(x))), as in networks whose weights are shared."""
    check_references(model(tensor("c"), tensor("d"), ends=["d", 1, 0]))


def test_a_model_inside_is_looked_at_and_the_users_own_is_not():
    inner = called(model(tensor_with([])), tensor("i"))
    outer = functional("top", {**inner, "name": "m"}, ends=["m", 1, 0])
    with pytest.raises(ModelError, match="damaged"):
        check_references(outer)
    outer["config"]["layers"][1] |= {"class_name": "Mine", "registered_name": "Mine"}
    check_references(outer, {"Mine"})


def test_models_that_keras_wrote():
    """Shared layers, several inputs and outputs, nested models in both orders of counting, dicts."""
    make = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared, inner = make.Dense(4), keras.Sequential([keras.Input((4,)), make.Dense(4)])
    deep = keras.Model(a, [make.Dense(4)(a), make.ReLU()(a)])
    x, y = deep(shared(a))
    whole = keras.Model({"a": a, "b": b}, {"x": inner(x), "y": inner(shared(b) + y), "z": deep(y)[1]})
    for config in (whole, keras.Model(a, deep(a)), keras.Model([a, b], [a + b, a])):
        check_references(upgrade(keras.saving.serialize_keras_object(config)).config)


def test_layers_of_a_single_output():
    x = keras.Input((8, 8, 3))
    made = [
        keras.layers.Conv2D(2, 3),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.ReLU(),
    ]
    assert {type(one).__name__ for one in made} <= references.ONE_OUTPUT
    assert all(isinstance(one(x), keras.KerasTensor) for one in made)
