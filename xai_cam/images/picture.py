"""Picture files -> pixels, and pixels -> the part and size that a model takes.

What becomes of unusual pictures, by rule and never by their content alone:

- EXIF rotation is applied; of several frames the first is taken.
- Transparent pixels are put on white.
- Grey with 16 bits is divided by 257, so that 65535 becomes 255.
- Grey with 32 bits or floats: values within [0, 1] are multiplied by 255, within [0, 255] kept, within
  [0, 65535] divided by 257; others are refused.
- A window of grey values, where one is asked for, takes the place of both rules.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from xai_cam.errors import ImageError
from xai_cam.files.regular import check_regular, why_unreadable
from xai_cam.images.grey_levels import GreyWindow, grey_window, scale_deep_grey

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")
"""Formats that are decoded; Pillow knows more, but some of them run other programs (PostScript)."""

FITS = ("stretch", "crop", "letterbox")

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Pillow's filters by the names that Keras, TensorFlow and OpenCV have for them; the first is the default.

All but `nearest` are antialiased: where a picture becomes smaller, every pixel of it counts.
"""

DEFAULT_FILTER = next(iter(FILTERS))

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Transpositions by EXIF orientation. `ImageOps.exif_transpose` also rewrites the EXIF: odd tags break it."""

DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError),
    *(RuntimeError, MemoryError, struct.error),
)
"""Exceptions of Pillow's decoders on damaged files."""

DEEP_GREY_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
GREY_MODES = ("1", "L")


@dataclass(frozen=True)
class Region:
    """The rectangle that a model's input covers, in pixels of the original picture.

    It reaches beyond the picture where the model saw a letterbox's bars.
    """

    top: float
    left: float
    bottom: float
    right: float

    def part(self, part: Region | None) -> Region:
        """A part of the rectangle, given in shares of its height and width; None: all of it.

        A mirrored part has its top below its bottom, or its left to the right of its right.
        """
        if part is None:
            return self
        height, width = self.bottom - self.top, self.right - self.left
        return Region(
            self.top + part.top * height,
            self.left + part.left * width,
            self.top + part.bottom * height,
            self.left + part.right * width,
        )


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `pixels` (H, W, 3) uint8 to draw on, `values` in [0, 255] for the model.

    `values` is (H, W, 3) uint8, or (H, W) float32 for grey with more than 8 bits, and for grey seen through
    a window. `highest` is the largest whole number stored for a grey with more than 8 bits, None for others.
    """

    pixels: np.ndarray
    values: np.ndarray
    highest: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]


def read_image(
    path: str | Path,
    admit: Callable[[int], None] = lambda _: None,
    *,
    window: Sequence[float] | None = None,
    depth: int | None = None,
) -> Picture:
    """Decode JPEG, PNG, WebP, BMP, TIFF or GIF, whatever the file's suffix.

    Parameters
    ----------
    path : path
        Of any name: what the file holds decides.
    admit : callable
        Gets the number of pixels before they are decoded, and may wait until there is room for them.
    window : (low, high), optional
        Values that a grey file stores which become 0 and 255; those beyond are clipped.
    depth : int, optional
        Bits in use of a grey file that has more than 8: with 12, 4095 becomes 255.

    Raises
    ------
    ImageError
        The file is missing, no picture, damaged, or too large to be meant (a decompression bomb).
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
    path, levels = Path(path), grey_window(window, depth)
    try:
        if check_regular(path).st_size == 0:
            raise ImageError("the file is empty")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # large, but below the size that Pillow refuses
            with Image.open(path, formats=FORMATS) as image:
                admit(image.width * image.height)
                return decode_image(image, levels)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError("not an image file, despite its name") from error
    except Image.DecompressionBombError as error:
        raise ImageError("its pixels would fill the memory (a decompression bomb)") from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno:  # not Pillow's, but the system's
            raise ImageError(why_unreadable(path, error)) from error
        raise ImageError(
            f"the picture is damaged ({' '.join(str(error).split()) or type(error).__name__})"
        ) from error


def decode_image(image: Image.Image, window: GreyWindow | None = None) -> Picture:
    """A picture that Pillow has opened or made, turned as its EXIF asks.

    Raises
    ------
    ImageError
        Its grey values are out of range.
    """
    image.load()
    orientation: Any = image.getexif().get(ExifTags.Base.Orientation)
    turn = TURNS.get(orientation)
    # Older Pillow opens grey PNG of 16 bits with 32.
    deep_png = image.format == "PNG" and image.mode == "I"
    return _decode(image if turn is None else image.transpose(turn), deep_png, window)


def _decode(image: Image.Image, deep_png: bool, window: GreyWindow | None) -> Picture:
    if image.mode in DEEP_GREY_MODES:
        return deep_grey(np.asarray(image), deep_png or image.mode.startswith("I;16"), window)
    if window and not window.deep_only and image.mode in GREY_MODES and "transparency" not in image.info:
        return _grey(window.apply(np.asarray(image.convert("L"))))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, coloured)
    pixels = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    return Picture(pixels, pixels)


def deep_grey(stored: np.ndarray, sixteen_bits: bool, window: GreyWindow | None) -> Picture:
    """A picture of stored grey values (H, W) of more than 8 bits, through a window where there is one.

    Raises
    ------
    ImageError
        They are out of range.
    """
    levels = window.apply(stored) if window else scale_deep_grey(stored, sixteen_bits)
    return _grey(levels, int(stored.max()) if stored.dtype.kind in "iu" else None)


def _grey(levels: np.ndarray, highest: int | None = None) -> Picture:
    shown = np.rint(levels).astype(np.uint8)
    return Picture(np.repeat(shown[..., None], 3, axis=2), levels, highest)


def fit_picture(
    picture: Picture,
    size: tuple[int, int],
    channels: int,
    fit: str = "stretch",
    resize_with: str = DEFAULT_FILTER,
) -> tuple[np.ndarray, Region]:
    """The part of a picture that the model sees, at the model's size.

    Parameters
    ----------
    picture : Picture
        Decoded.
    size : (H, W)
        The model's.
    channels : int
        1 (grey, by ITU-R 601) or 3 (RGB).
    fit : str
        `stretch` to the size; `crop` the centre to its shape; or `letterbox`, black bars around the whole.
    resize_with : str
        One of `FILTERS`.

    Returns
    -------
    values : (H, W, channels) float32
        In [0, 255].
    region : Region
        Where that lies in the original picture.
    """
    source = _as_channels(picture.values, channels)
    if fit == "letterbox":
        return _letterbox(source, size, channels, resize_with)
    height, width = picture.size
    region = _centre(height, width, size) if fit == "crop" else Region(0, 0, height, width)
    return _resize(source, size, region, resize_with), region


def _centre(height: int, width: int, size: tuple[int, int]) -> Region:
    """The largest part of a picture, around its centre, that has the shape of `size`."""
    scale = min(height / size[0], width / size[1])
    top, left = (height - size[0] * scale) / 2, (width - size[1] * scale) / 2
    return Region(top, left, top + size[0] * scale, left + size[1] * scale)


def _letterbox(
    source: np.ndarray, size: tuple[int, int], channels: int, resize_with: str
) -> tuple[np.ndarray, Region]:
    """The whole picture inside black bars, and the rectangle that it covers with them."""
    (height, width), (rows, columns) = source.shape[:2], size
    scale = min(rows / height, columns / width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
    values = np.zeros((rows, columns, channels), np.float32)
    whole = Region(0, 0, height, width)
    values[top : top + inner[0], left : left + inner[1]] = _resize(source, inner, whole, resize_with)
    step_y, step_x = height / inner[0], width / inner[1]
    region = Region(-top * step_y, -left * step_x, (rows - top) * step_y, (columns - left) * step_x)
    return values, region


def _as_channels(values: np.ndarray, channels: int) -> np.ndarray:
    """(H, W) for one channel, (H, W, 3) for three."""
    if channels == 1:
        return values if values.ndim == 2 else np.asarray(Image.fromarray(values).convert("L"))
    return np.repeat(values[..., None], 3, axis=2) if values.ndim == 2 else values


def _resize(source: np.ndarray, size: tuple[int, int], region: Region, resize_with: str) -> np.ndarray:
    """Resize the part of (H, W[, 3]) `source` inside `region` to (h, w, channels) float32."""
    height, width = source.shape[:2]
    box = max(region.left, 0), max(region.top, 0), min(region.right, width), min(region.bottom, height)

    def one(plane: np.ndarray) -> np.ndarray:
        image = Image.fromarray(plane)
        resized = np.asarray(image.resize((size[1], size[0]), FILTERS[resize_with], box=box))
        return resized.clip(0, 255)  # of floats: bicubic and Lanczos reach beyond

    if source.dtype == np.float32 and source.ndim == 3:  # Pillow has no RGB of floats
        return np.stack([one(np.ascontiguousarray(source[..., c])) for c in range(3)], axis=-1)
    values = one(source).astype(np.float32)
    return values[..., None] if values.ndim == 2 else values
