"""Provenance written into files and read back: how a later run recognises its own outputs.

A PNG carries it as a text chunk, a JPEG and a GIF as a comment, a WebP as its EXIF description, a `.npy`
behind the array's data (which readers of NumPy files do not look at), a COCO JSON in its `info`. It is JSON:
tool and library versions, SHA-256 of model, weights and image, layer, method, class, score, preprocessing. It
holds no time and no folder, so that equal runs write equal files. In front of all stands the file's own hash
(see `seal`).

Anybody may have written what is read: it is bounded in length, depth and number of values, and what a run
needs of it is looked at before it is believed (see `json_values`). What was damaged counts as none.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files import seal
from xai_cam.files.animation import DESCRIPTION, encode_animation
from xai_cam.files.identified import identified
from xai_cam.files.json_values import is_plain
from xai_cam.files.png import encode_png
from xai_cam.files.regular import open_regular
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath, at_hand
from xai_cam.files.strips import Strips

KEY = "xai-cam"
MARK = b"\n" + KEY.encode() + b" "

HEAD = 1 << 10
"""Provenance stands in front of the pixels, its key among the first bytes of a picture."""

MAX_TEXT = 1 << 22
"""Letters of a provenance; that of a comparison holds its maps and curves."""

MAX_COMMENT = (1 << 16) - 3
"""Bytes of a comment in a JPEG."""

DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(RuntimeError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError),
)
"""What readers of pictures and JSON make of a damaged file, or of one that was made to break them."""

Provenance = dict[str, Any]


def digest(request: Provenance) -> str:
    """Hash of a request; equal requests make equal files."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def encode_picture(pixels: np.ndarray | Strips, provenance: Provenance, file_format: str) -> bytes:
    """(H, W, 3) uint8 RGB, there or yet to be drawn, as a PNG or JPEG file that carries its provenance.

    Raises
    ------
    XaiCamError
        There is no room in a JPEG for so long a provenance.
    """
    text = _text(provenance)
    if file_format == "png":
        return seal.seal(encode_png(pixels, KEY, text))
    buffer, comment = io.BytesIO(), MARK[1:] + text.encode()
    if len(comment) > MAX_COMMENT:
        raise XaiCamError(
            "what the picture says of how it was made is too long for a JPEG. Use `file_format='png'`, or "
            "shorter `labels`."
        )
    image = as_image(pixels) if isinstance(pixels, Strips) else Image.fromarray(pixels)
    image.save(buffer, "JPEG", quality=92, subsampling=0, comment=comment)
    return seal.seal(buffer.getvalue())


def as_image(picture: Strips) -> Image.Image:
    """A picture as Pillow has it, drawn right into it."""
    image = Image.new("RGB", picture.size[::-1])
    for top, strip in picture:
        image.paste(Image.fromarray(strip), (0, top))
    return image


def encode_moving(
    frames: Sequence[tuple[np.ndarray, int]], provenance: Provenance, file_format: str
) -> bytes:
    """Frames and their milliseconds as an animated WebP or GIF that carries its provenance.

    Raises
    ------
    XaiCamError
        Pillow was built without WebP, or the provenance is too long.
    """
    text = _bounded(_text(provenance, True))
    return seal.seal(encode_animation(frames, MARK[1:].decode() + text, file_format))


def encode_array(array: np.ndarray, provenance: Provenance) -> bytes:
    """An array as a `.npy` file that carries its provenance; `numpy.load` reads it as any other.

    Raises
    ------
    XaiCamError
        The provenance is too long.
    """
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return seal.seal(buffer.getvalue() + MARK + _bounded(_text(provenance)).encode())


def _bounded(text: str) -> str:
    """A provenance that stands at the end of a file, where it is found again if it is not too long."""
    if len(text.encode()) > seal.LONGEST:
        raise XaiCamError(
            f"what the file says of how it was made is longer than {seal.LONGEST >> 20} MB. Use shorter "
            "`labels`, shorter names of outputs, or fewer of them."
        )
    return text


def _text(provenance: Provenance, ascii_only: bool = False) -> str:
    return json.dumps({seal.KEY: seal.BLANK, **provenance}, ensure_ascii=ascii_only)


def read_provenance(path: Path) -> Provenance | None:
    """Provenance of a file; None for a file that is not ours, damaged or missing.

    It says what its writer said: whether the rest of the file is still the same is for `seal.is_intact`.
    """
    try:
        with open_regular(path) as file:
            return _decoded(file, path.suffix)
    except DAMAGE:
        return None


def provenance_in(data: bytes, suffix: str) -> Provenance | None:
    """The same of a file's content; `suffix` is that of its name."""
    try:
        return _decoded(io.BytesIO(data), suffix)
    except DAMAGE:
        return None


def _decoded(file: IO[bytes], suffix: str) -> Provenance | None:
    read = {".npy": _read_array_tail, ".json": _read_within}.get(suffix.lower(), _read_picture_text)
    text = read(file)
    found = json.loads(text) if text and len(text) <= MAX_TEXT else None
    if not isinstance(found, dict) or not is_plain(found):
        return None
    return {name: value for name, value in found.items() if name != seal.KEY}


def _read_array_tail(file: IO[bytes]) -> bytes | None:
    _, mark, text = seal.read_end(file, MARK)[1].rpartition(MARK)
    return text if mark else None


def _read_within(file: IO[bytes]) -> str | None:
    """The provenance in a file of JSON, near its front."""
    text = file.read(seal.END + seal.LONGEST).decode(errors="ignore")
    start = text.find(seal.OPENING.decode())
    if start < 0:
        return None
    _, end = json.JSONDecoder().raw_decode(text, start)
    return text[start:end]


def _read_picture_text(file: IO[bytes]) -> str | bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged files
        with identified(file, ("PNG", "JPEG", "WEBP", "GIF")) as image:
            kind, info = image.format, image.info
            described = image.getexif().get(DESCRIPTION) if kind == "WEBP" else None
    if kind == "PNG":
        text = info.get(KEY)
        return text if isinstance(text, str) else None
    comment = described.encode() if isinstance(described, str) else info.get("comment", b"")
    return comment[len(MARK) - 1 :] if isinstance(comment, bytes) and comment.startswith(MARK[1:]) else None


def _opened(path: Path, most: int) -> IO[bytes]:
    """A file of which at most so many bytes are read; 0: any number."""
    if most and isinstance(path, StorePath):
        return io.BytesIO(path.read_head(most))
    return open_regular(path, buffering=0)  # a buffer reads eight times as much


def provenance_of(path: Path) -> Provenance | None:
    """The same, but that an object is fetched once and not at each look into it.

    Raises
    ------
    OSError
        It is in a store, which does not answer.
    """
    with at_hand(path):
        return read_provenance(path)


def is_free_or_ours(path: Path) -> bool:
    """Whether a path is free, a broken link included, or holds a file with this tool's provenance.

    Raises
    ------
    OSError
        It is in a store, which does not answer.
    """
    if isinstance(path, StorePath) and KnownObjects().ours([path]).get(path):
        return True
    return not path.exists() or provenance_of(path) is not None


def check_replaceable(
    path: Path,
    is_own: Callable[[Path], bool] = is_free_or_ours,
    argument: str | None = None,
    by: str = "xai-cam",
) -> None:
    """Refuse to overwrite a file that this tool did not write.

    Parameters
    ----------
    path : Path
        Where a file is to go.
    is_own : callable
        Tells of a path where something lies whether it may be replaced.
    argument : str, optional
        What names the place of the one output of a run; without it the path is one of many, and its image
        alone fails.
    by : str
        Whose file it would have to be.

    Raises
    ------
    InputError, XaiCamError
        The second without `argument`.
    """
    if not _is_there(path) or is_own(path):
        return
    if argument is None:
        raise XaiCamError(
            f"{path.name} exists and was not written by {by}. Use `overwrite=True` or `output`."
        )
    raise InputError(
        f"{path} exists and was not written by {by}. Use `overwrite=True`, or name another {argument}."
    )


def _is_there(path: Path) -> bool:
    """Whether a name is taken, if only by a link that leads nowhere."""
    return path.exists() if isinstance(path, StorePath) else os.path.lexists(path)


def is_own_output(path: Path) -> bool:
    """Whether a picture or an array was written by this tool: by its provenance, not its name.

    Raises
    ------
    OSError
        The store that it is in does not answer, and nobody knows.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return provenance_of(path) is not None
    if suffix not in (".png", ".jpg", ".jpeg", ".webp", ".gif"):
        return False
    try:
        with _opened(path, HEAD if suffix != ".webp" else 0) as file:
            key = KEY.encode()  # the texts of a WebP stand behind the pixels
            ours = key in (seal.read_end(file, key)[1] if suffix == ".webp" else file.read(HEAD))
    except OSError:
        if isinstance(path, StorePath):
            raise
        return False
    return ours and provenance_of(path) is not None
