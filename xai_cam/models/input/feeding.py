"""Preprocessing of pictures for a model: fitted to its input, and scaled as it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.images.fitting import fit_picture
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import is_found, settle_labels
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import Picture, Region
from xai_cam.images.readers import read_file
from xai_cam.images.reading import OF_PICTURES, Admit, Reading, check_bands
from xai_cam.images.resampling import DEFAULT_FILTER
from xai_cam.images.volumes import fit_volume
from xai_cam.models.classifier import open_network
from xai_cam.models.input.preprocessing import WHITE, Preprocessing, choose_preprocessing
from xai_cam.models.network import Network


@dataclass(frozen=True)
class FeedingRequest:
    """The requested preprocessing of a model's input.

    Attributes
    ----------
    preprocess : str
        A scaling by name, or `auto`.
    channel_order : str, optional
        `rgb` or `bgr`; default: that of the scaling.
    fit : str
        How a picture of another shape is brought to the input's: `stretch`, `crop` or `letterbox`.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    labels : sequence of str, optional
        Names of the classes, one for each.
    resize_with : str
        The filter that resizes pictures, one of `FILTERS`.
    window : (float, float), optional
        Values stored in grey files that become black and white.
    depth : int, optional
        Bits in use of grey files that have more than 8.
    head : str
        What the output means, one of `HEADS`.
    reshape, call : optional
        Grid of tokens, and call of shared layers, as for `Network`.
    max_pixels : int, optional
        The most pixels of a picture that is decoded; None: any number.
    frame : int, optional
        Which frame to take of files that have several, from 1 on.
    show_bands : tuple of int, optional
        Which bands are shown as the picture, counted from 1; default: the first three of many.
    """

    preprocess: str = "auto"
    channel_order: str | None = None
    fit: str = "stretch"
    size: tuple[int, ...] | None = None
    labels: Sequence[str] | None = None
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    head: str = "auto"
    reshape: tuple[int, ...] | None = None
    call: int | None = None
    max_pixels: int | None = MAX_PIXELS
    show_bands: tuple[int, ...] | None = None
    frame: int | None = None

    @property
    def identity(self) -> list[Any]:
        """What tells this feeding from another, as JSON; what is as usual is left out."""
        unusual = _unusual(self.resize_with, self.window, self.depth, self.frame)
        unusual += _showing(self.show_bands)
        places = [f"{name} {value}" for name in ("reshape", "call") if (value := getattr(self, name))]
        return [self.preprocess, self.channel_order, self.fit, self.size, *unusual, *places]

    def reading(self, channels: int | None = None, planes: int | None = None) -> Reading:
        """How files are to be read for a model of so many channels, if known, and slices, if it takes any."""
        return Reading(
            *(self.window, self.depth, self.max_pixels, channels, self.show_bands, self.frame, planes)
        )

    def open(self, model: Any, batch_size: int | None = None) -> Feeding:
        """The preprocessing for a loaded model, which will be asked about so many images at a time.

        Raises
        ------
        ModelError
            It is no classifier.
        InputError
            The request does not fit it.
        """
        given = None if is_found(self.labels) else self.labels
        bands = check_bands(self.show_bands)
        network = open_network(model, self.size, given, self.head, self.reshape, self.call, batch_size)
        labels = settle_labels(self.labels, network.head.classes)
        preprocessing = choose_preprocessing(network, self.preprocess, self.channel_order)
        channels = network.input_shape[-1]
        if channels not in OF_PICTURES:
            check_bands(bands, channels)
        return Feeding(
            network,
            preprocessing,
            self.fit,
            labels,
            self.resize_with,
            self.window,
            self.depth,
            self.max_pixels,
            bands,
            self.frame,
        )


@dataclass(frozen=True)
class Feeding:
    """A network, how pictures become its input, and the names of its classes."""

    network: Network
    preprocessing: Preprocessing
    fit: str = "stretch"
    labels: Sequence[str] | None = None
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS
    show_bands: tuple[int, ...] | None = None
    frame: int | None = None

    @property
    def reading(self) -> Reading:
        """How files are to be read for the network."""
        *sides, channels = self.network.input_shape
        planes = sides[0] if len(sides) == 3 else None
        return Reading(
            *(self.window, self.depth, self.max_pixels, channels, self.show_bands, self.frame, planes)
        )

    def read(self, path: Path, admit: Admit = lambda _: None) -> Picture:
        """A picture, decoded; as `read_file`."""
        return read_file(path, admit, self.reading)

    def fit_in(self, picture: Picture) -> tuple[np.ndarray, Region]:
        """Its pixels at the size of the model's input, not scaled yet, and where they lie in it."""
        *size, channels = self.network.input_shape
        fit = fit_volume if len(size) == 3 else fit_picture
        return fit(picture, size, channels, self.fit, self.resize_with)

    def seen(self, picture: Picture, values: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8: what is shown of a picture whose `values` were fitted, as the model sees it."""
        *size, channels = self.network.input_shape
        if picture.shown or channels not in OF_PICTURES:
            shown = replace(picture, values=picture.pixels, white=WHITE)
            fit = fit_volume if len(size) == 3 else fit_picture
            values = fit(shown, size, 3, self.fit, self.resize_with)[0]
        levels = np.rint(values * (WHITE / (picture.white or WHITE)) if not picture.shown else values)
        pixels = levels.clip(0, 255).astype(np.uint8)
        return pixels.repeat(3 // pixels.shape[-1], axis=-1)

    def describe_first(
        self,
        name: str,
        span: tuple[float, float],
        ranking: Sequence[tuple[int, float]],
        labels: Sequence[str] | None,
    ) -> str:
        """A line on the first image's input and prediction, in which a wrong scaling shows.

        Parameters
        ----------
        name : str
            The image's file name.
        span : (float, float)
            The lowest and the highest number of its input.
        ranking : sequence of (class, score)
            Its first classes; of a regression its first values.
        labels : sequence of str, optional
            Names of the classes.
        """
        low, high = span
        head = self.network.head
        best = head.describe_scores([(name_of(c, labels), score) for c, score in ranking[:3]])
        note = f" {head.note}" if head.note else ""
        return f"{self.sentence} First image {name}: input {low:.3g} to {high:.3g}, {best}.{note}"

    @property
    def asked(self) -> str:
        """`window` or `depth` where one was asked for, else empty."""
        return "window" if self.window is not None else "depth" if self.depth is not None else ""

    @property
    def sentence(self) -> str:
        """Sentence on how pictures become the model's input."""
        scaling = self.preprocessing
        order = order_of(scaling, self.network.input_shape[-1])
        read = "".join(f", {word}" for word in _reading(self.window, self.depth, self.frame))
        return (
            f"Preprocessing {scaling.name}, {order} ({scaling.reason}); {self.fit}, resized with "
            f"{self.resize_with}{read}."
        )

    def facts(self) -> dict[str, Any]:
        """The same as columns of a row, one for each setting; those that were not asked for are empty."""
        *planes, height, width, channels = self.network.input_shape
        return {
            "scaling": self.preprocessing.name,
            "channel_order": order_of(self.preprocessing, channels),
            "fit": self.fit,
            "resize_with": self.resize_with,
            **self.reading.columns,
            "input_width": width,
            "input_height": height,
            "input_channels": channels,
            "input_planes": planes[0] if planes else None,
            "show_bands": ",".join(map(str, self.show_bands or ())),
        }

    def describe(self) -> str:
        """The scaling, the order of channels and the fit, as three words, and what else is unusual."""
        scaling, others = self.preprocessing, _unusual(self.resize_with, self.window, self.depth, self.frame)
        return " ".join([scaling.name, scaling.channel_order, self.fit, *others, *_showing(self.show_bands)])


def order_of(preprocessing: Preprocessing, channels: int) -> str:
    """The order of channels, in a word or two."""
    return "grey" if channels == 1 else preprocessing.channel_order


def _unusual(
    resize_with: str, window: Sequence[float] | None, depth: int | None, frame: int | None
) -> list[str]:
    """What was asked for besides the fit and is not the default, a word each."""
    return [resize_with] * (resize_with != DEFAULT_FILTER) + _reading(window, depth, frame)


def _showing(show_bands: Sequence[int] | None) -> list[str]:
    return [f"bands={','.join(map(str, show_bands))}"] if show_bands else []


def _reading(window: Sequence[float] | None, depth: int | None, frame: int | None) -> list[str]:
    named = [] if window is None else [f"window={window[0]:.10g}:{window[1]:.10g}"]
    numbers = {"depth": depth, "frame": frame}
    return named + [f"{name}={number}" for name, number in numbers.items() if number is not None]
