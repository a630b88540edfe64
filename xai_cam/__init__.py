"""Heat maps of what a trained Keras image model looked at.

From a picture to a map, with a small model that comes with the package:

    >>> import xai_cam
    >>> model, pictures, labels, truth = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> maps = xai_cam.explain(model, images, labels=labels)
    >>> maps[0].save("circle.png").name
    'circle.png'

With your own it is `model = xai_cam.load_model("model.keras")`, or any Keras model in memory, and
`images = xai_cam.prepare(model, "photos/")`. In a notebook the last line of a cell shows itself: `maps[0]`
as a figure, `maps` as a gallery; what `compare`, `evaluate` and `sanity_check` return as tables and charts.
All of them have `to_dict()`, `to_frame()` (with pandas) and `plot()` (with Matplotlib).

Models and images
    load_model      a Keras 3 model from files that any Keras wrote
    prepare         files, folders or arrays of pixels as a model takes them
    Prepared        what `prepare` returns: an array that knows its pictures
    read_image      decode a picture
    sample          a small trained model with pictures, to try things on

Maps
    explain         maps that show what a class score, or another number, rests on
    Explainer       the same, compiled once for many batches
    Explanation     one map, and what it is of: `figure()`, `box()`, `regions()`, `save(path)`
    draw_overlay    lay a map over a picture
    OverlayStyle    its colours, blend and opacity
    METHODS         the methods, by name

Measures
    compare         how faithful several methods are on the same images
    sanity_check    do maps depend on the model, and on the class?
    evaluate        is the model right?
    BASELINES       maps to compare with, by name
    METRICS         measures of maps, by name

While a model trains
    keras.Watch     a callback of Keras: a strip of maps an epoch

Kernels
    read_kernels    the filters of a convolution
    make_kernel     a filter by its name
    prepend_filter  a new model with a filter in front

    XaiCamError     the base of all errors that are raised on purpose

Importing this imports no TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xai_cam._version import __version__

if TYPE_CHECKING:
    from xai_cam.cam.baselines import BASELINES
    from xai_cam.cam.explain import explain
    from xai_cam.cam.explainer import Explainer
    from xai_cam.cam.explanation import Explanation
    from xai_cam.cam.methods import METHODS
    from xai_cam.drawing.overlay import OverlayStyle, draw_overlay
    from xai_cam.errors import XaiCamError
    from xai_cam.evaluation.evaluate import evaluate
    from xai_cam.images.readers import read_image
    from xai_cam.kernels.editing.prepending import prepend_filter
    from xai_cam.kernels.kernel_bank import read_kernels
    from xai_cam.kernels.named_kernels import make_kernel
    from xai_cam.metrics.compare import compare
    from xai_cam.metrics.measures import METRICS
    from xai_cam.models.input.prepare import Prepared, prepare
    from xai_cam.models.loading import load_model
    from xai_cam.runs.sample import sample
    from xai_cam.sanity import sanity_check

_HOMES = {
    "BASELINES": "cam.baselines",
    "Explainer": "cam.explainer",
    "Explanation": "cam.explanation",
    "METHODS": "cam.methods",
    "METRICS": "metrics.measures",
    "OverlayStyle": "drawing.overlay",
    "Prepared": "models.input.prepare",
    "XaiCamError": "errors",
    "compare": "metrics.compare",
    "draw_overlay": "drawing.overlay",
    "evaluate": "evaluation.evaluate",
    "explain": "cam.explain",
    "load_model": "models.loading",
    "make_kernel": "kernels.named_kernels",
    "prepare": "models.input.prepare",
    "prepend_filter": "kernels.editing.prepending",
    "read_image": "images.readers",
    "read_kernels": "kernels.kernel_bank",
    "sample": "runs.sample",
    "sanity_check": "sanity",
}

__all__ = [
    "BASELINES",
    "METHODS",
    "METRICS",
    "Explainer",
    "Explanation",
    "OverlayStyle",
    "Prepared",
    "XaiCamError",
    "__version__",
    "compare",
    "draw_overlay",
    "evaluate",
    "explain",
    "load_model",
    "make_kernel",
    "prepare",
    "prepend_filter",
    "read_image",
    "read_kernels",
    "sample",
    "sanity_check",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "keras":  # not in `__all__`: `import *` would hide Keras itself
        return import_module(f"{__name__}.keras")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)  # without `keras`, which `help` would import, and TensorFlow with it
