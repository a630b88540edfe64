"""What is found out of a model at first sight: inputs, outputs, the last maps before those that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from support.target_networks import model, network
from xai_cam.errors import InputError, ModelError
from xai_cam.models.exploring import zeros_for
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.network import Network

Build = Callable[[Any], Any]


def test_several_inputs_and_outputs() -> None:
    found = network("several")
    assert [one.name for one in found.all_outputs] == ["kind", "amount", "mask"]
    assert [one.name for one in found.outputs] == ["kind"], "the only classifier of whole images"
    assert found.image_name == "photo" and found.extras == [ModelInput("age", (1,))]
    heads = [one.head for one in found.all_outputs]
    assert [head.kind for head in heads if head] == ["softmax", "regression", "softmax"]
    assert heads[2] is not None and heads[2].pixels == (12, 12)


def test_a_head_that_one_of_several_outputs_cannot_have() -> None:
    with pytest.raises(InputError, match=r"^Output 'kind': .*run of their own, with `output_name`"):
        Network(model("several"), head="binary", outputs=("kind", "amount"))


def test_losses_of_several_outputs_are_each_ones_own() -> None:
    """Four linear units are classes for all anybody knows, unless their loss says otherwise."""
    image = keras.Input((8, 8, 1))
    pooled = layers.Flatten()(layers.Conv2D(2, 3)(image))
    ends = [layers.Dense(4, name="box")(pooled), layers.Dense(3, activation="softmax", name="kind")(pooled)]
    made = keras.Model(image, ends)
    for loss in ({"box": "mse", "kind": "categorical_crossentropy"}, ["mae", "categorical_crossentropy"]):
        made.compile("sgd", loss)
        head = Network(made).all_outputs[0].head
        assert head is not None and head.is_regression


def test_the_default_layer_leads_to_the_output_that_is_explained() -> None:
    """One branch for each output: the default is the last of the one explained."""
    image = keras.Input((12, 12, 1))
    shared = layers.Conv2D(2, 3, name="shared")(image)
    left = layers.Conv2D(2, 3, name="left")(shared)
    right = layers.Conv2D(2, 3, name="right")(shared)
    ends = [
        layers.Dense(2, activation="softmax", name=name)(layers.GlobalMaxPooling2D()(maps))
        for name, maps in (("a", left), ("b", right))
    ]
    made = keras.Model(image, ends)
    assert Network(made, outputs=["a"]).default_layer().path == "left"
    assert Network(made, outputs=["b"]).default_layer().path == "right"
    with pytest.raises(ModelError, match=r"2 outputs: a .*; b "):
        Network(made)


def test_the_default_layer_of_a_segmentation_is_its_bottleneck() -> None:
    image = keras.Input((16, 16, 1))
    down = layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(image)
    deep = layers.Conv2D(6, 3, padding="same", name="deep")(layers.MaxPooling2D(4)(down))
    norm = layers.ReLU(name="deep_relu")(layers.BatchNormalization()(deep))
    up = layers.Concatenate()([layers.UpSampling2D(4)(norm), down])
    joined = layers.Conv2D(4, 3, padding="same", name="up")(up)
    made = keras.Model(image, layers.Conv2D(2, 1, activation="softmax", name="end")(joined))
    assert Network(made).default_layer().path == "deep_relu"


def test_without_a_bottleneck_it_is_the_last_before_the_output() -> None:
    assert network("places").default_layer().path == "maps"


@pytest.mark.parametrize("form", ["rows of places", "channels first", "no channels"])
def test_forms_in_which_places_are_given(form: str) -> None:
    """(n, places, classes), (n, classes, h, w) and (n, h, w) are read as (n, h, w, classes)."""
    keras.utils.set_random_seed(4)
    image = keras.Input((6, 8, 1))
    maps = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    plain = layers.Conv2D(1 if form == "no channels" else 3, 1)(maps)
    ends: dict[str, Any] = {
        "rows of places": lambda: layers.Softmax()(layers.Reshape((48, 3))(plain)),
        "channels first": lambda: layers.Permute((3, 1, 2))(layers.Softmax()(plain)),
        "no channels": lambda: layers.Reshape((6, 8))(keras.ops.sigmoid(plain)),
    }
    found = Network(keras.Model(image, ends[form]()))
    assert found.head.pixels == (6, 8) and found.head.classes == (2 if form == "no channels" else 3)
    x = np.random.default_rng(0).uniform(0, 1, (2, 6, 8, 1)).astype(np.float32)

    def run(images: Any) -> Any:
        return found.run(images).read()[1:]

    logits, output = tf.function(run, autograph=False)(tf.constant(x))
    z = np.asarray(keras.Model(image, plain)(x))
    if form == "no channels":
        np.testing.assert_allclose(logits[..., 1:], z, rtol=1e-4, atol=1e-5)
    else:
        powers = np.exp(z)
        np.testing.assert_allclose(output, powers / powers.sum(-1, keepdims=True), rtol=1e-4, atol=1e-6)


def test_zeros_stand_for_what_is_not_there_yet() -> None:
    inputs = [ModelInput("age", (1,)), ModelInput("words", (None, 2), "int32")]
    age, words = zeros_for(inputs, tf.zeros((3, 8, 8, 1)))
    assert age.shape == (3, 1) and words.shape == (3, 1, 2) and words.dtype == tf.int32


def test_models_are_not_changed() -> None:
    before = [w.copy() for w in model("several").get_weights()]
    Network(model("several"), outputs=["mask"])
    for one, other in zip(before, model("several").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


OUTPUTS: dict[str, tuple[Build, tuple[float, float]]] = {
    "padded": (
        lambda x: layers.Conv2D(2, 3, padding="same")(layers.Conv2D(4, 3, 2, padding="same")(x)),
        (0, 32),
    ),
    "not padded": (lambda x: layers.Conv2D(2, 3)(layers.Conv2D(4, 5, dilation_rate=2)(x)), (5, 27)),
    "padded before": (lambda x: layers.Conv2D(2, 3)(layers.ZeroPadding2D(1)(x)), (0, 32)),
    "strided": (layers.Conv2D(2, 3, 2), (0.5, 30.5)),
    "patches": (layers.Conv2D(2, 4, 4), (0, 32)),
    "transposed": (lambda x: layers.Conv2DTranspose(2, 3)(layers.Conv2D(4, 3)(x)), (0, 32)),
    "u-net": (
        lambda x: layers.Conv2D(2, 3)(
            layers.Conv2DTranspose(4, 2, 2)(
                layers.Conv2D(4, 3)(layers.MaxPooling2D()(layers.Conv2D(4, 3)(x)))
            )
        ),
        (4, 28),
    ),
    "resized": (lambda x: layers.Resizing(32, 32)(layers.Conv2D(2, 3)(x)), (0, 32)),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_where_an_output_lies(case: str) -> None:
    """Counted by hand, pixel by pixel: what windows without padding leave out is not covered."""
    build, span = OUTPUTS[case]
    image = keras.Input((32, 32, 3))
    placement = Network(keras.Model(image, build(image)), head="softmax").outputs[0].placement
    assert placement is not None and placement.region.spans == (span, span)


def test_a_bottleneck_may_be_small_but_is_no_pooled_context() -> None:
    """Four places that a window runs over are the bottleneck; pooled context has kernels of one place."""
    image = keras.Input((16, 16, 1))
    down = layers.Conv2D(4, 3, 4, padding="same", activation="relu", name="down")(image)
    deep = layers.Conv2D(6, 3, padding="valid", name="deep", strides=2)(layers.ZeroPadding2D(1)(down))
    up = layers.Concatenate()([layers.UpSampling2D(2)(deep), down])
    small = keras.Model(image, layers.Conv2D(2, 3, padding="same", name="end")(up))
    assert Network(small, head="softmax").default_layer().path == "deep"
    context = layers.Conv2D(6, 1, name="context")(layers.AveragePooling2D(2)(down))
    joined = layers.Concatenate(name="joined")([layers.UpSampling2D(2)(context), down])
    pooled = keras.Model(image, layers.Conv2D(2, 3, padding="same", name="end")(joined))
    assert Network(pooled, head="softmax").default_layer().path == "joined"


@pytest.mark.parametrize("enlarged_by", ["nearest", "bilinear", "transposed"])
def test_an_output_that_is_enlarged_again_covers_the_whole_picture(enlarged_by: str) -> None:
    image = keras.Input((16, 16, 3))
    maps = layers.Conv2D(4, 3, strides=2, activation="relu", padding="same")(image)
    if enlarged_by == "transposed":
        maps = layers.Conv2DTranspose(4, 2, strides=2)(maps)
    else:
        maps = layers.UpSampling2D(2, interpolation=enlarged_by)(maps)
    found = Network(keras.Model(image, layers.Conv2D(3, 1, activation="softmax")(maps)))
    placement = found.outputs[0].placement
    assert placement is not None and placement.part((16, 16)) is None
