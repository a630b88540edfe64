"""Notices on the model before a run begins: the target layer, and the number of forward passes."""

from __future__ import annotations

from collections.abc import Iterable

from xai_cam.cam.methods import METHODS, Evidence
from xai_cam.models.network import LayerInfo

COSTLY = {Evidence.MASKED_SCORES: "Score-CAM", Evidence.ABLATED_SCORES: "Ablation-CAM"}
"""Evidence that needs a forward pass per channel; methods with the same evidence share it."""


def costly(methods: Iterable[str]) -> list[Evidence]:
    """The evidence these methods need that takes a forward pass per channel."""
    needed = {METHODS[method].evidence for method in methods}
    return [evidence for evidence in COSTLY if evidence in needed]


def describe_layer(info: LayerInfo, is_default: bool) -> str:
    """Sentence on the target layer, its kind and shape."""
    shape, default = " x ".join(map(str, info.shape or ())), ", the default" if is_default else ""
    return f"Layer {info.path} ({info.kind}, {shape}{default})."


def describe_costs(
    info: LayerInfo, methods: Iterable[str], images: int, max_channels: int | None
) -> list[str]:
    """Forward passes needed at this layer by the methods that score each channel."""
    channels = info.shape[-1] or 0 if info.shape else 0
    channels = min(channels, max_channels or channels)
    return [
        f"{COSTLY[evidence]}: {images:,} image{'s' * (images != 1)} x up to {channels} channels = up to "
        f"{images * channels:,} forward passes."
        for evidence in costly(methods)
    ]
