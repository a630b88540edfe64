"""What a DICOM file says of its pixels, checked: sizes, kinds of numbers, and how they become levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import DAMAGED, PIXELS, Element, Elements, Walk, Wanted
from xai_cam.images.dicom.numbers import numbers, whole, word
from xai_cam.images.dicom.streams import Stream
from xai_cam.images.dicom.syntaxes import Syntax, opened_values

SAMPLES, COLOURS, PLANAR, FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
ROWS, COLUMNS = 0x00280010, 0x00280011
ALLOCATED, STORED, HIGH_BIT, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
BURNED_IN = 0x00280301
CENTRE, WIDTH, INTERCEPT, SLOPE, FUNCTION = 0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056
MODALITY_TABLE, VOI_TABLE = 0x00283000, 0x00283010
TABLE_FORM, TABLE_VALUES = 0x00283002, 0x00283006
PALETTE_FORMS = (0x00281101, 0x00281102, 0x00281103)
PALETTE_VALUES = (0x00281201, 0x00281202, 0x00281203)
PALETTE_SEGMENTS = (0x00281221, 0x00281222, 0x00281223)
OFFSETS, LENGTHS = 0x7FE00001, 0x7FE00002
"""Of compressed frames."""

SPACINGS = (0x00280030, 0x00181164, 0x00182010)
"""Millimetres between rows and between columns: in the patient, on the detector, on a scanned film."""

ASPECT = 0x00280034
"""How high a pixel is and how wide, in no unit."""

SHARED, OF_FRAMES = 0x52009229, 0x52009230
"""Sequences of what holds for all frames, and of an item for each."""

GROUPS: Wanted = {
    0x00289145: {INTERCEPT: None, SLOPE: None},
    0x00289132: {CENTRE: None, WIDTH: None, FUNCTION: None},
    0x00289110: {SPACINGS[0]: None},
}
"""In an item of these: what is of the levels, and the size of pixels."""

OVERLAYS = tuple((0x6000 + 2 * number) << 16 | 0x0010 for number in range(16))
"""The rows of each plane that may lie over the picture."""

TABLE: Wanted = {TABLE_FORM: None, TABLE_VALUES: None}

WANTED: Wanted = {
    **dict.fromkeys(
        (
            *(SAMPLES, COLOURS, PLANAR, FRAMES, ROWS, COLUMNS, ALLOCATED, STORED, HIGH_BIT, SIGNED),
            *(BURNED_IN, CENTRE, WIDTH, INTERCEPT, SLOPE, FUNCTION, ASPECT, OFFSETS, LENGTHS),
            *(*PALETTE_FORMS, *PALETTE_VALUES, *PALETTE_SEGMENTS, *SPACINGS, *OVERLAYS),
        )
    ),
    **dict.fromkeys((MODALITY_TABLE, VOI_TABLE), TABLE),
    **dict.fromkeys((SHARED, OF_FRAMES), GROUPS),
}

FLOATS = {PIXELS[0]: 32, PIXELS[1]: 64}
"""Bits of pixels that are floating-point numbers."""

GREY = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
RGB, YBR = "RGB", ("YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
KNOWN = (*GREY, PALETTE, RGB, *YBR)


@dataclass(frozen=True)
class Header:
    """What the pixels of a file are, and where they begin.

    Attributes
    ----------
    elements : Elements
        What else was read; that of the chosen frame stands in the place of that of the whole file.
    colours : str
        One of `KNOWN`.
    tag : int
        One of `PIXELS`.
    """

    syntax: Syntax
    elements: Elements
    tag: int
    pixels: Element
    rows: int
    columns: int
    frames: int
    samples: int
    colours: str
    allocated: int
    stored: int
    signed: bool
    planar: int

    @property
    def floats(self) -> int:
        """Bits of its pixels where these are floating-point numbers, else 0."""
        return FLOATS.get(self.tag, 0)

    @property
    def grey(self) -> bool:
        """Whether its pixels are grey values, not colours or numbers of colours."""
        return self.colours in GREY

    @property
    def values(self) -> int:
        """Numbers in a frame."""
        return self.rows * self.columns * self.samples

    @property
    def ends(self) -> tuple[int, int]:
        """The lowest and the highest number that its bits can hold."""
        return (
            (-(2 ** (self.stored - 1)), 2 ** (self.stored - 1) - 1)
            if self.signed
            else (0, 2**self.stored - 1)
        )


def read_header(file: IO[bytes], size: int, frame: int = 0) -> tuple[Header, Stream]:
    """What a file of so many bytes says of a frame, counted from 0, and the stream where the pixels begin.

    Raises
    ------
    ImageError
        It holds no pixels, or they are of a kind that is not read, or it is damaged.
    """
    stream, syntax = opened_values(file, size)
    elements = Walk(stream, syntax.encoding, {OF_FRAMES: frame}).read(WANTED)
    for tag in (SHARED, OF_FRAMES):
        for item in elements.pop(tag).items if tag in elements else ():
            for group in (one for sequence in item.values() for one in sequence.items):
                elements.update(group)
    pixels = next(((tag, elements.pop(tag)) for tag in PIXELS if tag in elements), None)
    if pixels is None:
        raise ImageError("it holds no picture: a DICOM file without pixels, as reports and structures are")
    return _header(syntax, elements, *pixels), stream


def _header(syntax: Syntax, elements: Elements, tag: int, pixels: Element) -> Header:
    rows, columns = _needed(elements, ROWS, "Rows"), _needed(elements, COLUMNS, "Columns")
    frames = whole(elements, FRAMES, "Number of Frames", "IS")
    samples = whole(elements, SAMPLES, "Samples per Pixel") or 1
    allocated = FLOATS.get(tag) or _needed(elements, ALLOCATED, "Bits Allocated")
    stored = whole(elements, STORED, "Bits Stored") or allocated
    high = whole(elements, HIGH_BIT, "High Bit")
    colours = word(elements, COLOURS, KNOWN) or (
        "MONOCHROME2" if COLOURS not in elements and samples == 1 else ""
    )
    if allocated not in (1, 8, 16, 32, 64) or not 1 <= stored <= allocated:
        raise ImageError(f"{DAMAGED}: its pixels have {stored} of {allocated} bits")
    if high is not None and high != stored - 1:
        raise ImageError(
            "its pixels do not lie in the lowest bits of their numbers; save it anew with a current program"
        )
    if not colours or samples != (1 if colours in (*GREY, PALETTE) else 3):
        raise ImageError("its colours are of a kind that is not read; convert them to RGB or MONOCHROME2")
    return Header(
        *(syntax, elements, tag, pixels, rows, columns, max(frames or 1, 1), samples),
        *(colours, allocated, stored, whole(elements, SIGNED, "Pixel Representation") == 1),
        whole(elements, PLANAR, "Planar Configuration") or 0,
    )


def _needed(elements: Elements, tag: int, name: str) -> int:
    found = whole(elements, tag, name)
    if found is None or found < 1:
        raise ImageError(f"{DAMAGED}: it has no {name}")
    return found


def spacing_of(elements: Elements) -> tuple[float, float] | None:
    """How high and how wide a pixel is; None for square ones, and where nothing is known."""
    for tag, kind in (*((tag, "DS") for tag in SPACINGS), (ASPECT, "IS")):
        sides = numbers(elements, tag, "Pixel Spacing", kind)
        if len(sides) == 2 and min(sides) > 0:
            return None if abs(sides[0] / sides[1] - 1) < 0.01 else (sides[0], sides[1])
    return None
