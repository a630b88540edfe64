"""Layers that are called frame by frame, opened while their model is traced: all frames at once.

`TimeDistributed` calls what it wraps once for each frame, past Keras' own way of calling, so that what
happens inside is seen in pieces. All frames, stacked along the axis of the images, give the same numbers in
one call: without training, no layer mixes the rows of its batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


@contextmanager
def frames_at_once(model: Any) -> Iterator[None]:
    """For tracing a model: each `TimeDistributed` of it calls its layer once, on the frames of all images."""
    wrappers = [layer for layer in model._flatten_layers() if _calls_frame_by_frame(layer)]
    for layer in wrappers:
        # Past Keras' own __setattr__, which would track what we put there.
        vars(layer)["call"] = partial(_call, layer)
    try:
        yield
    finally:
        for layer in wrappers:
            del vars(layer)["call"]


def _calls_frame_by_frame(layer: Any) -> bool:
    """Whether it is Keras' wrapper as it is, around a layer that keeps nothing from call to call."""
    import keras

    if not isinstance(layer, keras.layers.TimeDistributed) or "call" in vars(layer):
        return False
    own = type(layer).call is keras.layers.TimeDistributed.call
    return own and not any(getattr(one, "stateful", False) for one in layer._flatten_layers())


def _call(wrapper: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    """What a `TimeDistributed` gives for (n, T, …), by one call of its layer on (n T, …)."""
    import keras
    import tensorflow as tf

    if mask is not None or inputs.shape[1] is None:
        return type(wrapper).call(wrapper, inputs, training=training, mask=mask)
    frames = inputs.shape[1]
    given = {"training": training} if wrapper.layer._call_has_training_arg else {}
    found = wrapper.layer.call(tf.reshape(inputs, (-1, *inputs.shape[2:])), **given)
    return keras.tree.map_structure(lambda one: tf.reshape(one, (-1, frames, *one.shape[1:])), found)
