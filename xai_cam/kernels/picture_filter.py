"""A kernel with the planes of a picture that it reads, and the result of applying it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_cam.errors import ImageError, InputError, ModelError
from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Picture
from xai_cam.kernels.filtering import filter_planes, for_display, natural_scale, sums_to_one
from xai_cam.kernels.kernel_bank import KernelBank

COLOURS = ("red", "green", "blue")

COMBINES = ("sum", "colour")
"""How the planes' responses are combined: summed, or as the planes of a picture in colour."""

MAX_SHOWN = 6
"""Of a filter that reads more channels, so many are shown by themselves."""


@dataclass(frozen=True)
class Planes:
    """The planes of a picture in [0, 1], computed once for all the kernels that are applied to it."""

    picture: Picture

    @cached_property
    def grey(self) -> np.ndarray:
        """(H, W, 1) float32."""
        return fit_picture(self.picture, self.picture.size, 1)[0] / np.float32(255)

    @cached_property
    def colours(self) -> np.ndarray:
        """Red, green and blue, (H, W, 3) float32; each lies in one piece, as a filter reads it."""
        planes = fit_picture(self.picture, self.picture.size, 3)[0]
        return np.ascontiguousarray(planes.transpose(2, 0, 1) / np.float32(255)).transpose(1, 2, 0)

    @cached_property
    def has_no_colour(self) -> bool:
        """Whether the planes are all the same."""
        values = self.picture.values
        return values.ndim == 2 or bool((values == values[..., :1]).all())


@dataclass(frozen=True)
class PictureFilter:
    """A kernel and the planes that it is applied to.

    Attributes
    ----------
    name : str
        For captions.
    values : (k, h, w) float64
        One kernel for each plane that is read, or one for all (`reads` is `each`).
    reads : str
        `each`: every plane that a picture has, red, green and blue, or grey; `colours`: the planes `inputs`
        of red, green and blue; `grey`: the grey picture (ITU-R 601) takes the place of each channel.
    inputs : (k,) int
        Which colour, or which channel of the layer's input, each kernel reads.
    """

    name: str
    values: np.ndarray
    reads: str
    inputs: np.ndarray

    def planes(self, picture: Planes) -> tuple[np.ndarray, list[str]]:
        """What is filtered, (H, W, planes) float32 in [0, 1], and the planes' names."""
        if self.reads == "grey" or (self.reads == "each" and picture.has_no_colour):
            return picture.grey, ["grey"]
        if self.reads == "each":
            return picture.colours, list(COLOURS)
        chosen = picture.colours.transpose(2, 0, 1)[self.inputs].transpose(1, 2, 0)
        return chosen, [COLOURS[plane] for plane in self.inputs]

    def check_combine(self, combine: str) -> None:
        """Refuse colours where there are none.

        Raises
        ------
        InputError
        """
        if combine == "colour" and (self.reads == "grey" or len(self.values) == 2):
            count, what = len(self.values), "colour" if self.reads == "colours" else "channel"
            reads = f"{count} {what}{'s' * (count != 1)}"
            raise InputError(f'{self.name} reads {reads}, not a picture in colour. Use `combine="sum"`.')


@dataclass(frozen=True)
class Answer:
    """Response of a filter to a picture.

    Attributes
    ----------
    planes : (H, W, n) float32
        Answers of single planes: of all, or of the `MAX_SHOWN` channels with the strongest kernels.
    names : list of str
        What each of them is.
    result : (H, W) or (H, W, 3) float32
        Their sum (of *all* channels), or the planes as a picture in colour.
    scale : str
        How the result, and by itself each plane, is shown: one of `SCALES`.
    combine : str
        `sum` or `colour`.
    left_out : int
        Channels that are in the sum but not among `planes`.
    """

    planes: np.ndarray
    names: list[str]
    result: np.ndarray
    scale: str
    combine: str
    left_out: int = 0

    @property
    def pixels(self) -> np.ndarray:
        """The result as it is shown, (H, W) or (H, W, 3) uint8."""
        return for_display(self.result, self.scale)


def apply_filter(
    picture_filter: PictureFilter,
    picture: Picture | Planes,
    border: str = "reflect",
    scale: str = "auto",
    combine: str = "auto",
) -> Answer:
    """Filter a picture plane by plane, and combine the responses; without bias and activation.

    Parameters
    ----------
    picture_filter : PictureFilter
        The kernel, and which planes it reads.
    picture : Picture or Planes
        The picture to filter; its planes where there are several kernels for it.
    border : str
        One of `BORDERS`.
    scale : str
        One of `SCALES`, or `auto`: see `natural_scale`.
    combine : str
        One of `COMBINES`, or `auto`: `colour` where one kernel is for every plane and sums to 1, else `sum`.

    Raises
    ------
    ImageError
        The answer is not finite.
    """
    planes, names = picture_filter.planes(picture if isinstance(picture, Planes) else Planes(picture))
    kernels, left_out = picture_filter.values, 0
    if combine == "auto":
        bright = picture_filter.reads == "each" and sums_to_one(kernels)
        combine = "colour" if bright else "sum"
    together = kernels
    if picture_filter.reads == "grey":
        shown = strongest(kernels)
        left_out = len(kernels) - len(shown)
        total = filter_planes(planes, kernels.sum(axis=0, keepdims=True), border)[..., 0]
        answers = filter_planes(planes.repeat(len(shown), axis=2), kernels[shown], border)
        names = [f"channel {picture_filter.inputs[i]}" for i in shown] if len(kernels) > 1 else names
    else:
        answers = filter_planes(planes, kernels, border)
        total = answers.sum(axis=2)
        together = kernels.repeat(len(names), axis=0) if len(kernels) == 1 else kernels
    if answers.shape[2] == 1:  # there is nothing to be put together
        combine = "sum"
    result = answers if combine == "colour" else total
    # A plane's infinity is the sum's too, unless the sum has a kernel of its own
    if not all(map(_is_finite, (result, answers) if picture_filter.reads == "grey" else (result,))):
        raise ImageError(
            f"the result of {picture_filter.name} is not finite: its kernel's values are too large"
        )
    if scale == "auto":
        # In colour each plane is by itself: what they do on average to the brightness counts.
        scale = natural_scale(kernels.mean(axis=0) if combine == "colour" else together, result)
    return Answer(answers, names, result, scale, combine, left_out)


def strongest(kernels: np.ndarray) -> list[int]:
    """The `MAX_SHOWN` of k kernels (k, h, w) with the largest norms, in the order of the channels."""
    norms = np.linalg.norm(kernels.reshape(len(kernels), -1), axis=1)
    return sorted(np.argsort(-norms, kind="stable")[:MAX_SHOWN].tolist())


def _is_finite(values: np.ndarray) -> bool:
    """Whether all values are: the smallest of some with a NaN is NaN."""
    return bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def filter_of_layer(bank: KernelBank, number: int, bgr: bool = False) -> PictureFilter:
    """Filter `number` of a layer.

    Where the layer reads 1 channel it is laid over the grey picture, where it reads 3 over the colours. A
    deeper layer reads feature maps, not colours: there the grey picture takes the place of each.

    Parameters
    ----------
    bank : KernelBank
        All filters of the layer.
    number : int
        Index of the filter.
    bgr : bool
        Whether the model takes blue first.

    Raises
    ------
    ModelError
        The kernel holds NaN or infinity.
    """
    values = bank.values[number].astype(np.float64)
    if not np.isfinite(values).all():
        raise ModelError(f"Filter {number} of {bank.layer} holds NaN or infinity. Check the weights.")
    name, inputs = f"{bank.layer}, filter {number}", bank.inputs[number]
    if not reads_colours(bank):
        return PictureFilter(name, values, "grey", inputs)
    inputs = 2 - inputs if bgr else inputs
    order = np.argsort(inputs)  # red, green, blue
    return PictureFilter(name, values[order], "colours", inputs[order])


def reads_colours(bank: KernelBank) -> bool:
    """Whether a layer's input has the planes of a picture in colour."""
    return int(bank.inputs.max()) == 2 and bank.part != "pointwise"


def filter_of_kernel(name: str, kernel: np.ndarray) -> PictureFilter:
    """A kernel (1 or planes, h, w) that stands for itself: 3 planes are for red, green and blue."""
    reads = {1: "each", 3: "colours"}.get(len(kernel), "grey")
    return PictureFilter(name, kernel.astype(np.float64), reads, np.arange(len(kernel)))
