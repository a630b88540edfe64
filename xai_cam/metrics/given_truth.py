"""Where objects are, as a caller gives it beside arrays: masks, boxes, or a file of boxes."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.threshold import SHARE
from xai_cam.errors import ImageError, InputError
from xai_cam.images.boxes.box import Drawn, TrueBox, check_corners
from xai_cam.images.boxes.kinds import check_kinds
from xai_cam.images.boxes.source import read_boxes
from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Region
from xai_cam.metrics.locating import locate
from xai_cam.metrics.pointing import Located

log = logging.getLogger(__name__)


class GivenTruth:
    """Masks and boxes of images, by their numbers.

    Parameters
    ----------
    images : Prepared or array
        What was explained: masks and boxes are in the pixels of its original pictures, if it has some.
    count : int
        How many these are.
    size : (H, W)
        Of the model's input.
    masks : sequence of (H, W) array, optional
        One for each image, not 0 where the object is, in the size of its picture or of the input.
    boxes : sequence, or path, optional
        For each image its boxes (x0, y0, x1, y1), maybe with a class behind them, or None; or a file of them.
    labels : sequence of str, optional
        Names of the classes.
    threshold : float or str
        Above which a map's box is drawn, as `Threshold.of` takes it.

    Raises
    ------
    InputError, ImageError
        They are no such masks or boxes.
    """

    def __init__(
        self,
        images: Any,
        count: int,
        size: Sequence[int],
        masks: Any = None,
        boxes: Any = None,
        labels: Sequence[str] | None = None,
        threshold: float | str = SHARE,
    ) -> None:
        if len(size) != 2:
            given = "boxes" if masks is None else "masks"
            raise InputError(
                f"The images are volumes, and `{given}` say where objects are in pictures. Leave them out."
            )
        self._images, self._size, self._labels = images, (size[0], size[1]), labels
        self._threshold = threshold
        self._masks = [None] * count if masks is None else _masks(masks, count)
        self._drawn: Sequence[Drawn | None] = [None] * count
        if boxes is not None:
            of_file = isinstance(boxes, str | os.PathLike)
            self._drawn = self._read(Path(boxes)) if of_file else _boxes(boxes, count)
            known = (drawn for drawn in self._drawn if drawn is not None)
            check_kinds((box.kind for drawn in known for box in drawn.boxes), labels, "`boxes`")

    def locate(self, number: int, maps: Sequence[Explanation], names: Collection[str]) -> list[Located]:
        """The measures of where the object is, of each map of an image.

        Raises
        ------
        ImageError
            The mask or the boxes do not fit the image.
        """
        mask, drawn = self._masks[number], self._drawn[number]
        region, size = self._place(number)
        if mask is not None and mask.shape != size and drawn is None and mask.shape == self._size:
            region, size = Region.whole(mask.shape), self._size
        with _named(number):
            if mask is not None and mask.shape != size:
                shape = " x ".join(map(str, mask.shape))
                raise ImageError(f"its mask has {shape} pixels, and it has {size[0]} x {size[1]}")
            boxes = () if drawn is None else drawn.within(size)
        known = region, size, mask, boxes, names
        return locate(maps, *known, lambda _: self._labels, self._threshold)[0]

    def _place(self, number: int) -> tuple[Region, tuple[int, int]]:
        """What the model saw of the picture of an image, and the picture's size."""
        if hasattr(self._images, "regions"):
            return self._images.regions[number], self._images.pixels[number].shape[:2]
        return Region.whole(self._size), self._size

    def _read(self, path: Path) -> list[Drawn | None]:
        paths = getattr(self._images, "paths", [None])
        if any(one is None for one in paths):
            raise InputError(
                "`boxes` is a file, in which boxes are found by the names of images, and these have none. "
                "Give the boxes themselves, or what `prepare(model, images)` makes of files."
            )
        files = [ImageFile(Path(one), Path()) for one in paths]
        source = read_boxes(path, files)
        for line in filter(None, (source.describe_missing(files), source.describe_unowned())):
            log.warning(line)
        return [source.of(file) for file in files]


@contextmanager
def _named(number: int) -> Iterator[None]:
    """What is wrong with an image is said with its number."""
    try:
        yield
    except ImageError as error:
        raise ImageError(f"Image {number}: {error.message}.") from error


def _masks(masks: Any, count: int) -> list[np.ndarray]:
    if isinstance(masks, list | tuple):
        given = [np.asarray(one) for one in masks]
    else:
        whole = np.asarray(masks)
        given = list(whole[None] if whole.ndim == 2 else np.atleast_1d(whole))
    given = [one[..., 0] if one.ndim == 3 and one.shape[-1] == 1 else one for one in given]
    if len(given) != count or any(one.ndim != 2 or one.dtype.kind not in "biuf" for one in given):
        raise InputError(f"`masks` are not one of (H, W) for each of {count} images. Give these.")
    return [one != 0 for one in given]


def _boxes(boxes: Any, count: int) -> list[Drawn | None]:
    given = list(boxes) if isinstance(boxes, list | tuple | np.ndarray) else []
    if len(given) != count:
        raise InputError(
            f"`boxes` are not those of {count} images. Give for each a list of (x0, y0, x1, y1), or None."
        )
    return [None if one is None else _drawn(one, number) for number, one in enumerate(given)]


def _drawn(boxes: Any, number: int) -> Drawn | None:
    if not isinstance(boxes, list | tuple | np.ndarray):
        raise _no_box(boxes, number)
    found = []
    for box in boxes:
        if not isinstance(box, list | tuple | np.ndarray) or len(box) not in (4, 5):
            raise _no_box(box, number)
        try:
            x0, y0, x1, y1 = (float(side) for side in box[:4])
        except (TypeError, ValueError, OverflowError) as error:
            raise _no_box(box, number) from error
        check_corners((x0, y0, x1, y1), "`boxes`", f"image {number}")
        found.append(TrueBox((x0, y0, x1, y1), str(box[4]) if len(box) == 5 else "", f"image {number}"))
    return Drawn(tuple(found)) if found else None


def _no_box(box: Any, number: int) -> InputError:
    return InputError(
        f"`boxes` has {str(box)[:60]} for image {number}. Give lists of (x0, y0, x1, y1), or with a class."
    )
