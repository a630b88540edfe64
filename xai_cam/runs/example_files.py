"""The files of the documentation's examples: a small model in both forms, labels, photos by class, masks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from PIL import Image

from xai_cam.errors import ModelError, OutputError
from xai_cam.files.writing import write_together
from xai_cam.images.boxes.box import around
from xai_cam.models.convert import convert
from xai_cam.models.loading.hdf5 import Guard
from xai_cam.models.loading.load import load_files
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.demo import CAT, PICTURE_SIZE, labels_file, sample_model

ABOUT_IT = {"CARD.md", "report"}
"""What lies in the folder of a sample model and is not needed to use it."""

PER_CLASS = 2
MISFILED = ("star", "circle")
"""One picture of the first class lies in the folder of the second, so that there is a mistake to be found."""


def write_example_files(folder: Path, guard: Guard = nullcontext) -> int:
    """Write what the examples of the documentation use, and return how many pictures there are.

    `model.keras`; the same model as `model.json` and `weights.h5`; `labels.txt`; `photos/CLASS/*.png`, one of
    them in a wrong folder; `masks/CLASS/*.png`, white where the object is; `boxes.csv`, a box around it and
    what it is; `cat.png`, a photo. What is there already with the same contents is left as it is. `guard` is
    as in `load_model`.

    Raises
    ------
    OutputError
        A file of one of these names holds something else, or the folder cannot be written to.
    """
    files = sample_model("shapes")
    assert files.weights is not None
    pictures = _pictures()
    wanted = {
        "model.json": files.model.read_bytes(),
        "weights.h5": files.weights.read_bytes(),
        "labels.txt": labels_file(files).read_bytes(),
        "cat.png": (files.model.parent.parent / "pictures" / CAT.name).read_bytes(),
        **{f"photos/{name}": _png(picture) for name, (picture, _, _) in pictures.items()},
        **{f"masks/{name}": _png(mask) for name, (_, mask, _) in pictures.items()},
        "boxes.csv": _boxes(pictures),
    }
    missing = _missing(folder, wanted)
    whole = folder / "model.keras"
    if whole.exists() and not _same_weights(whole, files):
        raise _other(whole)
    write_together(missing)
    if not whole.exists():
        convert(files, whole, guard=guard)
    return len(pictures)


def write_sample(folder: Path, name: str) -> list[str]:
    """Write a sample model with the pictures that come with it, and return the names of the files.

    `model.json`, `model.weights.h5`, `labels.txt`, and in the newer ones `pictures/`, `masks/` and a table.
    What is there already with the same contents is left as it is.

    Raises
    ------
    OutputError
        A file of one of these names holds something else, or the folder cannot be written to.
    """
    source = sample_model(name).model.parent
    wanted = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and not ABOUT_IT & set(path.relative_to(source).parts)
    }
    write_together(_missing(folder, wanted))
    return list(wanted)


def _missing(folder: Path, wanted: dict[str, bytes]) -> list[tuple[Path, bytes]]:
    """Where the files belong that are not there yet."""
    for name, data in wanted.items():
        if (folder / name).exists() and (folder / name).read_bytes() != data:
            raise _other(folder / name)
    return [(folder / name, data) for name, data in wanted.items() if not (folder / name).exists()]


def _pictures() -> dict[str, tuple[np.ndarray, np.ndarray, str]]:
    """Pictures, masks and what they show by their place below `photos` and `masks`."""
    from xai_cam.sample_models.make_shapes import CLASSES, draw_scene

    found = {}
    for number in range(PER_CLASS * len(CLASSES)):
        name = CLASSES[number % len(CLASSES)]
        scene = draw_scene(np.random.default_rng([0, number]), [name], PICTURE_SIZE)
        last = number >= len(CLASSES) * (PER_CLASS - 1)
        place = MISFILED[1] if last and name == MISFILED[0] else name
        mask = scene.objects[0].mask.astype(np.uint8) * 255
        found[f"{place}/{number + 1:02}.png"] = (scene.picture, mask, name)
    return found


def _boxes(pictures: Mapping[str, tuple[np.ndarray, np.ndarray, str]]) -> bytes:
    """A table of the boxes around the objects."""
    lines = ["image,x0,y0,x1,y1,class"]
    for place, (_, mask, name) in pictures.items():
        lines += [",".join([place, *(f"{side:g}" for side in box), name]) for box in around(mask > 0)]
    return "\n".join([*lines, ""]).encode()


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _same_weights(whole: Path, files: ModelFiles) -> bool:
    """Whether a file is the sample model."""
    try:
        theirs = load_files(whole, None).model.get_weights()
    except ModelError:
        return False
    ours = load_files(files.model, files.weights).model.get_weights()
    return len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))


def _other(path: Path) -> OutputError:
    return OutputError(f"{path} already exists with other contents. Name an empty folder.")
