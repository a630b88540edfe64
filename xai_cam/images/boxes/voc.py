"""Boxes in Pascal VOC's XML, a file a picture, read as plain text: nothing that it declares is expanded.

A document type, which every bomb of entities needs, is refused before anything behind it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from xai_cam.errors import ImageError, InputError
from xai_cam.files.regular import read_at_most
from xai_cam.images.boxes.box import Corners, Drawn, TrueBox, check_corners
from xai_cam.images.extra_tables import number_of

MAX_BYTES = 1 << 20
"""Of a file: thousands of objects."""

MAX_DEPTH = 32

ROOT, OBJECT = ("annotation",), ("annotation", "object")
NAME, BOX = (*OBJECT, "name"), (*OBJECT, "bndbox")
EDGES = ("xmin", "ymin", "xmax", "ymax")
SIDES = (("annotation", "size", "height"), ("annotation", "size", "width"))


class _RefusedError(ValueError):
    """The file is not one of VOC; says why."""


@dataclass
class _Reader:
    """What a parser has found so far; parts of objects (`part`) lie deeper, and are passed over."""

    path: tuple[str, ...] = ()
    text: list[str] = field(default_factory=list)
    known: dict[tuple[str, ...], str] = field(default_factory=dict)
    objects: list[tuple[int, dict[tuple[str, ...], str]]] = field(default_factory=list)
    line: int = 0

    def start(self, line: int, name: str) -> None:
        self.path = (*self.path, name)
        if self.path[:1] != ROOT:
            raise _RefusedError(f"it begins with {name[:40]!r} in place of 'annotation'")
        if len(self.path) > MAX_DEPTH:
            raise _RefusedError("its elements lie too deep")
        if self.path == OBJECT:
            self.line = line
            self.known = {place: text for place, text in self.known.items() if place in SIDES}
        self.text = []

    def add(self, text: str) -> None:
        self.text.append(text)

    def end(self) -> None:
        if self.path in (NAME, *SIDES) or self.path[:-1] == BOX:
            self.known.setdefault(self.path, "".join(self.text).strip())
        if self.path == OBJECT:
            self.objects.append((self.line, self.known))
        self.path, self.text = self.path[:-1], []


def read_voc(path: Path) -> Drawn:
    """The boxes in a file of Pascal VOC.

    There `xmin`, `ymin`, `xmax` and `ymax` number pixels from 1 on, and the last ones are inside (VOC2012
    development kit, sec. 8.1): the box begins at xmin - 1 and ends at xmax.

    Raises
    ------
    ImageError
        It cannot be read, or is no such file.
    """
    try:
        data = read_at_most(path, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise _RefusedError(f"it is larger than {MAX_BYTES >> 20} MB")
        reader = _parsed(data)
        boxes = tuple(_box(path, line, known) for line, known in reader.objects)
    except OSError as error:
        raise ImageError(f"its boxes {path} cannot be read ({error.strerror or error})") from error
    except InputError as error:
        raise ImageError(f"its boxes: {error.message}") from error
    except (ExpatError, LookupError, ValueError) as error:
        raise ImageError(f"its boxes {path} are no file of Pascal VOC: {error}") from error
    return Drawn(boxes, _size(reader))


def _parsed(data: bytes) -> _Reader:
    """Raises ExpatError, or LookupError or ValueError where the file names an encoding that is none."""
    reader, parser = _Reader(), ParserCreate()

    def refuse(*_: object) -> NoReturn:
        raise _RefusedError("it declares a document type, which files of VOC do not have")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: reader.start(parser.CurrentLineNumber, name)
    parser.EndElementHandler = lambda _: reader.end()
    parser.CharacterDataHandler = reader.add
    parser.Parse(data, True)
    return reader


def _box(path: Path, line: int, known: dict[tuple[str, ...], str]) -> TrueBox:
    where = f"line {line}"
    numbers = [number_of(known.get((*BOX, edge), "")) for edge in EDGES]
    if None in numbers:
        raise _RefusedError(f"the object in {where} has no bndbox with {', '.join(EDGES)}, which are numbers")
    x0, y0, x1, y1 = (number for number in numbers if number is not None)
    corners: Corners = (x0 - 1, y0 - 1, x1, y1)
    check_corners(corners, path, where)
    return TrueBox(corners, known.get(NAME, ""), where)


def _size(reader: _Reader) -> tuple[int, int] | None:
    """Height and width, where they are told; some tools write 0."""
    height, width = (number_of(reader.known.get(side, "")) for side in SIDES)
    return (int(height), int(width)) if height and width and height >= 1 and width >= 1 else None
