"""Image files of any kind -> what is drawn on, and what the model gets."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from xai_cam.errors import ImageError, MissingReaderError, UnfitImageError
from xai_cam.extras import EXTRAS, command_for, is_there
from xai_cam.files.stores.paths import as_path
from xai_cam.images.heads import head_of
from xai_cam.images.kinds import PICTURE, FileKind, kind_of_head
from xai_cam.images.opening import MAX_PIXELS, fetched, no_such_frame
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Admit, Reading, check_bands, check_channels
from xai_cam.images.showing import reshown


def read_image(
    path: str | Path,
    admit: Admit = lambda _: None,
    *,
    window: Sequence[float] | None = None,
    depth: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
    show_bands: Sequence[int] | int | None = None,
    frame: int | None = None,
) -> Picture:
    """Decode JPEG, PNG, WebP, BMP, TIFF, GIF, DICOM or a NumPy array, whatever the file's suffix.

    Parameters
    ----------
    path : path
        Of any name: what the file holds decides.
    admit : callable
        Gets the bytes that decoding takes, before it begins, and may wait until there is room for them.
    window : (low, high), optional
        Values that a grey file stores which become 0 and 255; those beyond are clipped. Of DICOM files, the
        rescaled ones, as Hounsfield units.
    depth : int, optional
        Bits in use of a grey file that has more than 8: with 12, 4095 becomes 255.
    max_pixels : int, optional
        The most pixels that are decoded; None: any number.
    show_bands : int or three ints, optional
        Which bands are the `pixels`, counted from 1: one as grey, or three as red, green and blue.
    frame : int, optional
        Which frame to take of a file that has several, from 1 on; default: the first.

    Raises
    ------
    ImageError
        The file is missing, no picture, damaged, too large to be meant (a decompression bomb), or too large
        for the memory.
    InputError
        Both a window and a depth are given, or one that makes no sense.

    Examples
    --------
    >>> import numpy as np, xai_cam
    >>> from PIL import Image
    >>> Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save("black.png")
    >>> xai_cam.read_image("black.png").pixels.shape
    (20, 30, 3)
    """
    reading = Reading(window, depth, max_pixels, None, check_bands(show_bands), frame)
    return read_file(as_path(path), admit, reading)


def read_file(path: Path, admit: Admit, reading: Reading) -> Picture:
    """An image file, by the reader of its kind.

    Raises
    ------
    ImageError
        As of `read_image`; or what reads files of its kind is not installed.
    InputError
        What is asked for makes no sense.
    """
    with fetched(path):
        return _read(path, admit, reading)


def _read(path: Path, admit: Admit, reading: Reading) -> Picture:
    kind = kind_of_file(path)
    if reading.planes is not None and not kind.volumes:
        raise UnfitImageError(
            f"it is a {kind.name}, and the model takes volumes or films of {reading.planes} slices: give "
            "arrays (`.npy`), NIfTI files, or TIFF files with a page for each slice"
        )
    if kind.needs and not is_there(kind.needs):
        library, extra = EXTRAS[kind.needs]
        raise MissingReaderError(f"it is a {kind.name}, which {library} reads: run `{command_for(extra)}`")
    module, _, function = kind.reader.partition(":")
    picture = getattr(import_module(module), function)(path, admit, reading)
    assert isinstance(picture, Picture), f"{kind.reader} gives another thing"
    if reading.frame_index and picture.facts is None:
        raise ImageError(no_such_frame(1, reading.frame_index))
    if not reading.of_pictures and reading.planes is None:
        check_channels(picture.values.shape[2] if picture.values.ndim > 2 else 1, reading.channels)
    return reshown(picture, reading.show_bands)


def kind_of_file(path: Path) -> FileKind:
    """The kind that a file is of, by its first bytes; of one that cannot be read, `PICTURE`."""
    head = head_of(path)
    return PICTURE if head is None else kind_of_head(head, path.name)  # whose reader finds words for it
