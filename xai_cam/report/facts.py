"""Facts of a run on a page beside its pictures: how it was made, and the images' true classes."""

from __future__ import annotations

from collections.abc import Sequence

from xai_cam._version import __version__
from xai_cam.cam.layer_needed import needs_layer
from xai_cam.cam.map_sign import describe_sign
from xai_cam.cam.scaling import BRIGHTENED, is_of_pixels
from xai_cam.drawing.colour_bar import SHADES, bar_shades
from xai_cam.files.stores.fetched import origin_of
from xai_cam.report.model import ColourBar
from xai_cam.runs.plan import Plan, Request
from xai_cam.runs.tasks import Task

ENDS = {"negative": ("0", "most against the class"), "both": ("against the class", "for it")}
"""What stands at the ends of the colours of a sign, where that is not as by default."""

STOPS = 18
"""Colours of the bar; between them a browser takes the means."""


def facts_of(plan: Plan, preprocessing: str = "") -> tuple[tuple[str, str], ...]:
    """Names and values of the model, its hashes, and the options; options not given are omitted."""
    request, hashes = plan.request, plan.files.origin
    at_layers = needs_layer(request.methods)
    size = "" if request.size is None else "{} x {}".format(*request.size)
    facts = [
        ("model", str(origin_of(plan.files.model))),
        ("SHA-256 of the model", hashes["model_sha256"]),
        ("weights", "" if plan.files.weights is None else str(origin_of(plan.files.weights))),
        ("SHA-256 of the weights", "" if plan.files.weights is None else hashes["weights_sha256"]),
        (
            "custom objects",
            "" if plan.files.code is None else plan.files.code.origin or plan.files.code.source,
        ),
        ("group of the HDF5 file", hashes.get("inside", "")),
        ("SHA-256 of the custom objects", hashes.get("custom_objects_sha256", "")),
        ("preprocessing", preprocessing or request.preprocess),
        ("size of the input", size),
        ("image", request.image_input or ""),
        ("other inputs", request.extras.told),
        ("head", "" if request.head == "auto" else request.head),
        ("methods", ", ".join(request.methods)),
        ("layers", ", ".join(layer or "the default" for layer in request.layers) if at_layers else ""),
        ("fused", request.fuse or ""),
        ("classes", ", ".join(request.classes)),
        ("score", request.score or "each method's own"),
        ("channels", "" if request.max_channels is None else f"{request.max_channels} at most"),
        ("tolerance", "" if request.tolerance is None else f"{request.tolerance:g} of a map's maximum"),
        ("channels by", request.limits.given.get("channels_by", "")),
        ("precision", "" if request.precision == "f32" else request.precision),
        ("sign", "" if request.sign == "positive" else f"{request.sign}: {describe_sign(request.sign)}"),
        ("colours", request.style.describe()),
        ("regions", describe_parts(request) if request.wants_parts else ""),
        ("tool", f"xai-cam {__version__}"),
    ]
    return tuple((name, value) for name, value in facts if value)


def describe_parts(request: Request) -> str:
    """As `the largest part at or above 0.15 of the maximum`."""
    parts = "all parts" if request.components == "all" else "the largest part"
    return f"{parts} at or above {describe_level(request)}"


def describe_level(request: Request) -> str:
    """From where on a pixel counts, as `0.15 of the maximum`."""
    return request.threshold if request.threshold[0] in "op" else f"{request.threshold} of the maximum"


def model_name(plan: Plan) -> str:
    """The model's file, and its folder's name where many models have files of the same name."""
    path = origin_of(plan.files.model).absolute()
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


def colours_of(request: Request) -> ColourBar:
    """The colours of overlays, over a middle grey."""
    shades = bar_shades(request.style)[:: SHADES // (STOPS - 1)]
    ends = ENDS.get(request.sign, ("0", "maximum of each map"))
    bright = [name for name in request.methods if is_of_pixels(name)]
    note = f"{', '.join(bright)}: {BRIGHTENED}" if bright else ""
    return ColourBar(tuple("#{:02x}{:02x}{:02x}".format(*shade) for shade in shades.tolist()), *ends, note)


def truth_of(task: Task, request: Request, labels: Sequence[str] | None) -> int | None:
    """Index of the class that an image shows, by its folder's name; None where that names no class.

    Numbers count only where classes were requested by folder: elsewhere a folder `2019` is not a class.
    """
    return task.truth(labels, "folder" in request.classes)
