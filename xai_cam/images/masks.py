"""Object masks: picture files, one for each image, drawn by hand or by another tool.

A pixel belongs to the object where it is not 0: its palette index, its grey, or any of its colours;
transparency does not count. Programs that number the colours of a GIF as they meet them may give 0 to the
object: of such a mask save a grey PNG. EXIF rotation is applied as to images, so that what was drawn over a
photo fits it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePath

import numpy as np
from PIL import Image

from xai_cam.errors import ImageError
from xai_cam.files.fingerprint import hash_of
from xai_cam.files.provenance import provenance_of
from xai_cam.files.regular import why_unreadable
from xai_cam.files.stores.contents import object_in, objects_in
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.images.finding import ImageFile
from xai_cam.images.folders import SUFFIXES
from xai_cam.images.opening import MAX_PIXELS, fetched, opened
from xai_cam.images.picture import Region
from xai_cam.images.pixels import gather

MASK_SUFFIXES = (".png", *sorted(SUFFIXES - {".png"}))
"""Suffixes of masks, in the order in which they are looked for."""


OWN_ENDING = "_mask.png"
"""What the names of masks end in that this tool makes of maps."""


def read_mask(path: str | Path, size: tuple[int, int]) -> np.ndarray:
    """Where the object is in an image of `size` (H, W).

    Returns
    -------
    mask : (H, W) bool

    Raises
    ------
    ImageError
        The file cannot be read as a picture, or has another size than the image.
    """
    wanted = tuple(size)
    try:
        with fetched(as_path(path)) as here, opened(here, max(MAX_PIXELS, size[0] * size[1])) as image:
            mask, shape = None, image.size[::-1]
            if wanted in (shape, image.size):  # as it may be turned; of another nothing needs to be decoded
                image.load()
                mask = gather(image, _object)
                shape = mask.shape
    except ImageError as error:
        raise ImageError(f"its mask {path}: {error.message}") from error
    if mask is None or shape != wanted:
        raise ImageError(
            f"its mask {path} has {shape[0]} x {shape[1]} pixels, the image {size[0]} x {size[1]}; "
            "draw the mask in the image's own size"
        )
    return mask


def _object(image: Image.Image) -> np.ndarray:
    """(H, W) bool: where a picture's own values, as they are stored, are not 0."""
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):  # black is not 0 there
        image = image.convert("RGB")
    values = np.asarray(image)
    if values.ndim == 2:
        return values != 0
    colours = values.shape[2] - (image.mode in ("RGBA", "RGBa", "LA", "La", "PA"))
    return (values[..., :colours] != 0).any(axis=2)


def mask_of(image: ImageFile, folder: str | Path) -> Path:
    """The mask of an image in a folder of masks, as `find_mask` finds it.

    Raises
    ------
    ImageError
        There is none.
    """
    found = find_mask(folder, image)
    if found is None:
        raise ImageError(f"there is no mask for it in {folder}")
    return found


def region_in(mask: np.ndarray, region: Region, size: Sequence[int]) -> np.ndarray:
    """A mask (H, W) of a picture on the grid (h, w) of what a model saw of it, uint8.

    Each cell has the value of the pixel that its centre lies in; what lies beyond the picture has none.
    """
    places = [
        np.floor(start + (np.arange(cells) + 0.5) * (end - start) / cells).astype(int)
        for cells, (start, end) in zip(size, region.spans, strict=True)
    ]
    inside = [(at >= 0) & (at < side) for at, side in zip(places, mask.shape, strict=True)]
    found = np.zeros(tuple(size), np.uint8)
    found[np.ix_(*inside)] = mask[np.ix_(*(at[kept] for at, kept in zip(places, inside, strict=True)))]
    return found


def check_flat(region: Region) -> None:
    """Refuse the region of a volume, whose mask cannot be a picture.

    Raises
    ------
    ImageError
    """
    if region.front is not None:
        raise ImageError("it is a volume, and a file of masks holds a picture: leave out `masks`")


def find_mask(folder: str | Path, image: ImageFile) -> Path | None:
    """The mask of an image in a folder of masks, or None.

    It has the image's name without its suffix, .png before others, and lies where the image lies below the
    folder that was named; or, as .png, directly in the folder of masks. An image is never its own mask. Where
    there is none of these, a mask that this tool made of the image counts: `cat_grad-cam_mask.png`.

    Raises
    ------
    ImageError
        There are several of those.
    """
    place = as_path(folder)
    if isinstance(place, StorePath):
        return _in_store(place, image)
    found = next((path for name in _names(image) if _is_mask(path := place / name, image.path)), None)
    return found or _own_mask(place, image)


def _in_store(folder: StorePath, image: ImageFile) -> Path | None:
    """The same in a store, which is asked once for all that is there."""
    try:
        found = (object_in(folder, name.as_posix()) for name in _names(image))
        return next((path for path in found if path and path != image.path), None) or _own_mask(folder, image)
    except OSError as error:
        raise ImageError(f"the masks in {folder}: {why_unreadable(folder, error)}") from error


def _own_mask(folder: Path, image: ImageFile) -> Path | None:
    """The mask that this tool made of an image, which it names by its hash."""
    for below in dict.fromkeys((folder / image.folder, folder)):
        begun = _own_masks(folder, below, image.path.stem)
        sought = hash_of(image.path) if begun else None
        found = [path for path in begun if (provenance_of(path) or {}).get("image_sha256") == sought]
        if len(found) > 1:
            raise ImageError(
                f"there are several masks for it in {below}, such as {found[0].name} and {found[1].name}: "
                "keep those of one method and class in a folder of their own"
            )
        if found:
            return found[0]
    return None


def _own_masks(folder: Path, below: Path, stem: str) -> list[Path]:
    """Paths in a folder, or in one below it, that masks of this tool may have whose names begin so."""
    if isinstance(folder, StorePath):
        start = (below / stem).relative_to(folder).as_posix()
        found = objects_in(folder, start)
        return [path for path in found if path.parent == below and path.name.endswith(OWN_ENDING)]
    try:
        names = _listed(below, os.stat(below).st_mtime_ns)
        return [below / name for name in names if name.startswith(stem)]
    except OSError:
        return []


@lru_cache(maxsize=64)
def _listed(folder: Path, _: int) -> tuple[str, ...]:
    """The same of a folder that was changed last at this time."""
    return tuple(sorted(name for name in os.listdir(folder) if name.endswith(OWN_ENDING)))


def _names(image: ImageFile) -> Iterator[PurePath]:
    """Where the mask of an image may be, from the folder of masks on."""
    for suffix in MASK_SUFFIXES:
        for spelling in (suffix, suffix.upper()):
            yield image.folder / (image.path.stem + spelling)
    yield PurePath(image.path.stem + ".png")


def _is_mask(path: Path, image: Path) -> bool:
    if isinstance(image, StorePath):
        return path.is_file()
    return path.is_file() and os.path.realpath(path) != os.path.realpath(image)
