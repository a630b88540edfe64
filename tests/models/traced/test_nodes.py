"""What a model is made of: paths of layers and operations."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from xai_cam.models.traced.nodes import is_block, is_graph, nodes_of

SHAPE = (6, 4, 3)


def functional(name: str = "inner") -> keras.Model:
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(3, 1, name="conv")(inputs)
    return keras.Model(inputs, layers.Add(name="sum")([x, keras.ops.abs(x)]), name=name)


class Block(layers.Layer):
    """Made of two others."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.first = layers.Conv2D(3, 1, name="first")
        self.second = [layers.Dense(2, name="second")]

    def call(self, x: Any) -> Any:
        return self.second[0](self.first(x))


class Own(keras.Model):
    """Holds its layers in its own order."""

    def __init__(self) -> None:
        super().__init__()
        self.late = layers.Dense(2, name="late")
        self.block = Block(name="block")

    def call(self, x: Any) -> Any:
        return self.late(self.block(x))


def operationless(model: Any) -> list[str]:
    return list(nodes_of(model, operations=False))


def test_layers_and_operations_in_the_order_of_a_functional_model():
    assert [path.split("_")[0] for path in nodes_of(functional())] == ["conv", "absolute", "sum"]
    assert operationless(functional()) == ["conv", "sum"]


def test_nested_models_are_gone_into_under_their_names():
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, layers.Dense(2, name="head")(functional("backbone")(inputs)))
    assert operationless(model) == ["backbone", "backbone/conv", "backbone/sum", "head"]


def test_a_shared_layer_has_the_first_path():
    shared, inputs = functional("shared"), keras.Input(SHAPE)
    outer = keras.Model(inputs, shared(inputs), name="outer")
    model = keras.Model(inputs, layers.Add(name="both")([outer(inputs), shared(inputs)]))
    found = nodes_of(model, operations=False)
    assert [path for path, node in found.items() if node is shared.get_layer("conv")] == [
        next(path for path in found if path.endswith("conv"))
    ]
    assert len({id(node) for node in found.values()}) == len(found)


def test_sequential_and_subclassed_models():
    sequential = keras.Sequential([keras.Input(SHAPE), layers.Dense(2, name="a"), Block(name="b")])
    assert operationless(sequential) == ["a", "b", "b/first", "b/second"]
    assert operationless(keras.Sequential([layers.Dense(2, name="unbuilt")])) == ["unbuilt"]
    assert operationless(Own()) == ["late", "block", "block/first", "block/second"]


def test_a_layer_in_a_wrapper():
    wrapped = layers.TimeDistributed(layers.Dense(2, name="inner"), name="outer")
    model = keras.Sequential([keras.Input(SHAPE), wrapped])
    assert operationless(model) == ["outer", "outer/inner"]


def test_blocks_and_graphs():
    assert is_graph(functional()) and is_graph(keras.Sequential()) and not is_graph(Own())
    assert is_block(Block()) and is_block(Own())
    assert not is_block(functional()) and not is_block(layers.Dense(2))
    assert not is_block(keras.ops.abs)
