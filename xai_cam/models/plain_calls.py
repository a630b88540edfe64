"""Layers whose code runs as a TensorFlow function of its own, opened while their model is traced.

What happens inside such a function cannot be looked at, or be replaced, from without. Its code does the same
in the graph that is being traced. A layer that is called frame by frame is called on all frames at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xai_cam.models.frames import frames_at_once


@contextmanager
def plain_calls(model: Any) -> Iterator[None]:
    """For tracing a model: a `call` under `tf.function`, of itself or of a layer, runs as plain code."""
    compiled = [
        (vars(layer), dict(vars(layer)), layer.call)
        for layer in model._flatten_layers()
        if hasattr(getattr(layer, "call", None), "python_function")
    ]
    for own, _, call in compiled:
        # Past Keras' own __setattr__, which would track what we put there.
        own["call"] = _plain(call)
    try:
        with frames_at_once(model):
            yield
    finally:
        for own, before, _ in compiled:
            del own["call"]
            if "call" in before:
                own["call"] = before["call"]


def _plain(call: Any) -> Any:
    """The code of a function, its `if` and `for` over tensors converted as TensorFlow does."""
    import tensorflow as tf
    from tensorflow.python.autograph.core import ag_ctx

    _, code = tf.__internal__.decorator.unwrap(call.python_function)
    # Our own traces are made without the conversion, and it asks whether it is wanted.
    enabled = ag_ctx.ControlStatusCtx(ag_ctx.Status.ENABLED)
    return tf.__internal__.autograph.tf_convert(code, enabled, user_requested=True)
