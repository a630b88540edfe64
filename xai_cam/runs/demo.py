"""Demo on pictures with a known answer, drawn shapes and a cat: do the heat maps point at it?"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xai_cam._version import __version__
from xai_cam.drawing.overlay import place
from xai_cam.errors import ImageError, OutputError
from xai_cam.files.provenance import encode_picture, read_provenance
from xai_cam.files.writing import write_whole
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import read_labels
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_image
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.plan import Plan, Request, make_plan

PICTURE_SIZE = 288
CAT = Path("cat", "chelsea.png")


def sample_model(name: str) -> ModelFiles:
    """Files of a model that travels with the package.

    `shapes`, `shapes_binary`, `digits`, `dogcat_small`, `dogcat`, or `dogcat/keras2`: the same as Keras 2
    wrote it.
    """
    folder = Path(str(resources.files("xai_cam.sample_models"))) / name
    weights = "model.h5" if folder.name == "keras2" else "model.weights.h5"
    return ModelFiles(folder / "model.json", folder / weights)


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
        scenes[_put(folder / f"{number + 1:02}_{name}.png", scene.picture)] = scene
    return scenes


def _put(path: Path, pixels: np.ndarray) -> Path:
    """Write a picture, unless it is there already; nothing else is replaced."""
    if not path.exists():
        write_whole(path, _png(pixels))
    elif not _shows(path, pixels):
        raise OutputError(f"{path} already exists with other contents. Name an empty `output` folder.")
    return path


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


def copy_cat(folder: Path) -> Path:
    """Write the photo of a cat that travels with the package (Chelsea, by S. van der Walt, CC0) to `folder`.

    Raises
    ------
    OutputError
        A file of that name holds something else, or the folder cannot be written to.
    """
    photo = Path(str(resources.files("xai_cam.sample_models"))) / "pictures" / CAT.name
    return _put(folder / CAT, read_image(photo).pixels)


def make_shapes_plan(paths: Sequence[Path], methods: tuple[str, ...]) -> Plan:
    """The plan of an `explain` run over the shapes; the raw maps are saved too, to be judged."""
    return _make_plan(sample_model("shapes"), paths, methods, (None,), ("overlay", "raw", "figure"))


def make_cat_plan(path: Path, methods: tuple[str, ...]) -> Plan:
    """The plan of an `explain` run over the cat, at the model's last layer with maps."""
    return _make_plan(sample_model("dogcat_small"), [path], methods, (None,), ("overlay", "figure"))


def labels_file(files: ModelFiles) -> Path:
    """Labels of a sample model: beside it, or beside the folder of its older form."""
    folder = files.model.parent
    return (folder.parent if folder.name == "keras2" else folder) / "labels.txt"


def _make_plan(
    files: ModelFiles,
    paths: Sequence[Path],
    methods: tuple[str, ...],
    layers: tuple[str | None, ...],
    saves: tuple[str, ...],
) -> Plan:
    request = Request(methods=methods, layers=layers, labels=read_labels(labels_file(files)), saves=saves)
    return make_plan(request, files, [ImageFile(path, Path()) for path in paths])


def write_figure(path: Path, plans: Sequence[Plan]) -> None:
    """Write the figures of the first picture of each plan, one below the other, each by another method.

    Raises
    ------
    OutputError
        `path` was not written by this tool, or cannot be written.
    """
    if path.exists() and read_provenance(path) is None:
        raise OutputError(f"{path} already exists with other contents. Name an empty `output` folder.")
    figures = []
    for number, plan in enumerate(plans):
        request = plan.request
        method = request.methods[number % len(request.methods)]
        figures.append(
            read_image(plan.output(plan.tasks[0], request.layers[0], method, None, "figure")).pixels
        )
    write_whole(path, encode_picture(stack(figures), {"tool": f"xai-cam {__version__}"}, "png"))


def stack(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures below each other, the narrower ones with white at their right."""
    width = max(picture.shape[1] for picture in pictures)
    padded = [
        np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255)
        for picture in pictures
    ]
    return np.concatenate(padded)


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
