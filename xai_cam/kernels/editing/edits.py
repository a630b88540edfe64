"""Edits of a convolution's filters, and their notation: `conv2d_1:5=sobel-x`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from xai_cam.errors import InputError
from xai_cam.kernels.kernel_bank import parse_filters
from xai_cam.kernels.named_kernels import make_kernel

ZERO = re.compile(r"(?P<layer>.+):(?P<filters>[\d\s,-]+)")
VALUE = re.compile(r"(?P<layer>.+?):(?P<filters>[\d\s,-]+)=(?P<value>.+)", re.DOTALL)
"""A layer's name may hold colons and a file's name equal signs: the list of filters lies between them."""


class Edit(Protocol):
    """A change of some filters of one layer."""

    @property
    def layer(self) -> str:
        """Name or path."""

    @property
    def filters(self) -> str:
        """As in `0-7,12`."""

    def change(self, kernels: np.ndarray, biases: np.ndarray, chosen: Sequence[int]) -> None:
        """Change the chosen filters in place.

        Parameters
        ----------
        kernels : (filters, channels, h, w)
            In reading order.
        biases : (filters,)
            Zeros where the layer has none.
        chosen : sequence of int
            Indices of the filters to change.

        Raises
        ------
        InputError
            The layer's kernels are of another shape.
        """

    def describe(self) -> str:
        """The edit in words."""


@dataclass(frozen=True)
class Zero:
    """Kernel and bias 0: the filter answers 0 before the layer's activation."""

    layer: str
    filters: str

    def change(self, kernels: np.ndarray, biases: np.ndarray, chosen: Sequence[int]) -> None:
        """Set the chosen kernels and biases to 0."""
        kernels[chosen] = 0
        biases[chosen] = 0

    def describe(self) -> str:
        """`conv: 0-7 zeroed`."""
        return f"{self.layer}: {self.filters} zeroed"


@dataclass(frozen=True)
class Scale:
    """Kernel and bias times a factor: so is the filter's answer before the activation."""

    layer: str
    filters: str
    factor: float

    def change(self, kernels: np.ndarray, biases: np.ndarray, chosen: Sequence[int]) -> None:
        """Multiply the chosen kernels and biases by the factor."""
        kernels[chosen] *= self.factor
        biases[chosen] *= self.factor

    def describe(self) -> str:
        """`conv: 7 times 0.5`."""
        return f"{self.layer}: {self.filters} times {self.factor:g}"


@dataclass(frozen=True)
class Replace:
    """A named kernel, or one from a file, in place of the filter's; bias 0.

    A single kernel goes to every input channel, divided by their number: the filter answers as the kernel
    does on the mean of the channels. A file may hold one for each channel, which are taken as they are.
    """

    layer: str
    filters: str
    kernel: str

    def change(self, kernels: np.ndarray, biases: np.ndarray, chosen: Sequence[int]) -> None:
        """Put the kernel in place of the chosen ones, with bias 0."""
        _, channels, height, width = kernels.shape
        kernel = self._make(height, width)
        if len(kernel) not in (1, channels) or kernel.shape[1:] != (height, width):
            raise InputError(
                f"{self.kernel} has the shape {kernel.shape}, but a filter of {self.layer} has "
                f"{(channels, height, width)}. Give that shape, or {(height, width)} for all channels."
            )
        kernels[chosen] = kernel / channels if len(kernel) == 1 else kernel
        biases[chosen] = 0

    def _make(self, height: int, width: int) -> np.ndarray:
        if self.kernel.lower().endswith(".npy"):
            return make_kernel(self.kernel)
        try:
            if height == width:
                return make_kernel(self.kernel, height)
        except InputError:
            make_kernel(self.kernel)  # where that fails too, the size is not to blame
        raise InputError(
            f"There is no {self.kernel} kernel of {height} x {width}, the kernel size of {self.layer}. "
            f"Give a .npy file of ({height}, {width}), or name another layer."
        )

    def describe(self) -> str:
        """`conv: 5 set to sobel-x, bias 0`."""
        name = Path(self.kernel).name if self.kernel.lower().endswith(".npy") else self.kernel
        return f"{self.layer}: {self.filters} set to {name}, bias 0"


def parse_zero(text: str) -> Zero:
    """`LAYER:FILTERS` -> the edit.

    Raises
    ------
    InputError
        The text does not have this form.
    """
    found = ZERO.fullmatch(text)
    if not found:
        raise InputError(f"`zero` {text!r} names no filters. Write LAYER:FILTERS, as in conv2d_1:0-7,12.")
    parse_filters(found["filters"])
    return Zero(found["layer"], found["filters"].strip())


def parse_scale(text: str) -> Scale:
    """`LAYER:FILTERS=FACTOR` -> the edit.

    Raises
    ------
    InputError
    """
    layer, filters, value = _parse(text, "`multiply`", "FACTOR", "conv2d_1:7=0.5")
    try:
        factor = float(value)
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor):
        raise InputError(
            f"{value!r} in `multiply` {text} is not a factor. Give a number, as in conv2d_1:7=0.5."
        )
    return Scale(layer, filters, factor)


def parse_set(text: str) -> Replace:
    """`LAYER:FILTERS=KERNEL` -> the edit; the kernel's name, or its file, is looked at.

    Raises
    ------
    InputError
    """
    layer, filters, value = _parse(text, "`set`", "KERNEL", "conv2d_1:5=sobel-x")
    make_kernel(value)
    return Replace(layer, filters, value)


def _parse(text: str, argument: str, value: str, example: str) -> tuple[str, str, str]:
    found = VALUE.fullmatch(text)
    if not found:
        raise InputError(f"{argument} {text!r} is malformed. Write LAYER:FILTERS={value}, as in {example}.")
    parse_filters(found["filters"])
    return found["layer"], found["filters"].strip(), found["value"]


def parse_edits(sets: Sequence[str], scales: Sequence[str], zeros: Sequence[str]) -> list[Edit]:
    """All edits in the order in which they are made: first sets, then scales, then zeros."""
    return [*map(parse_set, sets), *map(parse_scale, scales), *map(parse_zero, zeros)]
