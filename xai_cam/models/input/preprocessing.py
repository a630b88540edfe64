"""Pixels in [0, 255] -> the numbers a model was trained on. The scaling is not in a model's files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xai_cam.errors import InputError, UnfitImageError
from xai_cam.images.picture import Picture
from xai_cam.images.reading import OF_PICTURES

if TYPE_CHECKING:
    from xai_cam.models.facts import NetworkFacts

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
CAFFE_MEAN = np.array([123.68, 116.779, 103.939], np.float32)
"""Of R, G, B."""


def _standardize(x: np.ndarray) -> np.ndarray:
    deviation = max(float(x.std()), 1 / np.sqrt(x.size))
    return (x - x.mean()) / np.float32(deviation)


SCALINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "raw": lambda x: x,
    "unit": lambda x: x / np.float32(255),
    "signed": lambda x: x / np.float32(127.5) - np.float32(1),
    "caffe": lambda x: x - CAFFE_MEAN,
    "torch": lambda x: (x / np.float32(255) - IMAGENET_MEAN) / IMAGENET_DEVIATION,
    "standardize": _standardize,
}
"""Scalings of (H, W, c) float32 RGB or grey in [0, 255], by name."""

COLOUR_ONLY = ("caffe", "torch")

AS_STORED = ("raw", "standardize")
"""What needs not know which number is white."""

WHITE = 255.0

REQUESTED = "requested"
A_GUESS = "a guess: the model does not say; `preprocess` says otherwise"


@dataclass(frozen=True)
class Preprocessing:
    """A scaling, decided: its name, the order of the channels (or their number), and why it was chosen.

    `as_stored`: `raw` and `standardize` take the numbers of arrays and bands as they are.
    """

    name: str
    channel_order: str
    reason: str
    as_stored: bool = False

    def apply(self, values: np.ndarray, white: float = WHITE) -> np.ndarray:
        """(H, W, c) pixels in [0, `white`], RGB, grey or bands -> what the model takes, float32."""
        values = values.astype(np.float32, copy=False)
        if white != WHITE and not self.as_stored:
            values = values * np.float32(WHITE / white)
        scaled = SCALINGS[self.name](values)
        if self.channel_order == "bgr" and scaled.shape[-1] == 3:
            scaled = scaled[..., ::-1]
        return np.ascontiguousarray(scaled, np.float32)

    def scale(self, picture: Picture, values: np.ndarray) -> np.ndarray:
        """The values of a picture, at the size of the model's input, as the model takes them.

        Raises
        ------
        ImageError
            Which of them is white is not known, and has to be.
        """
        if not self.as_stored:
            check_white(picture)
        return self.apply(values, picture.white or WHITE)

    def black(self, shape: Sequence[int], known: bool = True) -> np.ndarray | None:
        """What a black picture of that shape (H, W, c) becomes; standardised by itself it is 0.

        None where it is not `known` which of the numbers is black, and they are taken as they are.
        """
        if self.name == "raw" and not known:
            return None
        return self.apply(np.zeros(tuple(shape), np.float32))

    def order_of(self, channels: int) -> str:
        """The order of channels, in a word or two."""
        return "grey" if channels == 1 else self.channel_order

    def expected_ends(self, channels: int) -> tuple[np.ndarray, np.ndarray] | None:
        """What black and what white become, (channels,) each; None where that depends on the image."""
        if self.name == "standardize":
            return None
        black, white = (np.full((1, 1, channels), level, np.float32) for level in (0, 255))
        return self.apply(black)[0, 0], self.apply(white)[0, 0]


def check_white(picture: Picture) -> None:
    """Refuse a picture of which it is not known which of its numbers is white.

    Raises
    ------
    ImageError
    """
    if picture.white is None:
        raise UnfitImageError(
            f"its values are {picture.stored}, and which of them is white is not known: give "
            "`window=(low, high)`, or `preprocess='raw'` to take them as they are"
        )


def choose_preprocessing(
    network: NetworkFacts, name: str = "auto", channel_order: str | None = None
) -> Preprocessing:
    """The requested scaling, or the one that the model's first layers imply.

    Parameters
    ----------
    network : NetworkFacts
        The model.
    name : str
        A key of `SCALINGS`, or `auto`.
    channel_order : str, optional
        `rgb` or `bgr`; default: BGR with `caffe`, else RGB.

    Raises
    ------
    InputError
        The scaling is unknown, or made for colours while the model takes grey.
    """
    if name != "auto" and name not in SCALINGS:
        raise InputError(f"Unknown preprocessing {name!r}. Use auto, {', '.join(SCALINGS)}.")
    channels = network.input_shape[-1]
    if name in COLOUR_ONLY and channels != 3:
        raise InputError(
            f"`preprocess={name!r}` is for RGB, but the model takes {channels} channel(s). Use unit or raw."
        )
    of_pictures = channels in OF_PICTURES
    if channel_order and not of_pictures:
        raise InputError(
            f"`channel_order` is for RGB, but the model takes {channels} channels. Leave it out: bands keep "
            "their order."
        )
    guess = guess_scaling if of_pictures else guess_scaling_of_bands
    chosen, reason = guess(network) if name == "auto" else (name, REQUESTED)
    order = channel_order or ("bgr" if chosen == "caffe" else "rgb" if of_pictures else f"{channels} bands")
    return Preprocessing(chosen, order, reason, chosen in AS_STORED and not (of_pictures and name == "auto"))


def guess_scaling(network: NetworkFacts) -> tuple[str, str]:
    """Name of a scaling and the reason.

    What the graph does to its input tells; where it does nothing, the name and the layers of a known
    backbone, as a guess; else it is 0 to 1, as a guess.
    """
    found = network.expected_scaling()
    if found is None or (found.name in COLOUR_ONLY and network.input_shape[-1] != 3):
        return "unit", A_GUESS
    return found.name, found.reason


def guess_scaling_of_bands(network: NetworkFacts) -> tuple[str, str]:
    """The same of a model that takes other channels than pictures have: by its graph alone."""
    found = network.scaling_of_bands()
    return ("unit", A_GUESS) if found is None else (found.name, found.reason)
