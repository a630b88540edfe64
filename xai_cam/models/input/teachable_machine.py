"""Models of Teachable Machine: told by the file `metadata.json` beside them, or by their layout.

All of them for images are fed -1 to 1, whatever their layers say. The file also has the side of the images.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.files.texts import TextError, read_text
from xai_cam.images.labels_beside import METADATA, folders_of
from xai_cam.models.facts import ExpectedScaling
from xai_cam.models.input.input_shape import input_shapes

log = logging.getLogger(__name__)

MARK = "xai_cam_teachable_machine"
"""Attribute of a loaded model, for what the file beside it says."""

MAX_BYTES = 2**20

MAX_SIDE = 10_000

PACKAGE = "@teachablemachine/image"
VERSIONS = frozenset(("tfjsVersion", "tmVersion"))

FED = "signed"

MOBILENETS = ({"Conv1", "expanded_conv_depthwise"}, {"conv1", "conv_dw_1"})
"""Layers of the backbones that it builds on: MobileNetV2, and for small grey images MobileNet."""


@dataclass(frozen=True)
class Export:
    """What `metadata.json` says of a model: the file, and the side of its images if it names one."""

    file: Path
    side: int | None = None


def export_beside(model: Path) -> Export | None:
    """What the file beside a model, or in its folder, says of it; None where none is Teachable Machine's."""
    for folder in folders_of(model):
        file = folder / METADATA
        try:
            found = json.loads(read_text(file, MAX_BYTES)) if file != model and file.is_file() else None
        except (OSError, TextError, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and _is_of_images(found):
            side = found.get("imageSize")
            return Export(file, side if type(side) is int and 0 < side <= MAX_SIDE else None)
    return None


def _is_of_images(found: dict[str, Any]) -> bool:
    package = found.get("packageName")
    return package == PACKAGE if isinstance(package, str) else found.keys() >= VERSIONS


def remember_export(model: Any, export: Export | None) -> None:
    """Note on a loaded model what the file beside it says, if it may be this model's."""
    if export is not None and _fits(model, export):
        vars(model)[MARK] = export  # past Keras' __setattr__, which would track it


def _fits(model: Any, export: Export) -> bool:
    """Whether a model takes images of that size: the file may be left from another."""
    shapes = input_shapes(model)
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] not in (1, 3):
        return False
    return export.side is None or all(side in (None, export.side) for side in shapes[0][1:3])


def export_of(model: Any) -> Export | None:
    """What was noted on a model; None where nothing was."""
    found = vars(model).get(MARK)
    return found if isinstance(found, Export) else None


def open_size(model: Any) -> tuple[int, int] | None:
    """Height and width that the file beside a model names, where the model itself leaves them open."""
    export = export_of(model)
    if export is None or export.side is None or None not in input_shapes(model)[0][1:3]:
        return None
    log.warning(
        f"The size of images, {export.side} x {export.side}, is from {export.file}, found beside the model. "
        "`size` chooses another."
    )
    return export.side, export.side


def fed_as_always(model: Any) -> ExpectedScaling | None:
    """How Teachable Machine feeds a model that is one of its own; None for any other."""
    export = export_of(model)
    if export is not None:
        reason = f"{export.file.name} beside the model is Teachable Machine's, which feeds -1 to 1"
        return ExpectedScaling(FED, reason)
    if is_its_layout(model):
        return ExpectedScaling(FED, "the layout is that of Teachable Machine's models, which are fed -1 to 1")
    return None


def is_its_layout(model: Any) -> bool:
    """Whether a model is a pooled MobileNet and two dense layers, each a Sequential in a Sequential."""
    if not _is(model, "Sequential") or [_is(part, "Sequential") for part in model.layers] != [True, True]:
        return False
    features, head = (part.layers for part in model.layers)
    if (
        len(features) != 2
        or not _is(features[0], "Functional")
        or not _is(features[1], "GlobalAveragePooling2D")
    ):
        return False
    names = _names(features[0].layers)
    dense = len(head) == 2 and all(_is(layer, "Dense") for layer in head)
    return dense and not head[1].use_bias and any(names >= known for known in MOBILENETS)


def _is(layer: Any, class_name: str) -> bool:
    return type(layer).__name__ == class_name


def _names(layers: Iterable[Any]) -> set[str]:
    return {layer.name for layer in layers}
