"""Picture files opened and measured: what they are, and what they would cost, before anything is decoded.

Pillow's own limit on pixels belongs to the whole process, and programs that use this package may have set it:
here the limit is that of the caller.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageFile, UnidentifiedImageError

from xai_cam.errors import ImageError
from xai_cam.files.identified import identified
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.files.regular import check_regular, open_regular, why_unreadable
from xai_cam.files.stores.paths import at_hand

MAX_PIXELS = 200_000_000
"""Pixels of a picture, at most, where the caller names no other number."""

MAX_SIDE = 1_000_000
"""Pixels of a side, at most: each row costs a pointer or two besides, and Pillow fails on rows far longer."""

MAX_SCANS = 100
"""Of a JPEG. Each goes over the whole picture; encoders make a dozen, a file of 60 kB may hold thousands."""

BOMB = "a decompression bomb, or, if it is meant so"

START_OF_SCAN = re.compile(rb"\xff\xda\x00[\x08\x0a\x0c\x0e][\x01-\x04]", re.DOTALL)
BLOCK, OVERLAP = 1 << 20, 4

TILE_SIDES = (322, 323)
"""Tags of a TIFF: width and height. Each tile is decoded whole, and may be larger than the picture."""

TILES, STRIPS = 324, 273
"""Tags of a TIFF: where its parts lie, of which it has either."""

TIFF_BEGINS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*")
"""As Pillow takes it, the last two though they are wrong."""

MOST_TAGS = 1 << 16
"""Of a directory of a TIFF that are looked at; all that an ordinary one can have."""

FEW_PARTS, PIXELS_OF_PART = 10_000, 256
"""A TIFF may have so many parts, or else one for so many pixels: each costs a call of the decoder."""

DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError),
    *(RuntimeError, MemoryError, struct.error),
)
"""Exceptions of Pillow's decoders on damaged files."""

STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
"""Bytes in which Pillow keeps a pixel of these modes; of all others 4."""

DEEP_GREY_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")

COLOURS, DEEP_GREY = 3, 5
"""Bytes of a decoded pixel: red, green and blue; or a level as it is computed, and as it is shown."""


@contextmanager
def fetched(path: Path) -> Iterator[Path]:
    """A file that is here as long as the block lasts: one on a disk, or an object, by one request.

    Raises
    ------
    ImageError
        It cannot be fetched.
    """
    with ExitStack() as leaving:
        try:
            leaving.enter_context(at_hand(path))
        except OSError as error:
            raise ImageError(why_unreadable(path, error)) from error
        yield path


@contextmanager
def opened(path: Path, max_pixels: int | None = MAX_PIXELS, frame: int = 0) -> Iterator[Image.Image]:
    """A frame of a picture file that is small enough, not decoded yet; what is wrong is said in words.

    Raises
    ------
    ImageError
        Also of what the block does with the picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if check_regular(path).st_size == 0:
                raise ImageError("the file is empty")
            with open_regular(path) as file, _sane(file) as image:
                if frame:
                    _seek(image, frame)
                _check_size(image, max_pixels)
                _check_effort(image, file, max_pixels)
                yield image
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError("not an image file, despite its name") from error
    except Image.DecompressionBombError as error:
        raise ImageError(
            "a part of it has more pixels than Pillow decodes of this format: a decompression bomb"
        ) from error
    except DAMAGE as error:
        if ran_out_of_memory(error):
            raise ImageError(TOO_LITTLE) from error
        if isinstance(error, OSError) and error.errno:  # not Pillow's, but the system's
            raise ImageError(why_unreadable(path, error)) from error
        raise ImageError(
            f"the picture is damaged ({' '.join(str(error).split()) or type(error).__name__})"
        ) from error


def decoding_bytes(image: Image.Image) -> int:
    """The most memory that decoding takes, by the file's header alone."""
    result = DEEP_GREY if image.mode in DEEP_GREY_MODES else COLOURS
    return image.width * image.height * (STORED.get(image.mode, 4) + max(result, _scratch(image)))


def _scratch(image: Image.Image) -> int:
    """Bytes of a pixel that the format's own decoder holds meanwhile.

    A progressive JPEG has two for each coefficient of three colours. A WebP is decoded as an animation, with
    this frame, the last one and a copy. A TIFF of a single strip is decoded into a buffer of its own.
    """
    if image.format == "WEBP":
        return 12
    if image.format in ("JPEG", "MPO"):
        return 2 * len(image.getbands()) if "progressive" in image.info else 0
    return 4 if image.format == "TIFF" else 0


def _sane(file: IO[bytes]) -> ImageFile.ImageFile:
    """The picture in a file, if it is no TIFF that would cost much to open."""
    check_directory(file)
    file.seek(0)
    return identified(file)


def check_directory(file: IO[bytes]) -> None:
    """Refuse a TIFF that lists more parts than any has: Pillow makes an object of each as it opens it."""
    head = file.read(16)
    if head[:4] not in TIFF_BEGINS:
        return
    order, big = "<" if head[:2] == b"II" else ">", b"+" in head[2:4]
    number, entry = (struct.Struct(order + form) for form in (("Q", "HHQ8x") if big else ("H", "HHI4x")))
    try:
        file.seek(*struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4))
        (count,) = number.unpack(file.read(number.size))
        entries = file.read(entry.size * min(count, MOST_TAGS))
    except (struct.error, OverflowError, OSError):
        return  # Pillow finds words for it
    whole = entries[: len(entries) // entry.size * entry.size]
    parts = max((many for tag, _, many in entry.iter_unpack(whole) if tag in (TILES, STRIPS)), default=0)
    if parts > MAX_SIDE:
        raise ImageError(f"it lies in {parts:,} tiles or strips: {BOMB}, save it anew")


def _seek(image: Image.Image, frame: int) -> None:
    """Go to a frame, counted from 0."""
    count = getattr(image, "n_frames", 1)  # asked behind the last frame, Pillow counts one too many of a TIFF
    if frame >= count:
        raise ImageError(no_such_frame(count, frame))
    image.seek(frame)


def no_such_frame(count: int, frame: int) -> str:
    """Why a frame, counted from 0, is not there."""
    has = f"{count:,} frames" if count > 1 else "a single frame"
    return f"it has {has}, and none of number {frame + 1:,}"


def _check_size(image: Image.Image, max_pixels: int | None) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            f"it has {width:,} x {height:,} pixels, and no side may have more than {MAX_SIDE:,}: cut it into "
            "pictures that are shorter"
        )
    if max_pixels is not None and width * height > max_pixels:
        raise ImageError(
            f"it has {width:,} x {height:,} pixels, more than {max_pixels:,}: {BOMB}, use a "
            "larger `max_pixels`"
        )


def _check_effort(image: Image.Image, file: IO[bytes], max_pixels: int | None) -> None:
    """Refuse a file whose decoding costs far more than its pixels do."""
    if image.format in ("JPEG", "MPO"):
        scans = _count_scans(file)
        if scans > MAX_SCANS:
            raise ImageError(
                f"it goes over its pixels in {scans:,} scans, more than {MAX_SCANS}: {BOMB}, save it anew"
            )
    tags = getattr(image, "tag_v2", None) or {}
    parts = max(len(places) if isinstance(places := tags.get(tag), tuple) else 1 for tag in (TILES, STRIPS))
    if parts > max(FEW_PARTS, image.width * image.height // PIXELS_OF_PART):
        raise ImageError(
            f"it lies in {parts:,} tiles or strips, far too many for its {image.width:,} x {image.height:,} "
            f"pixels: {BOMB}, save it anew"
        )
    width, height = (side if isinstance(side := tags.get(tag), int) else 0 for tag in TILE_SIDES)
    if max_pixels is not None and width * height > max(max_pixels, image.width * image.height):
        raise ImageError(
            f"its tiles have {width:,} x {height:,} pixels, more than {max_pixels:,}: {BOMB}, use a larger "
            "`max_pixels`"
        )


def _count_scans(file: IO[bytes]) -> int:
    """How many scans a JPEG has, those of small pictures inside it included."""
    place, before, count = file.tell(), b"", 0
    file.seek(0)
    while block := file.read(BLOCK):
        count += len(START_OF_SCAN.findall(before + block))
        before = block[-OVERLAP:]
    file.seek(place)
    return count
