"""The raw batched forward pass of each engine: no method that calls the model as often can be faster."""

from __future__ import annotations

from typing import Any

import numpy as np

from beside.networks import Case

STREAMS, PARTS = 2, 4
"""Of OpenVINO: batches computed at a time, and into how many a batch is divided."""


class TensorFlowForward:
    """The model in one `tf.function`, as a user would compile it."""

    def __init__(self, case: Case, *_: Any) -> None:
        import tensorflow as tf

        model = tf.keras.models.load_model(case.model)
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        self.run = tf.function(lambda x: model(x, training=False), signature, autograph=False)

    def warm_up(self, images: np.ndarray) -> None:
        self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        self.run(images).numpy()
        return {}


class OpenVINOForward:
    """The model converted, in float32 as all others compute; parts of a batch run at the same time."""

    def __init__(self, case: Case, *_: Any) -> None:
        import openvino
        import tensorflow as tf

        model = tf.keras.models.load_model(case.model)
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        run = tf.function(lambda x: model(x, training=False), signature, autograph=False)
        self.core, self.compiled = openvino.Core(), dict[int, Any]()
        self.model = openvino.convert_model(run.get_concrete_function())

    def warm_up(self, images: np.ndarray) -> None:
        import openvino

        if len(images) not in self.compiled:
            self.model.reshape([-(-len(images) // PARTS), *images.shape[1:]])
            streams = min(STREAMS, len(images))  # a single image gets all cores
            settings = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": streams}
            compiled = self.core.compile_model(self.model, "CPU", settings)
            self.compiled[len(images)] = openvino.AsyncInferQueue(compiled, streams)
        self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        size, waiting = -(-len(images) // PARTS), self.compiled[len(images)]
        for start in range(0, len(images), size):
            waiting.start_async([images[start : start + size]])
        waiting.wait_all()
        return {}


class TorchForward:
    """The network rebuilt in PyTorch, under `inference_mode`."""

    def __init__(self, case: Case, *_: Any) -> None:
        from beside.by_torch import same_network

        self.network = same_network(case)

    def warm_up(self, images: np.ndarray) -> None:
        self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        import torch

        from beside.by_torch import channels_first

        inputs = channels_first(images)
        with torch.inference_mode():
            self.network(inputs)
        return {}
