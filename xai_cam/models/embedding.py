"""The embedding of an image: the numbers of an output, whatever they mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_cam.errors import InputError
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

    Raises
    ------
    InputError
        It is not one image, or its embedding is 0 or not finite.
    """
    import tensorflow as tf

    if len(inputs) != 1:
        raise InputError(f"`like` holds {len(inputs)} images. Give one to compare with.")
    with running_on("/CPU:0", "Use a smaller `size`", network.extras):
        images, *extras = (
            tf.constant(fill(one, network.batch_size)) for one in (inputs.images, *inputs.extras)
        )

        def run(*given: Any) -> Any:
            return embedding_of(network.live().run(given[0], extras=given[1:]))

        found = tf.function(run, autograph=False)(images, *extras).numpy()[0]
    if not (np.isfinite(found).all() and found.any()):
        raise InputError("The embedding of `like` is 0 or not finite: nothing can be compared with it.")
    return np.asarray(found)
