"""Pixels in [0, 255] -> the numbers a model was trained on. The scaling is not in a model's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xai_cam.errors import InputError

if TYPE_CHECKING:
    from xai_cam.models.network import LayerInfo, Network

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
CAFFE_MEAN = np.array([123.68, 116.779, 103.939], np.float32)
"""Of R, G, B."""

LARGEST_UNIT_RMS = 2.0
"""A first BatchNormalization whose statistics show larger inputs was fed 0 to 255."""


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
    chosen, reason = guess_scaling(network.layers) if name == "auto" else (name, "requested")
    return Preprocessing(chosen, channel_order or ("bgr" if chosen == "caffe" else "rgb"), reason)


def guess_scaling(layers: list[LayerInfo]) -> tuple[str, str]:
    """Name of a scaling and the reason, from the layers in the order of the call.

    A fixed filter in front of all is passed over.
    Rescaling or Normalization inside the model means that it takes raw pixels. The statistics of a
    BatchNormalization in front of all other weights tell how large its inputs were. Else 0 to 1.
    """
    for info in layers:
        if info.fixed_filter:
            continue  # the model behind it was trained without it
        if info.kind in ("Rescaling", "Normalization"):
            return "raw", f"the model scales its input itself ({info.path})"
        if info.kind == "BatchNormalization":
            mean, variance = (np.asarray(v) for v in (info.layer.moving_mean, info.layer.moving_variance))
            rms = float(np.sqrt(np.mean(mean**2 + variance)))
            name = "raw" if rms > LARGEST_UNIT_RMS else "unit"
            return name, f"{info.path} has seen inputs of about {rms:.2g}"
        if info.layer.weights and not info.layer._flatten_layers(include_self=False):
            break
    return "unit", "the usual scaling; the model does not say"
