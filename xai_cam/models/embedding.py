"""The embedding of an image: the numbers of an output, whatever they mean."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.files.cache import Cache
from xai_cam.files.kept_arrays import find_arrays, keep_arrays
from xai_cam.models.batches import fill
from xai_cam.models.devices import running_on
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.output.answers import Answers


def embedding_of(answers: Answers, which: int = 0) -> Any:
    """(n, k) numbers of an output: of maps the means over all places."""
    import tensorflow as tf

    found = tf.cast(answers.tensors[answers.outputs[which].number], tf.float32)
    if found.shape.rank and found.shape.rank > 2:
        found = tf.reduce_mean(found, axis=list(range(1, found.shape.rank - 1)))
    return tf.reshape(found, (tf.shape(found)[0], -1))


def embed(network: NetworkFacts, inputs: Inputs) -> np.ndarray:
    """(k,) the embedding of one image, by the first output that is explained.

    That of a network which is known from its files is kept, so that it need not be opened again for it.

    Raises
    ------
    InputError
        It is not one image, or its embedding is 0 or not finite.
    """
    if len(inputs) != 1:
        raise InputError(f"`like` holds {len(inputs)} images. Give one to compare with.")
    found = _kept(network, inputs) if network.identity is not None else _compute(network, inputs)
    if not (np.isfinite(found).all() and found.any()):
        raise InputError("The embedding of `like` is 0 or not finite: nothing can be compared with it.")
    return found


def _kept(network: NetworkFacts, inputs: Inputs) -> np.ndarray:
    """The same, of an earlier run if there was one; changed weights have an embedding of their own."""
    if not network.is_as_opened:
        return _compute(network, inputs)
    hashed = hashlib.sha256(str(network.identity).encode())
    for one in (inputs.images, *inputs.extras):
        hashed.update(f"{one.dtype}{one.shape}".encode() + np.ascontiguousarray(one).tobytes())
    key, cache = f"embedding-{hashed.hexdigest()[:40]}", Cache()
    kept = find_arrays(cache, key)
    if kept is not None:
        return kept[1][0]
    found = _compute(network, inputs)
    keep_arrays(cache, key, None, [found])
    return found


def _compute(network: NetworkFacts, inputs: Inputs) -> np.ndarray:
    live = network.live()  # before anything is traced
    import tensorflow as tf

    def run(*given: Any) -> Any:
        return embedding_of(live.run(given[0], extras=given[1:]))

    with running_on("/CPU:0", "Use a smaller `size`", network.extras):
        images, *extras = (
            tf.constant(fill(one, network.batch_size)) for one in (inputs.images, *inputs.extras)
        )
        return np.asarray(tf.function(run, autograph=False)(images, *extras).numpy()[0])
