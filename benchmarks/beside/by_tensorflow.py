"""The libraries that take a Keras model, as their documentation has it: tf-keras-vis, tf-explain, xplique."""

from __future__ import annotations

from typing import Any

import numpy as np

from beside.networks import Case


def load(case: Case) -> Any:
    import tensorflow as tf

    return tf.keras.models.load_model(case.model)


class TfKerasVis:
    """`Gradcam` of all images at once; `Scorecam` one by one, since it builds all masked inputs at once.

    Its Score-CAM weighs with the probabilities of the class, as `score-cam-official` does.
    """

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.scorecam import Scorecam
        from tf_keras_vis.utils.scores import CategoricalScore

        self.model, self.layer, self.batch = load(case), case.layer, batch
        self.masked = method == "score-cam"
        self.cam = (Scorecam if self.masked else Gradcam)(self.model, clone=False)
        self.score = lambda n: CategoricalScore([case.class_index] * n)

    def warm_up(self, images: np.ndarray) -> None:
        if self.masked:
            given = {"batch_size": self.batch, "max_N": self.batch}
            self.cam(self.score(1), images[:1], penultimate_layer=self.layer, **given)
        else:
            self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        if not self.masked:
            return {"grad-cam": self.cam(self.score(len(images)), images, penultimate_layer=self.layer)}
        given = {"penultimate_layer": self.layer, "batch_size": self.batch}
        maps = [self.cam(self.score(1), image[None], **given)[0] for image in images]
        return {"score-cam-official": np.stack(maps)}


class TfExplain:
    """`GradCAM` with raw gradients; what it hands out is a grid of coloured overlays.

    The maps for the comparison are taken on their way there, from `generate_ponderated_output`.
    """

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        from tf_explain.core.grad_cam import GradCAM

        self.model, self.layer, self.class_index = load(case), case.layer, case.class_index
        self.maps: list[Any] = []
        ponderated = GradCAM.generate_ponderated_output

        def seen(outputs: Any, gradients: Any) -> Any:
            self.maps = ponderated(outputs, gradients)
            return self.maps

        self.cam = GradCAM()
        GradCAM.generate_ponderated_output = staticmethod(seen)

    def warm_up(self, images: np.ndarray) -> None:
        self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        self.cam.explain((images, None), self.model, self.class_index, self.layer, use_guided_grads=False)
        return {"grad-cam": np.maximum(np.stack(self.maps), 0)}


class Xplique:
    """`GradCAM` of all images at once, compiled at the first call."""

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        from xplique.attributions import GradCAM

        model = load(case)
        self.cam = GradCAM(model, conv_layer=case.layer)
        self.target = np.eye(model.output_shape[-1], dtype=np.float32)[case.class_index]

    def warm_up(self, images: np.ndarray) -> None:
        self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        maps = self.cam.explain(images, np.tile(self.target, (len(images), 1)))
        return {"grad-cam": np.asarray(maps)[..., 0]}
