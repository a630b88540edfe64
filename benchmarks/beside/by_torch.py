"""The libraries that take a PyTorch module: grad-cam and torchcam, each as its documentation has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from beside.graph import read_graph
from beside.in_torch import TorchNetwork
from beside.networks import Case

TOLERANCE = 1e-4


def same_network(case: Case) -> TorchNetwork:
    """The network rebuilt in PyTorch, its weights laid out channels last: on processors that is faster.

    Raises
    ------
    ValueError
        Its logits or the layer's output are not those of Keras.
    """
    network = TorchNetwork(*read_graph(Path(case.folder))).to(memory_format=torch.channels_last)
    seen: list[torch.Tensor] = []
    hook = network.layer(case.layer).register_forward_hook(lambda _, __, output: seen.append(output.clone()))
    logits, activations = case.checked()
    with torch.inference_mode():
        found = network(channels_first(case.images()[: len(logits)]))
    hook.remove()
    for what, mine, theirs in (
        ("outputs", found.numpy(), logits),
        (case.layer, seen[0].permute(0, 2, 3, 1).numpy(), activations),
    ):
        difference = float(np.abs(mine - theirs).max() / np.abs(theirs).max())
        if not difference <= TOLERANCE:
            raise ValueError(f"{what} of the network in PyTorch differ from Keras' by {difference:.1e}")
    return network


def channels_first(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


class PytorchGradCam:
    """`GradCAM` of all images at once; `ScoreCAM` one by one, since it builds all masked inputs at once."""

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        from pytorch_grad_cam import GradCAM, ScoreCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        self.method, self.network = method, same_network(case)
        self.masked, self.batch = method == "score-cam", batch
        layers = [self.network.layer(case.layer)]
        self.cam = (ScoreCAM if self.masked else GradCAM)(model=self.network, target_layers=layers)
        self.cam.batch_size = batch
        self.target = ClassifierOutputTarget(case.class_index)

    def warm_up(self, images: np.ndarray) -> None:
        if self.masked:
            forward_once(self.network, images, self.batch)
        else:
            self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        size = 1 if self.masked else len(images)
        parts = [channels_first(images[i : i + size]) for i in range(0, len(images), size)]
        maps = [self.cam(input_tensor=part, targets=[self.target] * len(part)) for part in parts]
        return {self.method: np.concatenate(maps)}


class TorchCam:
    """`GradCAM` and `ScoreCAM` of all images at once; their maps are not enlarged."""

    def __init__(self, case: Case, method: str, batch: int, _: str) -> None:
        from torchcam.methods import GradCAM, ScoreCAM

        self.method, self.network = method, same_network(case)
        self.masked, self.batch, self.class_index = method == "score-cam", batch, case.class_index
        layer, shape = self.network.layer(case.layer), channels_first(case.images()[:1]).shape[1:]
        if self.masked:
            self.cam = ScoreCAM(self.network, layer, batch_size=batch, input_shape=shape)
        else:
            self.cam = GradCAM(self.network, layer, input_shape=shape)

    def warm_up(self, images: np.ndarray) -> None:
        if self.masked:
            self.cam.disable_hooks()
            forward_once(self.network, images, self.batch)
            self.cam.enable_hooks()
        else:
            self.explain(images)

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        inputs, classes = channels_first(images), [self.class_index] * len(images)
        if self.masked:
            with torch.inference_mode():
                self.network(inputs)
            maps = self.cam(class_idx=classes)[0]
        else:
            maps = self.cam(class_idx=classes, scores=self.network(inputs))[0]
        return {self.method: maps.numpy()}


def forward_once(network: TorchNetwork, images: np.ndarray, batch: int) -> None:
    with torch.inference_mode():
        network(channels_first(np.resize(images, (batch, *images.shape[1:]))))
