"""Call the library on a model's folder and a folder of pictures; print what it returns, arrays as SHA-256."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import xai_cam

LAYERS, METHODS = ["relu3_2", "smooth3"], ["grad-cam", "score-cam", "ablation-cam"]
ARGUMENTS: dict[str, dict[str, Any]] = {
    "explain": {"layer": LAYERS[1], "method": METHODS},
    "compare": {"layer": LAYERS, "method": METHODS[:2]},
    "sanity_check": {"layer": LAYERS, "method": METHODS[:1]},
}


def call(name: str, *args: Any, **options: Any) -> Any:
    """Call `xai_cam.<name>` with its arguments."""
    function: Callable[..., Any] = getattr(xai_cam, name)
    return function(*args, **ARGUMENTS[name], **options)


def tell(name: str, value: Any) -> None:
    """Print a value; an array by its shape, type, SHA-256 and range."""
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        reach = f", {value.min()!r} to {value.max()!r}" if value.size and value.dtype != object else ""
        value = f"{value.shape} {value.dtype} {digest}{reach}"
    print(f"{name}: {value}")


def main(folder: Path, pictures: Path) -> None:
    """Explain, compare, check, look at kernels, put a filter in front."""
    from PIL import Image

    model = xai_cam.load_model(folder / "model.json", folder / "model.weights.h5")
    paths = sorted(pictures.glob("*.png"))
    tell("read_image", np.asarray(xai_cam.read_image(paths[0]).pixels))
    scaled = [
        np.asarray(Image.open(path).convert("RGB").resize((96, 96)), np.float32) / 255 for path in paths
    ]
    images = np.stack(scaled)

    for number, of_image in enumerate(call("explain", model, images[:3])):
        for found in of_image if isinstance(of_image, (list, tuple)) else [of_image]:
            where = f"explain {number} {found.method}"
            tell(f"{where} cam", found.cam)
            tell(f"{where} saliency_map", found.saliency_map)
            tell(
                f"{where} overlay", xai_cam.draw_overlay(np.zeros((96, 96, 3), np.uint8), found.saliency_map)
            )
            for name in (
                "layer",
                "target_class",
                "predicted_class",
                "score",
                "score_name",
                "probability",
                "status",
            ):
                tell(f"{where} {name}", getattr(found, name))
            tell(f"{where} ranking", found.ranking)

    comparison = call("compare", model, images, steps=4, baselines=["random", "gaussian", "mean-activation"])
    tell("compare verdicts", comparison.conclusions)
    tell("compare figures", comparison.as_figures())
    for metric in comparison.metrics:
        tell(f"compare {metric}", comparison.values(metric))

    sanity = call("sanity_check", model, images, draws=1)
    for verdict in sanity.verdicts:
        tell("sanity verdict", verdict)
    for check in sanity.checks:
        for name in ("correlation", "overlap", "class_correlation", "class_overlap", "maps"):
            tell(f"sanity {check.layer} {check.method} {name}", getattr(check, name))

    tell("kernels", xai_cam.read_kernels(model, "conv1_1").values)
    kernel = xai_cam.make_kernel("sharpen:1", 5)
    tell("sharpen", getattr(kernel, "values", kernel))
    tell("prepended", np.asarray(xai_cam.prepend_filter(model, kernel)(images)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
