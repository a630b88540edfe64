"""Who is measured: ours, the other libraries and each engine's own forward pass, and how each is taken."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from beside.networks import Case

METHODS = {"grad-cam": "Grad-CAM", "score-cam": "Score-CAM"}
BOTH = tuple(METHODS)


class Adapter(Protocol):
    """One contender at work on one network; made once, in a process of its own."""

    def warm_up(self, images: np.ndarray) -> None:
        """Bring about what the first call on so many images compiles or allocates."""

    def explain(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """What is timed: maps (n, ., .) of images (n, H, W, 3), by the name of the definition."""


@dataclass(frozen=True)
class Contender:
    """A row of the tables.

    `home` is `module:class`, made as `class(case, method, batch, option)`; `corners` says that the library
    enlarges maps with aligned corners; `masks` names what its Score-CAM's are where they are not ours, in
    `PLAINLY`; `packages` are those whose versions are told.
    """

    name: str
    engine: str
    home: str
    packages: tuple[str, ...]
    methods: tuple[str, ...] = BOTH
    option: str = ""
    ours: bool = False
    floor: bool = False
    corners: bool = False
    masks: str = ""

    def adapter(self, case: Case, method: str, batch: int) -> Any:
        module, _, name = self.home.partition(":")
        return getattr(import_module(module), name)(case, method, batch, self.option)


OURS = (
    Contender(
        "xai-cam, OpenVINO",
        "OpenVINO",
        "beside.ours:Ours",
        ("xai-cam",),
        option="openvino",
        ours=True,
    ),
    Contender(
        "xai-cam, TensorFlow", "TensorFlow", "beside.ours:Ours", ("xai-cam",), option="tensorflow", ours=True
    ),
)
LESS_EXACT = (
    Contender(
        "xai-cam, OpenVINO bf16",
        "OpenVINO",
        "beside.ours:Ours",
        ("xai-cam",),
        ("score-cam",),
        option="openvino bf16",
    ),
)
"""Where the processor computes in it; its error is how its maps agree with those in float32."""

PEERS = (
    Contender(
        "tf-keras-vis",
        "TensorFlow",
        "beside.by_tensorflow:TfKerasVis",
        ("tf-keras-vis",),
        corners=True,
        masks="aligned corners",
    ),
    Contender("tf-explain", "TensorFlow", "beside.by_tensorflow:TfExplain", ("tf-explain",), ("grad-cam",)),
    Contender("xplique", "TensorFlow", "beside.by_tensorflow:Xplique", ("xplique",), ("grad-cam",)),
    Contender(
        "grad-cam", "PyTorch", "beside.by_torch:PytorchGradCam", ("grad-cam",), masks="aligned corners"
    ),
    Contender("torchcam", "PyTorch", "beside.by_torch:TorchCam", ("torchcam",), masks="scaled first"),
)
FLOORS = (
    Contender("forward, OpenVINO", "OpenVINO", "beside.floors:OpenVINOForward", ("openvino",), floor=True),
    Contender(
        "forward, TensorFlow",
        "TensorFlow",
        "beside.floors:TensorFlowForward",
        ("tensorflow", "keras"),
        floor=True,
    ),
    Contender("forward, PyTorch", "PyTorch", "beside.floors:TorchForward", ("torch",), floor=True),
)
PLAINLY = {
    name: Contender(name, "TensorFlow", f"beside.plainly:{home}", (), ("score-cam",))
    for name, home in (("aligned corners", "AlignedCorners"), ("scaled first", "ScaledFirst"))
}
"""Not timed: the maps that contenders with such masks mean."""

CONTENDERS = {contender.name: contender for contender in (*OURS, *LESS_EXACT, *PEERS, *FLOORS)}


def on_the_grid(maps: np.ndarray, grid: tuple[int, int], corners: bool) -> np.ndarray:
    """Maps (n, ., .) as the library enlarged them -> (n, h, w) on the layer's own grid.

    The enlarged map is read where the enlarging put the layer's values: at the corners and evenly between
    them (`corners`), or at the centres of equal cells.
    """
    for axis, size in zip((1, 2), grid, strict=True):
        length = maps.shape[axis]
        if length == size:
            continue
        where = np.linspace(0, length - 1, size) if corners else (np.arange(size) + 0.5) * length / size - 0.5
        low = np.floor(where).astype(int)
        share = (where - low).reshape([-1 if i == axis else 1 for i in range(3)])
        high = np.minimum(low + 1, length - 1)
        maps = maps.take(low, axis) * (1 - share) + maps.take(high, axis) * share
    return np.asarray(maps, np.float32)
