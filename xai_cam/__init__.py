"""Heat maps of what a trained Keras image classifier looked at. Importing this imports no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_cam.baselines import BASELINES
    from xai_cam.cam import Explainer, explain
    from xai_cam.comparing import compare
    from xai_cam.errors import XaiCamError
    from xai_cam.explanation import Explanation
    from xai_cam.images import read_image
    from xai_cam.kernels.bank import read_kernels
    from xai_cam.kernels.classic import make_kernel
    from xai_cam.loading import load_model
    from xai_cam.methods import METHODS
    from xai_cam.metrics import METRICS
    from xai_cam.overlay import draw_overlay
    from xai_cam.sanity import sanity_check
    from xai_cam.surgery.prepending import prepend_filter

__version__ = "0.1.0"

_HOMES = {
    "BASELINES": "baselines",
    "Explainer": "cam",
    "Explanation": "explanation",
    "METHODS": "methods",
    "METRICS": "metrics",
    "XaiCamError": "errors",
    "compare": "comparing",
    "draw_overlay": "overlay",
    "explain": "cam",
    "load_model": "loading",
    "make_kernel": "kernels.classic",
    "prepend_filter": "surgery.prepending",
    "read_image": "images",
    "read_kernels": "kernels.bank",
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
