"""One trace of a model: its calls in their order, and who made which operation."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.traced.trace import Trace, trace


def traced(model: keras.Model, shape: tuple[int, ...] = (6, 4, 3)) -> Trace:
    return trace(lambda x: model(x, training=False), (2, *shape), nodes_of(model))


def nested() -> keras.Model:
    """A backbone that is called twice, and a sum."""
    inner = keras.Input((6, 4, 3))
    y = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(inner)
    backbone = keras.Model(inner, y, name="backbone")
    inputs = keras.Input((6, 4, 3))
    return keras.Model(inputs, layers.Add(name="sum")([backbone(backbone(inputs)), inputs]))


class TwoAnswers(layers.Layer):
    """Gives two tensors."""

    def call(self, x: Any) -> tuple[Any, Any]:
        return x[:, :3], x[:, 3:]


def test_calls_are_in_the_order_in_which_they_end():
    calls = traced(nested()).calls
    assert [(call.path, call.number) for call in calls] == [
        ("backbone/conv", 1),
        ("backbone", 1),
        ("backbone/conv", 2),
        ("backbone", 2),
        ("sum", 1),
    ]
    assert [call.order for call in calls] == [0, 1, 2, 3, 4]
    assert all(call.tensor.shape == (2, 6, 4, 3) for call in calls)


def test_the_innermost_call_made_an_operation():
    one = traced(nested())
    operations = one.concrete.graph.get_operations()
    makers = [
        (made.path, made.number) for op in operations if op.type == "Conv2D" and (made := one.maker(op))
    ]
    assert makers == [("backbone/conv", 1), ("backbone/conv", 2)]
    assert one.maker(operations[0]) is None  # the images
    assert all(one.maker(call.tensor.op) for call in one.calls)
    outside = tf.function(lambda x: x + 1.0).get_concrete_function(tf.TensorSpec((2,)))
    assert one.maker(outside.graph.get_operations()[-1]) is None


def test_what_it_gives_and_how_it_computes():
    model = nested()
    one = traced(model)
    images = np.random.default_rng(0).normal(size=(2, 6, 4, 3)).astype(np.float32)
    np.testing.assert_allclose(one.concrete(tf.constant(images))[0], model(images), atol=1e-5)
    assert one.outputs[0].shape == (2, 6, 4, 3)
    assert [activation.name for activation in one.activations] == ["relu", "relu"]


def test_the_model_is_left_as_it_was():
    model = nested()
    before = [dict(vars(node)) for node in nodes_of(model).values()]
    traced(model)
    assert [dict(vars(node)) for node in nodes_of(model).values()] == before


def test_a_layer_of_several_tensors_has_no_one():
    inputs = keras.Input((6, 4, 3))
    first, second = TwoAnswers(name="two")(inputs)
    calls = traced(keras.Model(inputs, first + second)).calls
    assert calls[0].path == "two" and calls[0].tensor is None and len(calls[0].output) == 2
    assert calls[1].tensor is not None


def test_operations_between_layers_are_calls():
    inputs = keras.Input((6, 4, 3))
    paths = [call.path for call in traced(keras.Model(inputs, keras.ops.abs(inputs) * 2.0)).calls]
    assert [path.split("_")[0] for path in paths] == ["absolute", "multiply"]


def test_a_subclassed_model_is_seen_as_it_runs():
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.late = layers.Conv2D(2, 1, name="late")
            self.early = layers.Conv2D(2, 1, name="early")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.late(self.early(x))

    model = Own()
    model(np.zeros((1, 6, 4, 3), np.float32))
    assert list(nodes_of(model)) == ["late", "early"]
    assert [call.path for call in traced(model).calls] == ["early", "late"]


def test_functions_that_the_graph_calls_have_graphs_of_their_own():
    class Own(layers.Layer):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.inner = layers.Conv2D(2, 1, name="inner")

        @tf.function(autograph=False)
        def call(self, x: Any) -> Any:
            return self.inner(x)

    own = Own(name="own")
    own(np.zeros((1, 6, 4, 3), np.float32))
    nodes = {"own": own, "own/inner": own.inner}
    one = trace(lambda x: tf.nn.relu(own(tf.abs(x))), (2, 6, 4, 3), nodes)
    inner, outer = one.calls
    assert (inner.path, outer.path) == ("own/inner", "own")
    assert outer.graph is one.concrete.graph and inner.graph is not outer.graph
    convolution = next(op for op in inner.graph.get_operations() if op.type == "Conv2D")
    assert one.maker(convolution) is inner
    made = [one.maker(op) for op in one.concrete.graph.get_operations()]
    assert any(call is outer for call in made) and all(call is None or call is outer for call in made)
