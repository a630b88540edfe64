"""What a run says of the model before it begins: which layer it looks at, and what that will cost."""

from __future__ import annotations

from collections.abc import Iterable

from xai_cam.cam.methods import METHODS, Evidence
from xai_cam.models.network import LayerInfo

COSTLY = {Evidence.MASKED_SCORES: "Score-CAM", Evidence.ABLATED_SCORES: "Ablation-CAM"}
"""What needs a forward pass a channel; methods with the same evidence share it."""


def costly(methods: Iterable[str]) -> list[Evidence]:
    """What of the evidence that methods ask for needs a forward pass a channel."""
    asked = {METHODS[method].evidence for method in methods}
    return [evidence for evidence in COSTLY if evidence in asked]


def describe_layer(info: LayerInfo, is_default: bool) -> str:
    """Which layer was taken, of what kind and shape."""
    shape, default = " x ".join(map(str, info.shape or ())), ", the default" if is_default else ""
    return f"Layer {info.path} ({info.kind}, {shape}{default})."


def describe_costs(
    info: LayerInfo, methods: Iterable[str], images: int, max_channels: int | None
) -> list[str]:
    """What the methods will cost at this layer, those that score each channel."""
    channels = info.shape[-1] or 0 if info.shape else 0
    channels = min(channels, max_channels or channels)
    return [
        f"{COSTLY[evidence]}: {images:,} image{'s' * (images != 1)} x up to {channels} channels = up to "
        f"{images * channels:,} forward passes."
        for evidence in costly(methods)
    ]
