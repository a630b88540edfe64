"""Heat maps of what a trained Keras image classifier looked at. Importing this imports no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xai_cam._version import __version__

if TYPE_CHECKING:
    from xai_cam.cam.baselines import BASELINES
    from xai_cam.cam.explain import explain
    from xai_cam.cam.explainer import Explainer
    from xai_cam.cam.explanation import Explanation
    from xai_cam.cam.methods import METHODS
    from xai_cam.drawing.overlay import draw_overlay
    from xai_cam.errors import XaiCamError
    from xai_cam.images.picture import read_image
    from xai_cam.kernels.editing.prepending import prepend_filter
    from xai_cam.kernels.kernel_bank import read_kernels
    from xai_cam.kernels.named_kernels import make_kernel
    from xai_cam.metrics.compare import compare
    from xai_cam.metrics.faithfulness import METRICS
    from xai_cam.models.loading import load_model
    from xai_cam.sanity import sanity_check

_HOMES = {
    "BASELINES": "cam.baselines",
    "Explainer": "cam.explainer",
    "Explanation": "cam.explanation",
    "METHODS": "cam.methods",
    "METRICS": "metrics.faithfulness",
    "XaiCamError": "errors",
    "compare": "metrics.compare",
    "draw_overlay": "drawing.overlay",
    "explain": "cam.explain",
    "load_model": "models.loading",
    "make_kernel": "kernels.named_kernels",
    "prepend_filter": "kernels.editing.prepending",
    "read_image": "images.picture",
    "read_kernels": "kernels.kernel_bank",
    "sanity_check": "sanity",
}

__all__ = [
    "BASELINES",
    "METHODS",
    "METRICS",
    "Explainer",
    "Explanation",
    "XaiCamError",
    "__version__",
    "compare",
    "draw_overlay",
    "explain",
    "load_model",
    "make_kernel",
    "prepend_filter",
    "read_image",
    "read_kernels",
    "sanity_check",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
