"""`prepare`: pictures, files or folders -> what a model takes, and where its pixels lie."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay
from xai_cam.errors import InputError
from xai_cam.files.threads import prefetch, thread_count
from xai_cam.images.fitting import FITS
from xai_cam.images.numbers import whole_number
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import Picture, Region
from xai_cam.images.reading import Reading, check_bands
from xai_cam.images.resampling import DEFAULT_FILTER, FILTERS
from xai_cam.images.sources import PictureSource, find_sources
from xai_cam.models.classifier import open_network
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import as_model, as_size
from xai_cam.models.input.fed_range import FedRange, fed_range, lines_on
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing, choose_preprocessing
from xai_cam.models.output.model_output import EVERY

log = logging.getLogger(__name__)
READ_AHEAD = 8


@dataclass(frozen=True, repr=False, eq=False)
class Prepared:
    """Images as a model takes them, which remember where they came from. Works as an array.

    Attributes
    ----------
    values : (n, H, W, c) float32
        What the model takes; also `np.asarray(prepared)`, `prepared[i]`, and what iteration gives.
    pixels : list of (H, W, 3) uint8 RGB
        The original pictures, each at its own size, or shrunk on load.
    regions : list of Region
        The rectangle of each that the model sees, in its pixels.
    paths : list of Path or None
        Where each was read from; None for one that was no file.
    preprocessing : Preprocessing
        How pixels were scaled: its `name`, `channel_order` and `reason`.
    black_known : bool
        Whether 0 is black in all of them, as it is not in Hounsfield units.

    Examples
    --------
    >>> import numpy as np, xai_cam
    >>> model, pictures, *_ = xai_cam.sample(3)
    >>> images = xai_cam.prepare(model, pictures)
    >>> len(images), images[0].shape, images.pixels[0].shape
    (3, (96, 96, 3), (288, 288, 3))
    >>> np.asarray(model(images.values)).shape
    (3, 6)
    >>> images.overlay(xai_cam.explain(model, images)[0]).shape
    (288, 288, 3)
    """

    values: np.ndarray
    pixels: list[np.ndarray]
    regions: list[Region]
    paths: list[Path | None]
    preprocessing: Preprocessing
    black_known: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, H, W, c)."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Always 4."""
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32."""
        return self.values.dtype

    @property
    def reason(self) -> str:
        """Why the pixels were scaled as they were."""
        return self.preprocessing.reason

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> np.ndarray:
        return np.asarray(self.values[index])

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        wanted = self.values.dtype if dtype is None else np.dtype(dtype)
        if copy is False and wanted != self.values.dtype:
            raise ValueError(f"The values cannot be given as {wanted} without a copy.")
        return self.values.astype(wanted, copy=bool(copy))

    def __repr__(self) -> str:
        size, scaling = " x ".join(map(str, self.shape)), self.preprocessing
        how = f"Preprocessing {scaling.name}, {scaling.channel_order} ({scaling.reason})"
        return f"<Prepared images, {size}, {how}>"

    def overlay(
        self,
        explanation: Any,
        index: int | None = None,
        colormap: str = DEFAULT_COLORMAP,
        opacity: float | None = None,
        blend: str = "alpha",
    ) -> np.ndarray:
        """The original picture with a map of it laid over, where the model saw it.

        Parameters
        ----------
        explanation : Explanation, or (h, w) array in [0, 1]
            What `explain` returned for these images.
        index : int, optional
            Which image it is of; default: the one that the explanation is of, and the first for an array.
        colormap : str
            `glow`, or one of OpenCV's, as `turbo`, `jet` or `viridis`.
        opacity : float, optional
            Of the colours, 0 to 1. Default: 0.75 for `alpha`, 0.5 for `constant`, 0.9 for `spotlight`.
        blend : str
            `alpha` (as opaque as the map is high), `constant` (equally opaque everywhere) or `spotlight` (no
            colours: dimmed and grey where the map is low).

        Returns
        -------
        overlay : (H, W, 3) uint8 RGB

        Raises
        ------
        InputError
            There is no such image, colour map or blend, or the opacity is not from 0 to 1.
        """
        if isinstance(explanation, list):
            raise InputError(
                "A list of maps is given. Choose one of them, as in `explain(model, images)[0]`."
            )
        wanted = getattr(explanation, "image", 0) if index is None else index
        number = whole_number(wanted)
        if number is None or not -len(self) <= number < len(self):
            raise InputError(f"There is no image {wanted!r}: {len(self)} were prepared, counted from 0.")
        pixels, region = self.pixels[number], self.regions[number]
        if hasattr(explanation, "overlay"):
            return np.asarray(explanation.overlay(pixels, region, colormap, opacity, blend))
        style = OverlayStyle(colormap, blend, opacity)
        return draw_overlay(pixels, np.asarray(explanation, np.float32), region, style)


def prepare(
    model: Any,
    images: Any,
    preprocess: str = "auto",
    *,
    channel_order: str | None = None,
    fit: str = "stretch",
    size: tuple[int, int] | None = None,
    recursive: bool = False,
    resize_with: str = DEFAULT_FILTER,
    window: Sequence[float] | None = None,
    depth: int | None = None,
    follow_links: bool = False,
    max_pixels: int | None = MAX_PIXELS,
    show_bands: Sequence[int] | int | None = None,
    frame: int | None = None,
    image_input: str | None = None,
    shrink_on_load: bool = False,
    cache: bool = True,
) -> Prepared:
    """Read pictures, fit them to a model and scale them as it was trained.

    Parameters
    ----------
    model : keras.Model or path
        A model that takes grey, RGB, any number of bands, or volumes; what it gives does not matter.
    images : path, image, array, or a sequence of these
        Files, folders or globs; images of Pillow's; (H, W), (H, W, c) or (n, H, W, c) arrays of RGB or grey
        pixels in [0, 255] (or, as floats, in [0, 1]), or of as many bands as the model takes, with any
        numbers; tensors; a `tf.data.Dataset` of such. Pictures that xai-cam wrote are skipped in folders.
    preprocess : str
        `auto`, `raw` (0 to 255), `unit` (0 to 1), `signed` (-1 to 1), `caffe`, `torch` or `standardize`. What
        `auto` chose is logged, and stays in `preprocessing`.
    channel_order : str, optional
        `rgb` or `bgr`; default: BGR with `caffe`, else RGB.
    fit : str
        `stretch` a picture to the input's size, `crop` its centre, or `letterbox` it.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    recursive : bool
        Whether to go into the sub-folders of folders.
    resize_with : str
        Filter that resizes pictures: `bilinear`, `nearest` (as `keras.utils.load_img` does by default),
        `area`, `bicubic` or `lanczos`.
    window : (low, high), optional
        Values stored in grey pictures, arrays and bands that become 0 and 255; those beyond are clipped.
    depth : int, optional
        Bits in use of those that have more than 8: with 12, 4095 becomes 255.
    follow_links : bool
        Whether to follow, with `recursive`, links that lead out of the folder.
    max_pixels : int, optional
        The most pixels of a picture file that is decoded; None: any number.
    show_bands : int or three ints, optional
        Which bands are the `pixels`, from 1 on: one in grey, or three in colours; default: the first three.
    frame : int, optional
        Which frame to take of files that have several, from 1 on; default: the first.
    image_input : str, optional
        The input that is the image, where several may be.
    shrink_on_load : bool
        Whether large JPEGs are decoded smaller, at three times the input's size or more: scores differ a bit.
    cache : bool
        Keep what is known of a model that is given by its path, in the user's cache folder.

    Returns
    -------
    prepared : Prepared
        Works as an (n, H, W, c) float32 array, and has `pixels`, `regions`, `paths`, `preprocessing` and
        `overlay(explanation)`. It holds all of the original pictures in memory.

    Raises
    ------
    ImageError
        A picture cannot be read; the message names it.
    NoImagesError
        There is none.
    InputError
        An unknown preprocessing, fit or filter, a window that makes no sense, or what is no picture.
    ModelError
        The model takes no pictures, or nobody can say which input is the picture.

    Examples
    --------
    >>> import xai_cam
    >>> from PIL import Image
    >>> model, pictures, *_ = xai_cam.sample(2)
    >>> Image.fromarray(pictures[0]).save("circle.png")
    >>> images = xai_cam.prepare(model, "circle.png")
    >>> images.shape, images.paths[0].name, images.preprocessing.name
    ((1, 96, 96, 3), 'circle.png', 'unit')

    >>> xai_cam.prepare(model, pictures, "unit").shape  # arrays of pixels, with a scaling that is known
    (2, 96, 96, 3)
    """
    for name, value, known in (("fit", fit, FITS), ("resize_with", resize_with, FILTERS)):
        if value not in known:
            raise InputError(f"`{name}` is {value!r}. Use {', '.join(known)}.")
    if channel_order not in (None, "rgb", "bgr"):
        raise InputError(f"`channel_order` is {channel_order!r}. Use rgb or bgr.")
    bands = check_bands(show_bands)
    Reading(window, depth, frame=frame).check()

    @once
    def opened() -> NetworkFacts:
        if isinstance(found := as_model(model, cache), NetworkFacts):
            return found
        # Which outputs are explained is said later: pictures are prepared for all of them alike.
        return open_network(found, as_size(size), None, batch_size=1, outputs=EVERY, image_input=image_input)

    sources = find_sources(images, recursive, follow_links, lambda: opened().input_shape)
    network, ends = opened(), None if window is None else (float(window[0]), float(window[1]))
    preprocessing = choose_preprocessing(network, preprocess, channel_order)
    asked = network, preprocessing, fit, None, resize_with, ends, depth, max_pixels, bands, frame
    feeding = Feeding(*asked, shrink_on_load=shrink_on_load)
    check_bands(bands, None if feeding.reading.of_pictures else network.input_shape[-1])
    # A wrong guess makes maps of noise, so that it is seen unless it is turned off.
    log.log(logging.WARNING if preprocess == "auto" else logging.INFO, feeding.sentence)

    def read(source: PictureSource, _: Any) -> tuple[Picture, np.ndarray, Region, FedRange]:
        picture = source.read(feeding.reading)
        pixels, region = feeding.fit_in(picture)
        with source.named():
            values = preprocessing.scale(picture, pixels)
        return picture, values, region, fed_range(picture, values, preprocessing, feeding.asked)

    found = list(prefetch(read, sources, thread_count(), READ_AHEAD))
    for note in dict.fromkeys(note for picture, *_ in found for note in picture.notes):
        log.warning(note)
    for line in lines_on([source.name for source in sources], [(one.facts, fed) for one, *_, fed in found]):
        log.warning(line)
    values = np.stack([values for _, values, _, _ in found])
    return Prepared(
        np.moveaxis(values, -1, 1) if network.channels_first else values,
        [picture.pixels for picture, _, _, _ in found],
        [picture.in_pixels(region) for picture, _, region, _ in found],
        *([source.path for source in sources], preprocessing),
        all(picture.white is not None for picture, *_ in found),
    )
