"""Preprocessing of pictures for a model: fitted to its input, and scaled as it was trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.images.finding import ImageFile
from xai_cam.images.fitting import fit_picture
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import is_found, settle_labels
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.picture import Picture, Region, read_image
from xai_cam.images.resampling import DEFAULT_FILTER
from xai_cam.models.classifier import open_network
from xai_cam.models.input.held_request import HeldRequest
from xai_cam.models.input.holding import Holding, held_by
from xai_cam.models.input.model_inputs import image_beside
from xai_cam.models.input.named_outputs import NamedOutputs
from xai_cam.models.input.preprocessing import Preprocessing, choose_preprocessing
from xai_cam.models.input.views import view_of
from xai_cam.models.network import Network
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
    output_names : tuple of str
        The outputs that are explained, by name or number, as for `Network`.
    """

    preprocess: str = "auto"
    channel_order: str | None = None
    fit: str = "stretch"
    size: tuple[int, int] | None = None
    labels: Sequence[str] | None = None
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    head: str = "auto"
    reshape: tuple[int, int] | None = None
    call: int | None = None
    max_pixels: int | None = MAX_PIXELS
    output_names: tuple[str, ...] = ()

    @property
    def identity(self) -> list[Any]:
        """What tells this feeding from another, as JSON; what is as usual is left out."""
        unusual = _unusual(self.resize_with, self.window, self.depth)
        named = ("reshape", "call", "image_input")
        places = [f"{name} {value}" for name in named if (value := getattr(self, name))]
        outputs = [f"output_name {name}" for name in self.output_names]
        return [self.preprocess, self.channel_order, self.fit, self.size, *unusual, *places, *outputs]

    def read(self, path: str | Path, admit: Callable[[int], None] = lambda _: None) -> Picture:
        """A picture, decoded; as `read_image`."""
        return read_image(path, admit, window=self.window, depth=self.depth, max_pixels=self.max_pixels)

    def open(self, model: Any, batch_size: int | None = None, holds: bool = True) -> Feeding:
        """The preprocessing for a loaded model, which will be asked about so many images at a time.

        `holds`: its other inputs are needed; without, it is not asked about any image.

        Raises
        ------
        ModelError
            It is no classifier, or takes neither grey nor RGB.
        InputError
            The request does not fit it, or one of its other inputs is not given.
        """
        given = None if is_found(self.labels) else self.labels
        opened = (model, self.size, given, self.head, self.reshape, self.call, batch_size)
        image = self.image_input or image_beside(model, self.extras.sources)
        network = open_network(*opened, self.output_names, image)
        named = named_by(network.outputs, self.labels)
        labels = settle_labels(self.labels, named.head.classes) if named and named.head else None
        preprocessing = choose_preprocessing(network, self.preprocess, self.channel_order)
        expected = network.expected_scaling() if self.extras.sources else None
        concluded = expected is not None and expected.name == self.preprocess
        asked = None if self.preprocess == "auto" or concluded else preprocessing
        holding = (
            held_by(network.extras, self.extras, partial(view_of, network, asked)) if holds else Holding()
        )
        return Feeding(
            network,
            preprocessing,
            self.fit,
            labels,
            self.resize_with,
            self.window,
            self.depth,
            self.max_pixels,
            holding,
        )


@dataclass(frozen=True)
class Feeding(NamedOutputs):
    """A network, how pictures become its input, and the names of its classes."""

    network: Network
    preprocessing: Preprocessing
    fit: str = "stretch"
    labels: Sequence[str] | None = None
    resize_with: str = DEFAULT_FILTER
    window: tuple[float, float] | None = None
    depth: int | None = None
    max_pixels: int | None = MAX_PIXELS
    holding: Holding = field(default_factory=Holding)

    def read(self, path: Path, admit: Callable[[int], None] = lambda _: None) -> Picture:
        """A picture, decoded; as `read_image`."""
        return read_image(path, admit, window=self.window, depth=self.depth, max_pixels=self.max_pixels)

    def hold(self, image: ImageFile, admit: Callable[[int], None] = lambda _: None) -> tuple[np.ndarray, ...]:
        """What the model's other inputs are held at for an image; pictures are read, fitted and scaled.

        Raises
        ------
        XaiCamError
            Something is missing for this image.
        """

        def pixels(path: Path, size: tuple[int, int], channels: int) -> np.ndarray:
            picture = self.read(path, admit)
            return fit_picture(picture, size, channels, self.fit, self.resize_with)[0]

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
        height, width, channels = self.network.input_shape
        return fit_picture(picture, (height, width), channels, self.fit, self.resize_with)

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
        self, name: str, span: tuple[float, float], rankings: Mapping[str, Sequence[tuple[int, float]]]
    ) -> str:
        """The same line of several outputs: `rankings` has the first classes, or values, of each by name."""
        said, notes = [], []
        for output, ranking in rankings.items():
            head, labels = self.head_of(output), self.labels_of(output)
            named = [(name_of(c, labels), score) for c, score in ranking[:3]]
            start = f"{output}: " if output else ""
            if head is not None:
                said.append(f"{start}{head.describe_scores(named)}")
                notes += [f"{start}{head.note}"] if head.note else []
        answers = "".join(f", {one}" if not i else f"; {one}" for i, one in enumerate(said))
        return " ".join([f"{self.describe_input(name, span)}{answers}.", *notes])

    @property
    def asked(self) -> str:
        """`window` or `depth` where one was asked for, else empty."""
        return "window" if self.window is not None else "depth" if self.depth is not None else ""

    @property
    def sentence(self) -> str:
        """Sentence on how pictures become the model's input."""
        scaling = self.preprocessing
        order = scaling.channel_order if self.network.input_shape[-1] == 3 else "grey"
        read = "".join(f", {word}" for word in _reading(self.window, self.depth))
        told = self.holding.views and f" The image is the input {self.network.image_name}."
        image = told or ""
        return (
            f"Preprocessing {scaling.name}, {order} ({scaling.reason}); {self.fit}, resized with "
            f"{self.resize_with}{read}.{self.holding.sentence}{image}"
        )

    def facts(self) -> dict[str, Any]:
        """The same as columns of a row, one for each setting; those that were not asked for are empty."""
        height, width, channels = self.network.input_shape
        return {
            "scaling": self.preprocessing.name,
            "channel_order": self.preprocessing.channel_order if channels == 3 else "grey",
            "fit": self.fit,
            "resize_with": self.resize_with,
            "window": "" if self.window is None else "{:.10g}:{:.10g}".format(*self.window),
            "depth": self.depth,
            "input_width": width,
            "input_height": height,
        }

    def describe(self) -> str:
        """The scaling, the order of channels and the fit, as three words, and what else is unusual."""
        scaling, others = self.preprocessing, _unusual(self.resize_with, self.window, self.depth)
        return " ".join([scaling.name, scaling.channel_order, self.fit, *others])


def _unusual(resize_with: str, window: Sequence[float] | None, depth: int | None) -> list[str]:
    """What was asked for besides the fit and is not the default, a word each."""
    return [resize_with] * (resize_with != DEFAULT_FILTER) + _reading(window, depth)


def _reading(window: Sequence[float] | None, depth: int | None) -> list[str]:
    named = [] if window is None else [f"window={window[0]:.10g}:{window[1]:.10g}"]
    return named + ([] if depth is None else [f"depth={depth}"])
