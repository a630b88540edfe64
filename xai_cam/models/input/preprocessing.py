"""Pixels in [0, 255] -> the numbers a model was trained on. The scaling is not in a model's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xai_cam.errors import InputError

if TYPE_CHECKING:
    from xai_cam.models.network import Network

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
CAFFE_MEAN = np.array([123.68, 116.779, 103.939], np.float32)
"""Of R, G, B."""


def _standardize(x: np.ndarray) -> np.ndarray:
    deviation = max(float(x.std()), 1 / np.sqrt(x.size))
    return (x - x.mean()) / np.float32(deviation)


SCALINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "raw": lambda x: x,
    "unit": lambda x: x / np.float32(255),
    "signed": lambda x: x / np.float32(127.5) - np.float32(1),
    "caffe": lambda x: x - CAFFE_MEAN,
    "torch": lambda x: (x / np.float32(255) - IMAGENET_MEAN) / IMAGENET_DEVIATION,
    "standardize": _standardize,
}
"""Scalings of (H, W, c) float32 RGB or grey in [0, 255], by name."""

COLOUR_ONLY = ("caffe", "torch")


@dataclass(frozen=True)
class Preprocessing:
    """A scaling, decided: its name, the order of the channels, and why it was chosen."""

    name: str
    channel_order: str
    reason: str

    def apply(self, values: np.ndarray) -> np.ndarray:
        """(H, W, c) pixels in [0, 255], RGB or grey -> what the model takes, float32."""
        scaled = SCALINGS[self.name](values.astype(np.float32, copy=False))
        if self.channel_order == "bgr" and scaled.shape[-1] == 3:
            scaled = scaled[..., ::-1]
        return np.ascontiguousarray(scaled, np.float32)

    def expected_ends(self, channels: int) -> tuple[np.ndarray, np.ndarray] | None:
        """What black and what white become, (channels,) each; None where that depends on the image."""
        if self.name == "standardize":
            return None
        black, white = (np.full((1, 1, channels), level, np.float32) for level in (0, 255))
        return self.apply(black)[0, 0], self.apply(white)[0, 0]


def choose_preprocessing(
    network: Network, name: str = "auto", channel_order: str | None = None
) -> Preprocessing:
    """The requested scaling, or the one that the model's first layers imply.

    Parameters
    ----------
    network : Network
        The model.
    name : str
        A key of `SCALINGS`, or `auto`.
    channel_order : str, optional
        `rgb` or `bgr`; default: BGR with `caffe`, else RGB.

    Raises
    ------
    InputError
        The scaling is unknown, or made for colours while the model takes grey.
    """
    if name != "auto" and name not in SCALINGS:
        raise InputError(f"Unknown preprocessing {name!r}. Use auto, {', '.join(SCALINGS)}.")
    channels = network.input_shape[-1]
    if name in COLOUR_ONLY and channels != 3:
        raise InputError(
            f"`preprocess={name!r}` is for RGB, but the model takes {channels} channel(s). Use unit or raw."
        )
    chosen, reason = guess_scaling(network) if name == "auto" else (name, "requested")
    return Preprocessing(chosen, channel_order or ("bgr" if chosen == "caffe" else "rgb"), reason)


def guess_scaling(network: Network) -> tuple[str, str]:
    """Name of a scaling and the reason.

    What the graph does to its input tells; where it does nothing, the name and the layers of a known
    backbone, as a guess; else it is 0 to 1, as a guess.
    """
    found = network.expected_scaling()
    if found is None:
        return "unit", "a guess: the model does not say; `preprocess` says otherwise"
    if found.name in COLOUR_ONLY and network.input_shape[-1] != 3:
        return "unit", "a guess: the model does not say; `preprocess` says otherwise"
    return found.name, found.reason
