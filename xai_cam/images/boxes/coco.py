"""Boxes in COCO JSON: `images`, `annotations` with `bbox`, and `categories`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError
from xai_cam.files.json_values import is_plain
from xai_cam.files.texts import TextError, TooLargeError, read_text, reason_of
from xai_cam.images.boxes.box import FARTHEST, Corners, Drawn, TrueBox, check_corners, joined

MAX_BYTES = 32 * 10**6
"""Of a file. JSON takes 45 times its size in memory at worst (lists within lists within lists), which makes
1.4 GB; COCO's own of 5,000 pictures has 20 MB."""


def read_coco(path: Path) -> dict[str, Drawn]:
    """The boxes of each image that a file in COCO's format has, by its `file_name`.

    A `bbox` is x, y, width and height (https://cocodataset.org/#format-data), x and y counted from 0. What
    is marked as a crowd (`iscrowd`) is left out, as in COCO's own evaluation: it is no single object.

    Raises
    ------
    InputError
        It is missing, or no such file.
    """
    found = _parsed(path)
    images, annotations, categories = (
        _objects(path, found, name, name == "categories") for name in ("images", "annotations", "categories")
    )
    kinds = _by_id(path, "categories", categories)
    names = _by_id(path, "images", images)
    boxes: dict[Any, list[TrueBox]] = {}
    for number, one in enumerate(annotations, 1):
        where = f"annotation {number}"
        image, kind = one.get("image_id"), one.get("category_id")
        if not _is_id(image) or image not in names:
            raise _wrong(path, where, f"is of the image {image!r:.40}, which is not among the images")
        if kind is not None and (not _is_id(kind) or (kinds and kind not in kinds)):
            raise _wrong(path, where, f"is of the category {kind!r:.40}, which is not among the categories")
        if "bbox" not in one:
            raise _wrong(path, where, "has no bbox")
        if one.get("iscrowd") in (1, True):
            continue
        name = "" if kind is None else _text(path, where, kinds[kind].get("name") if kinds else str(kind))
        boxes.setdefault(image, []).append(TrueBox(_corners(path, where, one["bbox"]), name, where))
    drawn: dict[str, list[Drawn]] = {}
    for key, image in names.items():
        name = _text(path, f"image {key!r:.40}", image.get("file_name"))
        drawn.setdefault(name, []).append(Drawn(tuple(boxes.get(key, ())), _size(image)))
    return {name: _joined(path, name, several) for name, several in drawn.items()}


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path, MAX_BYTES)
    except TooLargeError as error:
        raise InputError(
            f"The boxes {path} are larger than {MAX_BYTES // 10**6} MB. Keep the images of this run, and of "
            "annotations image_id, category_id and bbox."
        ) from error
    except (OSError, TextError) as error:
        raise InputError(
            f"Cannot read the boxes in {path}: {reason_of(error)}. Give COCO JSON in UTF-8."
        ) from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is no JSON that can be read ({str(error)[:80]}). Give boxes in COCO's format."
        ) from error
    if not isinstance(found, dict):
        raise InputError(
            f"{path} holds no object. Give boxes in COCO's format: images, annotations, categories."
        )
    return found


def _objects(path: Path, found: dict[str, Any], name: str, may_miss: bool) -> list[dict[str, Any]]:
    given = found.get(name, [] if may_miss else None)
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InputError(
            f"{path} has no list of objects called {name}. Give boxes in COCO's format: images, annotations, "
            "categories."
        )
    return given


def _by_id(path: Path, what: str, objects: Sequence[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for number, one in enumerate(objects, 1):
        key = one.get("id")
        if not _is_id(key):
            raise _wrong(path, f"entry {number} of {what}", "has no id that is a whole number or a text")
        if key in found:
            raise _wrong(path, f"entry {number} of {what}", f"has the id {key!r:.40} of an earlier one")
        found[key] = one
    return found


def _is_id(key: Any) -> bool:
    return type(key) in (int, str)


def _text(path: Path, where: str, name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or not is_plain(name):
        raise _wrong(path, where, "has no name that is a text")
    return name


def _corners(path: Path, where: str, bbox: Any) -> Corners:
    given = bbox if isinstance(bbox, list) else []
    if len(given) != 4 or not all(_is_number(side) for side in given):
        raise _wrong(path, where, "has a bbox that is not four numbers of pixels: x, y, width and height")
    x, y, width, height = map(float, given)
    corners = x, y, x + width, y + height
    check_corners(corners, path, where)
    return corners


def _is_number(value: Any) -> bool:
    if type(value) is int:
        return abs(value) <= FARTHEST  # of a thousand digits none can be made a float
    return type(value) is float and math.isfinite(value)


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    """Height and width, where they are told."""
    height, width = image.get("height"), image.get("width")
    if type(height) is int and type(width) is int and height > 0 and width > 0:
        return height, width
    return None


def _joined(path: Path, name: str, several: Sequence[Drawn]) -> Drawn:
    """What the entries of one picture have."""
    if len({one.size for one in several if one.size is not None}) > 1:
        raise _wrong(path, name[:200], "is there in two sizes")
    return joined(several)


def _wrong(path: Path, where: str, what: str) -> InputError:
    return InputError(f"{path}: {where} {what}. Correct it, or leave it out.")
