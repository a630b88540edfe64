"""What an engine computes for one layer of a model, in NumPy arrays; it knows no method."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from xai_cam.cam.channel_axes import places
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.errors import InputError
from xai_cam.images.numbers import check_count
from xai_cam.models.devices import check_device
from xai_cam.models.input.inputs import Inputs, as_inputs
from xai_cam.models.layers import LayerInfo

ENGINES = ("tensorflow", "openvino")
"""Engines by name; `auto` takes the fastest one here (see `pick_engine`)."""

PRECISIONS = ("f32", "bf16", "f16")
"""Precisions of an engine; the first is exact, and the only one of TensorFlow."""

PREDICTED = -1
"""In an array of classes: the class that the model predicts for the image."""


Progress = Callable[[str, int, int], None]
"""Gets what is scored (the value of an `Evidence`), how many inputs are done, and how many there are."""


def unseen(what: str, done: int, total: int) -> None:
    """Nobody looks at the progress."""


def ranked(rank: int) -> int:
    """In an array of classes: the image's class of that rank, 0 the highest output."""
    return PREDICTED - 1 - rank


@dataclass(frozen=True)
class Forward:
    """The results of one pass over n images: `activations` (n, h, w, k), the rest for C columns of targets.

    `logits` (n, C), `probabilities` (n, C) (NaN where there are none), `output` (n, C) as the model gives it,
    all float32; `predicted` (n, outputs), the class of each output that is explained. `held` are arrays
    (n, …) that these images fix for all that are made of them.
    """

    activations: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    output: np.ndarray
    predicted: np.ndarray
    held: tuple[np.ndarray, ...] = ()


def as_forwards(layers: Sequence[LayerInfo], answers: Sequence[np.ndarray]) -> list[Forward]:
    """The results of one pass for each layer, what it puts out read as maps; the rest they have in common.

    Without layers there is one, whose activations are empty.
    """
    outputs, others = answers[: len(layers)], answers[len(layers) :]
    logits, probabilities, output, predicted, *held = others
    shared = logits, probabilities, output, predicted, tuple(held)
    if not layers:
        return [Forward(np.empty((len(logits), 0), np.float32), *shared)]
    return [Forward(maps_of(info, found), *shared) for info, found in zip(layers, outputs, strict=True)]


def as_forward(target_layer: LayerInfo, answers: Sequence[np.ndarray]) -> Forward:
    """The results of one pass for one layer."""
    return as_forwards([target_layer], answers)[0]


def with_gradients(
    layers: Sequence[LayerInfo], answers: Sequence[np.ndarray]
) -> tuple[list[Forward], list[np.ndarray]]:
    """The same, and the gradients (m, n, h, w, k) at each layer, which come last among the answers."""
    forward, gradients = answers[: -len(layers)], answers[-len(layers) :]
    at_layers = [maps_of(info, found) for info, found in zip(layers, gradients, strict=True)]
    return as_forwards(layers, forward), at_layers


def maps_of(target_layer: LayerInfo, output: np.ndarray) -> np.ndarray:
    """(…, n, h, w, k) maps in the output of a layer, or in something of its shape."""
    return target_layer.placement.maps(output) if target_layer.placement else output


@dataclass(frozen=True)
class ChannelScores:
    """Scores (n, m, k) float32 of m classes with each channel in turn; NaN for one that was not requested."""

    logits: np.ndarray
    probabilities: np.ndarray


class WholeImages(Protocol):
    """The computations of an engine on whole images at several layers of one model, from one pass for all."""

    @property
    def by(self) -> str:
        """The engine that last computed them."""

    def forward(self, images: np.ndarray | Inputs) -> list[Forward]:
        """For each layer its activations, and the scores, of (n, H, W, c) preprocessed images."""

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[list[Forward], list[np.ndarray]]:
        """The same in one pass, and for each layer the gradients (m, n, h, w, k), as of an `Engine`."""


class Engine(Protocol):
    """The computations of an engine on one layer of one model."""

    @property
    def target_layer(self) -> LayerInfo:
        """That layer."""

    @property
    def name(self) -> str:
        """The engine for scores of channels, with the precision if that is less than f32."""

    @property
    def passes_by(self) -> str:
        """The engine that last computed `forward` and `gradients`."""

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as there is memory for."""

    def forward(self, images: np.ndarray | Inputs) -> Forward:
        """Activations and scores of (n, H, W, c) preprocessed images."""

    def gradients(
        self, images: np.ndarray | Inputs, classes: np.ndarray, score: str
    ) -> tuple[Forward, np.ndarray]:
        """The same in one pass, and the gradients (m, n, h, w, k) of the scores of `classes` (n, m).

        Classes are columns of the targets, or placeholders such as `PREDICTED`; `score` is `logit` or
        `probability`.
        """

    def at_layers(self, layers: Sequence[LayerInfo]) -> WholeImages:
        """The same at several layers of the model at once."""

    def masked_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """Scores of `classes` (n, m) for the images masked by each of the `channels`, (n, k) bool.

        All of these must be live: a constant channel makes no mask. `before` are the results for the images
        as they are.
        """

    def ablated_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, channels: np.ndarray
    ) -> ChannelScores:
        """The same with each of the `channels` set to 0 in the layer's output."""

    def position_scores(
        self, images: np.ndarray | Inputs, before: Forward, classes: np.ndarray, spread: bool = False
    ) -> ChannelScores:
        """The same (n, m, h w) with all but one position of the layer's output set to 0, for each in turn.

        Where `spread`, a 3 x 3 Gaussian around it is left, (1 2 1) x (1 2 1) / 16.
        """

    def predictions(self, images: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n, N) of the first output's classes, or its values, and the predicted classes (n,).

        Scores are probabilities where it gives them for the whole image; no layer is asked about.
        """

    def perturbed_scores(self, asked: Perturbed) -> np.ndarray:
        """Probabilities (inputs, m) of inputs that are made of images, or what else is asked for of them.

        They are made where they are scored, a chunk at a time.
        """

    def input_gradients(self, asked: InputGradients) -> str:
        """Hand on the gradients of scores at inputs that are made of images, one input after the other.

        Gives the name of the engine that computed them.
        """


def riding(images: np.ndarray | Inputs, before: Forward) -> tuple[np.ndarray, ...]:
    """All that rides along with altered images, (n, …) each."""
    return *as_inputs(images).beside, *before.held


def all_positions(activations: np.ndarray) -> np.ndarray:
    """Each position of the maps (n, h, w, k) of each image, (n, h w) bool."""
    return np.ones((len(activations), math.prod(activations.shape[1:-1])), bool)


def live_channels(activations: np.ndarray, most: int | None = None) -> np.ndarray:
    """The channels of each image that are not constant over the map, (n, k) bool.

    Parameters
    ----------
    activations : (n, h, w, k) or (n, d, h, w, k) array
        The layer's output.
    most : int, optional
        Only as many, those with the largest standard deviation over *that image's* map, as in
        Faster Score-CAM; of equal ones the first.
    """
    positions = places(activations)
    live = activations.max(axis=positions) > activations.min(axis=positions)
    if most is None or most >= live.shape[1]:
        return np.asarray(live)
    deviation = np.where(live, activations.std(axis=positions, dtype=np.float64), -1)
    ranks = np.argsort(np.argsort(-deviation, axis=1, kind="stable"), axis=1)
    return np.asarray(live & (ranks < most))


@dataclass(frozen=True)
class Computing:
    """The engine and its settings.

    Attributes
    ----------
    engine : str
        One of `ENGINES`, or `auto`: OpenVINO where it is installed and no GPU is used, else TensorFlow.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    precision : str
        One of `PRECISIONS`. Less than `f32` is for OpenVINO, and for methods that score each channel.
    chunk_size : int, optional
        Masked or altered inputs in one model call; default: by the size of the input.
    cache : bool
        Keep what an engine has made of a model for the next time.
    batch_size : int, optional
        Images in one model call; default: that of whoever asks.
    xla : bool
        Compile TensorFlow's graphs by XLA; `auto` is then TensorFlow.
    progress : callable
        Told of every chunk of channels that is scored.
    ahead : Ahead
        How many images are still to come, kept up to date by whoever runs.
    choices : Choices
        Which engine `auto` has chosen for whole images, and what was chosen elsewhere.

    Raises
    ------
    InputError
        A precision that the engine does not have, XLA without TensorFlow, an unknown device, or a size that
        is not a whole number.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "f32"
    chunk_size: int | None = None
    cache: bool = True
    batch_size: int | None = None
    xla: bool = False
    progress: Progress = field(default=unseen, repr=False, compare=False)
    ahead: Ahead = field(default_factory=Ahead, repr=False, compare=False)
    choices: Choices = field(default_factory=Choices, repr=False, compare=False)

    @property
    def keeps(self) -> bool:
        """Whether what is known of a model in files is kept, so that it need not be opened each time."""
        return self.cache and self.engine != "tensorflow" and not self.xla

    def __post_init__(self) -> None:
        if self.engine not in ("auto", *ENGINES):
            raise InputError(f"Unknown engine {self.engine!r}. Use auto, {', '.join(ENGINES)}.")
        if self.precision not in PRECISIONS:
            raise InputError(f"Unknown precision {self.precision!r}. Use {', '.join(PRECISIONS)}.")
        if self.engine == "tensorflow" and self.precision != "f32":
            raise InputError(
                f'TensorFlow computes in f32 here. Use `engine="openvino"` for {self.precision}.'
            )
        if not isinstance(self.xla, bool):
            raise InputError(f"`xla` is {self.xla!r}. Use True or False.")
        if self.xla and (self.engine == "openvino" or self.precision != "f32"):
            raise InputError(
                "XLA compiles for TensorFlow in f32, not for OpenVINO. Leave out `xla`, or use "
                '`engine="tensorflow"` in f32.'
            )
        check_device(self.device)
        for name in ("chunk_size", "batch_size"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))  # 8.0 is 8
