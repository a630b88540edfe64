"""Pictures of shapes whose right answer is known, and whether heat maps point at it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xai_cam.errors import ImageError, OutputError
from xai_cam.files import write_whole
from xai_cam.images import Region, read_image
from xai_cam.inputs import ImageFile
from xai_cam.labels import read_labels
from xai_cam.loading.sniff import ModelFiles
from xai_cam.overlay import place
from xai_cam.plan import Plan, Request, make_plan

PICTURE_SIZE = 288


def sample_model(name: str) -> ModelFiles:
    """Files of a model that travels with the package: `shapes` or `shapes_binary`."""
    folder = Path(str(resources.files("xai_cam.sample_models"))) / name
    return ModelFiles(folder / "model.json", folder / "model.weights.h5")


def make_pictures(folder: Path, count: int, seed: int) -> dict[Path, Any]:
    """Draw scenes with one shape to find, write them to `folder`, and return them by their paths.

    A picture that is there already with the same pixels is left as it is.

    Raises
    ------
    OutputError
        A file of that name holds something else, or the folder cannot be written to.
    """
    from xai_cam.sample_models.make_shapes import CLASSES, draw_scene

    scenes = {}
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        name = CLASSES[(number + seed) % len(CLASSES)]
        scene = draw_scene(rng, [name], PICTURE_SIZE)
        path = folder / f"{number + 1:02}_{name}.png"
        scenes[path] = scene
        if not path.exists():
            write_whole(path, _png(scene.picture))
        elif not _shows(path, scene.picture):
            raise OutputError(f"{path} is there and holds something else. Name an empty --output folder.")
    return scenes


def _shows(path: Path, pixels: np.ndarray) -> bool:
    """Whether a file is a picture of these pixels."""
    try:
        return np.array_equal(read_image(path).pixels, pixels)
    except ImageError:
        return False


def _png(pixels: np.ndarray) -> bytes:
    import io

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def make_demo_plan(paths: Sequence[Path], methods: tuple[str, ...]) -> Plan:
    """The plan of an `explain` run over the pictures; the raw maps are saved too, to be judged."""
    files = sample_model("shapes")
    labels = tuple(read_labels(files.model.with_name("labels.txt")))
    request = Request(methods=methods, labels=labels, saves=("overlay", "raw"))
    return make_plan(request, files, [ImageFile(path, Path()) for path in paths])


def pointing_game(plan: Plan, scenes: dict[Path, Any]) -> dict[str, list[bool]]:
    """For each method and picture, whether the map's peak lies inside the shape (Zhang et al. 2016)."""
    hits: dict[str, list[bool]] = {method: [] for method in plan.request.methods}
    for task in plan.tasks:
        scene = scenes[task.image.path]
        for method, results in hits.items():
            cam = np.load(plan.output(task, None, method, None, "raw"))
            results.append(peak_inside(cam, scene.objects[0].mask))
    return hits


def peak_inside(cam: np.ndarray, mask: np.ndarray) -> bool:
    """Whether the maximum of a map, resized to the mask, lies inside it; a blank map points nowhere."""
    height, width = mask.shape
    placed, _ = place(cam, Region(0, 0, height, width), (height, width))
    return bool(cam.any() and mask[np.unravel_index(placed.argmax(), placed.shape)])
