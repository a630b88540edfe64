"""Preprocessing of pictures for a model: fitted to its input, and scaled as it was trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.images.finding import ImageFile
from xai_cam.images.fitting import fit_picture, seen_part
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import is_found, settle_labels
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import Picture, Region
from xai_cam.images.readers import read_file
from xai_cam.images.reading import OF_PICTURES, Admit, Reading, check_bands
from xai_cam.images.resampling import DEFAULT_FILTER
from xai_cam.images.volumes import fit_volume
from xai_cam.models.classifier import open_network
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.held_request import HeldRequest
from xai_cam.models.input.holding import Holding, held_by
from xai_cam.models.input.named_outputs import NamedOutputs
from xai_cam.models.input.preprocessing import WHITE, Preprocessing, check_white, choose_preprocessing
from xai_cam.models.input.views import view_of
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.output.model_output import named_by


@dataclass(frozen=True)
class FeedingRequest(HeldRequest):
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
    output_names : tuple of str
        The outputs that are explained, by name or number, as for `Network`.
    shrink_on_load : bool
        Whether large JPEGs are shrunk while they are decoded.
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
    output_names: tuple[str, ...] = ()
    shrink_on_load: bool = False

    @property
    def identity(self) -> list[Any]:
        """What tells this feeding from another, as JSON; what is as usual is left out."""
        unusual = [self.resize_with] * (self.resize_with != DEFAULT_FILTER) + self.reading().words
        named = ("reshape", "call", "image_input")
        places = [f"{name} {value}" for name in named if (value := getattr(self, name))]
        outputs = [f"output_name {name}" for name in self.output_names]
        return [self.preprocess, self.channel_order, self.fit, self.size, *unusual, *places, *outputs]

    @property
    def network_options(self) -> NetworkOptions:
        """How the model is seen as a network, whatever the number of images that it is asked about."""
        return NetworkOptions(
            *(self.size, self.head, self.reshape, self.call),
            outputs=self.output_names,
            image_input=self.image_input,
            held=tuple(self.extras.sources),
        )

    def reading(self, channels: int | None = None, planes: int | None = None) -> Reading:
        """How files are to be read for a model of so many channels, if known, and slices, if it takes any."""
        asked = self.window, self.depth, self.max_pixels, channels, self.show_bands, self.frame, planes
        return Reading(*asked, self.shrink_on_load)

    def open(self, model: Any, batch_size: int | None = None, holds: bool = True) -> Feeding:
        """The preprocessing for a loaded model, which will be asked about so many images at a time.

        `holds`: its other inputs are needed; without, it is not asked about any image.

        Raises
        ------
        ModelError
            It is no classifier.
        InputError
            The request does not fit it, or one of its other inputs is not given.
        """
        given = None if is_found(self.labels) else self.labels
        bands = check_bands(self.show_bands)
        opened = (model, self.size, given, self.head, self.reshape, self.call, batch_size)
        held = tuple(self.extras.sources)
        network = open_network(*opened, self.output_names, self.image_input, held)
        named = named_by(network.outputs, self.labels)
        labels = settle_labels(self.labels, named.head.classes) if named and named.head else None
        preprocessing = choose_preprocessing(network, self.preprocess, self.channel_order)
        expected = network.expected_scaling() if self.extras.sources else None
        concluded = expected is not None and expected.name == self.preprocess
        asked = None if self.preprocess == "auto" or concluded else preprocessing
        holding = (
            held_by(network.extras, self.extras, partial(view_of, network, asked)) if holds else Holding()
        )
        check_bands(bands, None if (count := network.input_shape[-1]) in OF_PICTURES else count)
        made = (network, preprocessing, self.fit, labels, self.resize_with, self.window, self.depth)
        return Feeding(*made, self.max_pixels, bands, self.frame, holding, self.shrink_on_load)


@dataclass(frozen=True)
class Feeding(NamedOutputs):
    """A network, how pictures become its input, and the names of its classes."""

    network: NetworkFacts
    preprocessing: Preprocessing
    fit: str = "stretch"
    labels: Sequence[str] | None = None
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS
    show_bands: tuple[int, ...] | None = None
    frame: int | None = None
    holding: Holding = field(default_factory=Holding)
    shrink_on_load: bool = False

    @property
    def reading(self) -> Reading:
        """How files are to be read for the network."""
        *sides, channels = self.network.input_shape
        planes = sides[0] if len(sides) == 3 else None
        asked = self.window, self.depth, self.max_pixels, channels, self.show_bands, self.frame, planes
        return Reading(*asked, self.shrink_on_load, (sides[0], sides[1]) if planes is None else None)

    def read(self, path: Path, admit: Admit = lambda _: None) -> Picture:
        """A picture, decoded; as `read_file`."""
        return read_file(path, admit, self.reading)

    def hold(self, image: ImageFile, admit: Callable[[int], None] = lambda _: None) -> tuple[np.ndarray, ...]:
        """What the model's other inputs are held at for an image; pictures are read, fitted and scaled.

        Raises
        ------
        XaiCamError
            Something is missing for this image.
        """

        def pixels(path: Path, size: tuple[int, int], channels: int) -> np.ndarray:
            picture = read_file(
                path, admit, replace(self.reading, channels=channels, planes=None, input_size=size)
            )
            check_white(picture)
            values = fit_picture(picture, size, channels, self.fit, self.resize_with)[0]
            return values * np.float32(WHITE / (picture.white or WHITE))

        return self.holding.of(image, pixels)

    def held_values(self, image: ImageFile) -> dict[str, str]:
        """The column `extra` of an image's row; none where there are no other inputs.

        Raises
        ------
        XaiCamError
            Something is missing for this image.
        """
        return {"extra": self.holding.extras.shown(image)} if self.holding.inputs else {}

    def fit_in(self, picture: Picture) -> tuple[np.ndarray, Region]:
        """Its pixels at the size of the model's input, not scaled yet, and where they lie in it."""
        *size, channels = self.network.input_shape
        fit = fit_volume if len(size) == 3 else fit_picture
        return fit(picture, size, channels, self.fit, self.resize_with)

    def seen(self, picture: Picture, values: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8: what is shown of a picture whose `values` were fitted, as the model sees it."""
        *size, _ = self.network.input_shape
        by = fit_volume if len(size) == 3 else fit_picture
        return seen_part(picture, values, size, self.fit, self.resize_with, by)

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
        head = self.network.head
        best = head.describe_scores([(name_of(c, labels), score) for c, score in ranking[:3]])
        note = f" {head.note}" if head.note else ""
        return f"{self.describe_input(name, span)}, {best}.{note}"

    def describe_input(self, name: str, span: tuple[float, float]) -> str:
        """The beginning of a line on the first image: how it became the model's input."""
        low, high = span
        return f"{self.sentence} First image {name}: input {low:.3g} to {high:.3g}"

    def describe_answers(
        self,
        name: str,
        span: tuple[float, float],
        rankings: Mapping[str, Sequence[tuple[int, float]]],
        explained: Mapping[str, Sequence[str]] | None = None,
    ) -> str:
        """The same line of several outputs: `rankings` and `explained` as for `answers_of`."""
        answers, notes = self.answers_of(rankings, explained)
        return " ".join([f"{self.describe_input(name, span)}{answers}.", *notes])

    @property
    def asked(self) -> str:
        """`window` or `depth` where one was asked for, else empty."""
        return "window" if self.window is not None else "depth" if self.depth is not None else ""

    @property
    def sentence(self) -> str:
        """Sentence on how pictures become the model's input."""
        scaling = self.preprocessing
        order = scaling.order_of(self.network.input_shape[-1])
        read = "".join(f", {word}" for word in self.reading.words)
        image = f" The image is the input {self.network.image_name}." if self.holding.views else ""
        return (
            f"Preprocessing {scaling.name}, {order} ({scaling.reason}); {self.fit}, resized with "
            f"{self.resize_with}{read}.{self.holding.sentence}{image}"
        )

    def facts(self) -> dict[str, Any]:
        """The same as columns of a row, one for each setting; those that were not asked for are empty."""
        *planes, height, width, channels = self.network.input_shape
        return {
            "scaling": self.preprocessing.name,
            "channel_order": self.preprocessing.order_of(channels),
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
        scaling, others = self.preprocessing, [self.resize_with] * (self.resize_with != DEFAULT_FILTER)
        return " ".join([scaling.name, scaling.channel_order, self.fit, *others, *self.reading.words])
