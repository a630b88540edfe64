"""Boxes and outlines as COCO JSON, which annotation tools open: of one map, or of all maps of a run.

`images`, `categories` and `annotations` are as https://cocodataset.org/#format-data has them: boxes as x, y,
width and height, outlines as polygons (`iscrowd` 0), numbers from 1 on. In `info` stands the provenance.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam._version import __version__
from xai_cam.errors import InputError, OutputError
from xai_cam.files import seal
from xai_cam.files.json_values import Kinds, finite, has, is_of, is_plain
from xai_cam.files.names import as_told
from xai_cam.files.provenance import DAMAGE, KEY, Provenance, is_free_or_ours
from xai_cam.files.regular import read_at_most
from xai_cam.files.writing import write_whole

Document = dict[str, Any]

SUFFIX = ".json"

MAX_BYTES = 1 << 26
"""Of the document of one map that is read."""

OF_AN_IMAGE: Kinds = {"id": (int,), "file_name": (str,), "width": (int,), "height": (int,)}
OF_A_CATEGORY: Kinds = {"id": (int,), "name": (str,)}
OF_AN_ANNOTATION: Kinds = {"bbox": (list,), "area": (float,), "segmentation": (list,), "iscrowd": (int,)}
AND_MAYBE: Kinds = {"score": (float,), "attributes": (dict,)}
ANNOTATED = {"id", "image_id", "category_id", *OF_AN_ANNOTATION, *AND_MAYBE}
NUMBER, WORD = (float,), (float, str)


def document_of(
    image: Mapping[str, Any], category: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]]
) -> Document:
    """What one map has to say of its image: everything but where it comes from.

    Parameters
    ----------
    image : mapping
        `file_name`, `width` and `height`.
    category : mapping
        `id`, `name`.
    annotations : sequence of mappings
        `bbox`, `area`, `segmentation`, `iscrowd`, and what else there is.
    """
    return {
        "images": [{"id": 1, **image}],
        "categories": [dict(category)],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": category["id"], **one}
            for number, one in enumerate(annotations, 1)
        ],
    }


def encode_document(document: Document, provenance: Provenance) -> bytes:
    """A document as a file that carries its provenance."""
    said = {seal.KEY: seal.BLANK, **finite(provenance)}
    info = {"description": "Regions of saliency maps", "version": __version__, KEY: said}
    text = json.dumps({"info": info, **document}, ensure_ascii=False, allow_nan=False)
    return seal.seal(text.encode() + b"\n")


def read_document(path: Path) -> Document:
    """The document of one map, as `document_of` makes it.

    Raises
    ------
    OutputError
        It is none, or cannot be read.
    """
    try:
        found = json.loads(read_at_most(path, MAX_BYTES))
        (image,), (category,), annotations = (found[name] for name in ("images", "categories", "annotations"))
        whole = has(image, OF_AN_IMAGE) and has(category, OF_A_CATEGORY) and is_plain([image, category])
        if not whole or not all(map(_is_annotation, annotations)):
            raise ValueError("something is missing")
    except DAMAGE as error:
        raise OutputError(
            f"Cannot read {path}, which was written or up to date a moment ago. Run the same command again."
        ) from error
    return {"images": [image], "categories": [category], "annotations": annotations}


def _is_annotation(one: Any) -> bool:
    """Whether every value is there, and none that could not be written again."""
    if not has(one, OF_AN_ANNOTATION, AND_MAYBE) or not one.keys() <= ANNOTATED:
        return False
    box, rings, more = one["bbox"], one["segmentation"], one.get("attributes", {})
    whole = len(box) == 4 and all(type(ring) is list for ring in rings) and is_plain(more)
    numbers = (value for values in (box, *rings) for value in values)
    return (
        whole
        and all(is_of(one, NUMBER) for one in numbers)
        and all(is_of(one, WORD) for one in more.values())
    )


class Joined:
    """The documents of many maps as one.

    An image has the number of its first map; a class the one that its maps give it, or, where another class
    has that already, the next that is free; annotations are numbered as they come.
    """

    def __init__(self) -> None:
        self._images: dict[Hashable, dict[str, Any]] = {}
        self._categories: dict[str, dict[str, Any]] = {}
        self._annotations: list[dict[str, Any]] = []

    def add(self, image: Hashable, document: Document) -> None:
        """Take in the document of a map; `image` tells its image from others, also from those of its name."""
        number = len(self._images) + 1
        of = self._images.setdefault(image, {**document["images"][0], "id": number})
        category = self._category(document["categories"][0])
        for one in document["annotations"]:
            known = {"id": len(self._annotations) + 1, "image_id": of["id"], "category_id": category["id"]}
            self._annotations.append({**one, **known})

    @property
    def document(self) -> Document:
        """All of them."""
        return {
            "images": list(self._images.values()),
            "categories": sorted(self._categories.values(), key=lambda one: one["id"]),
            "annotations": self._annotations,
        }

    def _category(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The class of that name, numbered when it comes first."""
        taken = {one["id"] for one in self._categories.values()}
        number = wanted["id"] if wanted["id"] not in taken else max(taken) + 1
        return self._categories.setdefault(wanted["name"], {**wanted, "id": number})


class CocoWriter:
    """Takes the rows of a run, and writes what the boxes of all maps say in one file, when it is closed.

    It is numbered as `Joined` does it, so that equal runs write equal files. Images without any part above
    the threshold are there, those that failed are not.

    Parameters
    ----------
    path : Path
        Ends in `.json`.
    overwrite : bool
        Replace a file that was changed since this tool wrote it.

    Raises
    ------
    InputError
        There is a file that this tool did not write, or that was changed since.
    OutputError
        Nothing can be written there.
    """

    on_stdout = False

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        self.path, self._begun = path, False
        if path.is_dir() or not os.access(path.parent, os.W_OK):  # now, and not when all is computed
            raise OutputError(f"Cannot write {path}. Name another file in `results`.")
        check_coco(path, overwrite)
        self._joined = Joined()

    def begin(self) -> None:
        """What is there will be replaced, even if there are no rows."""
        self._begun = True

    def write(self, values: Mapping[str, Any]) -> None:
        """Take in the boxes that a row names, if it names any.

        Raises
        ------
        OutputError
            They cannot be read any more.
        """
        self.begin()
        if values.get("boxes"):
            self._joined.add(values["image"], read_document(as_told(values["boxes"])))

    def close(self) -> None:
        """Write the file, unless the run failed before there was a row.

        Raises
        ------
        OutputError
        """
        if not self._begun:
            return
        told = encode_document(self._joined.document, {"tool": f"xai-cam {__version__}"})
        write_whole(self.path, told, "`results`")


def check_coco(path: Path, overwrite: bool = False) -> None:
    """Refuse to replace a file of JSON that this tool did not write: it may be a model, or labels.

    One that was changed since, as in a tool for annotations, is replaced with `overwrite` alone.

    Raises
    ------
    InputError
    """
    if not path.exists() or not path.stat().st_size:
        return
    if not is_free_or_ours(path):
        raise InputError(f"{path} exists and was not written by xai-cam. Name another file in `results`.")
    if not overwrite and not seal.is_intact(path):
        raise InputError(
            f"{path} was changed since xai-cam wrote it. Use `overwrite=True`, or name another file in "
            "`results`."
        )
