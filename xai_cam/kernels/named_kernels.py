"""Kernels with a name: the filters (FIR) of the textbooks, of any odd size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_cam.errors import InputError, nearest
from xai_cam.files.stores.drafts import on_disk
from xai_cam.files.stores.paths import as_path

MAX_BYTES = 1 << 26
"""Of a file that may hold a kernel, with room for many planes."""

LARGEST = 99
"""Rows and columns of a kernel; a larger one is most likely a typing error."""

LARGEST_SOBEL = 31
"""As in OpenCV: binomials grow fast, and beyond that soon out of float32."""


@dataclass(frozen=True)
class NamedKernel:
    """A named family of kernels.

    Attributes
    ----------
    make : callable
        Gets the size n, odd, and the parameter; returns (n, n) float64.
    formula : str
    parameter : str
        Meaning of the number after a colon; empty where there is none.
    default : callable
        The parameter for a size, where none is given.
    smallest, largest : int
        Limits of the size, beyond which the kernel is not defined or its numbers are too large.
    """

    make: Callable[[int, float], np.ndarray]
    formula: str
    parameter: str = ""
    default: Callable[[int], float] = lambda _: 1.0
    smallest: int = 3
    largest: int = LARGEST


def binomial(length: int) -> np.ndarray:
    """(1, 1) convolved with itself: a row of Pascal's triangle of that length."""
    return np.array([math.comb(length - 1, i) for i in range(length)], float)


def distances(size: int) -> np.ndarray:
    """Steps along rows and columns from the centre, (size, size)."""
    steps = np.abs(np.arange(size) - size // 2)
    return (steps[:, None] + steps).astype(float)


def delta(size: int, _: float = 1.0) -> np.ndarray:
    """1 in the centre: changes nothing."""
    return (distances(size) == 0).astype(float)


def box(size: int, _: float = 1.0) -> np.ndarray:
    """The mean of the window."""
    return np.full((size, size), 1 / size**2)


def usual_sigma(size: int) -> float:
    """The deviation that OpenCV takes for a Gaussian of that size."""
    return 0.3 * ((size - 1) / 2 - 1) + 0.8


def gaussian(size: int, sigma: float) -> np.ndarray:
    """exp(-(i² + j²) / 2 sigma²), made to sum to 1."""
    bell = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return np.outer(bell, bell) / bell.sum() ** 2


def sobel_x(size: int, _: float = 1.0) -> np.ndarray:
    """Binomial smoothing down the columns, its derivative along the rows."""
    return np.outer(binomial(size), np.convolve(binomial(size - 2), [-1, 0, 1]))


def prewitt_x(size: int, _: float = 1.0) -> np.ndarray:
    """The same ramp in every row: the slope of the window's least-squares plane, but for a factor."""
    return np.outer(np.ones(size), np.arange(size) - size // 2)


def laplacian(size: int, _: float = 1.0) -> np.ndarray:
    """Neighbours weigh their nearness, n // 2 + 1 - steps, together 4; the centre is -4."""
    near = np.maximum(size // 2 + 1 - distances(size), 0) * (distances(size) > 0)
    return 4 * (near / near.sum() - delta(size))


def laplacian_8(size: int, _: float = 1.0) -> np.ndarray:
    """All neighbours weigh the same, together 8; the centre is -8."""
    return 8 * ((1 - delta(size)) / (size**2 - 1) - delta(size))


def sharpen(size: int, amount: float) -> np.ndarray:
    return delta(size) - amount * laplacian(size)


def unsharp(size: int, amount: float) -> np.ndarray:
    return delta(size) + amount * (delta(size) - gaussian(size, usual_sigma(size)))


def dilation(size: int, _: float = 1.0) -> np.ndarray:
    """The sum of the window: a lone bright point becomes a block of that size."""
    return np.ones((size, size))


NAMED_KERNELS: dict[str, NamedKernel] = {
    "delta": NamedKernel(delta, "1 in the centre, 0 around it: changes nothing", smallest=1),
    "box": NamedKernel(box, "1 / n² everywhere: the mean of the window", smallest=1),
    "gaussian": NamedKernel(
        gaussian,
        "exp(-(i² + j²) / 2 sigma²), made to sum to 1",
        "standard deviation in pixels",
        usual_sigma,
        smallest=1,
    ),
    "sobel-x": NamedKernel(
        sobel_x, "binomial down the columns x its derivative along the rows", largest=LARGEST_SOBEL
    ),
    "sobel-y": NamedKernel(lambda n, p: sobel_x(n, p).T, "sobel-x transposed", largest=LARGEST_SOBEL),
    "prewitt-x": NamedKernel(prewitt_x, "the ramp -n // 2 … n // 2 in every row"),
    "prewitt-y": NamedKernel(lambda n, p: prewitt_x(n, p).T, "prewitt-x transposed"),
    "laplacian": NamedKernel(laplacian, "neighbours by their nearness along rows and columns, centre -4"),
    "laplacian-8": NamedKernel(laplacian_8, "all neighbours alike, centre -8"),
    "sharpen": NamedKernel(sharpen, "delta - amount x laplacian", "amount"),
    "unsharp": NamedKernel(unsharp, "delta + amount x (delta - gaussian)", "amount"),
    "dilation": NamedKernel(dilation, "1 everywhere: the sum of the window", smallest=1),
}
"""By the names of the command line."""


def make_kernel(spec: str, kernel_size: int | None = None) -> np.ndarray:
    """The kernel that a name stands for.

    Parameters
    ----------
    spec : str
        A name of `NAMED_KERNELS`, with a parameter after a colon where it takes one (`sharpen:1`,
        `gaussian:1.5`); or a `.npy` file that holds (h, w), or (planes, h, w) with a kernel for each plane.
    kernel_size : int, optional
        Rows and columns, odd; default: 3, and for a Gaussian of a given deviation 3 of them to either side.

    Returns
    -------
    kernel : (1 or planes, h, w) float64

    Raises
    ------
    InputError
        The name, its parameter, the size or the file is not valid.

    Examples
    --------
    >>> import xai_cam
    >>> xai_cam.make_kernel("laplacian")[0].tolist()
    [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]
    >>> xai_cam.make_kernel("gaussian:1.5").shape
    (1, 11, 11)
    """
    if spec.lower().endswith(".npy"):
        return _read(as_path(spec), kernel_size)
    name, colon, given = spec.partition(":")
    if name not in NAMED_KERNELS:
        known = ", ".join(nearest(name, list(NAMED_KERNELS), 5))
        raise InputError(f"There is no kernel {name!r}. Nearest names: {known}; or name a .npy file.")
    classic = NAMED_KERNELS[name]
    parameter = _parameter(spec, classic, given) if colon else None
    if kernel_size is None:
        spread = name == "gaussian" and parameter is not None
        kernel_size = min(2 * math.ceil(3 * (parameter or 0)) + 1, LARGEST) if spread else 3
    _check_size(name, kernel_size, classic)
    return classic.make(kernel_size, classic.default(kernel_size) if parameter is None else parameter)[None]


def _parameter(spec: str, classic: NamedKernel, given: str) -> float:
    name = spec.partition(":")[0]
    if not classic.parameter:
        raise InputError(f"The kernel {name} takes no number, but {spec!r} gives one. Leave it out.")
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e6 or (name == "gaussian" and value <= 0):
        above = " above 0" if name == "gaussian" else ""
        raise InputError(
            f"{given!r} is not a valid {classic.parameter} of the {name} kernel. "
            f"Give a number{above}, as in {name}:1."
        )
    return value


def _check_size(name: str, size: int, classic: NamedKernel) -> None:
    if size % 2 == 0 or not classic.smallest <= size <= classic.largest:
        raise InputError(
            f"There is no {name} kernel of {size} x {size}. Use an odd `kernel_size` from "
            f"{classic.smallest} to {classic.largest}."
        )


def _read(path: Path, size: int | None) -> np.ndarray:
    """A kernel from a file; pickled objects are not opened."""
    if size is not None:
        raise InputError(
            f"`kernel_size` is for named kernels; {path} has a size of its own. Leave `kernel_size` out."
        )
    try:
        if path.stat().st_size > MAX_BYTES:  # before it is fetched
            raise ValueError("no kernel is so large")
        with on_disk(path) as here:
            found = np.load(here, allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}. Name a .npy file with a kernel.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read as an array ({error.strerror or error}). Name a .npy file."
        ) from error
    except (ValueError, EOFError, SyntaxError, OverflowError, MemoryError) as error:
        raise InputError(
            f"{path} cannot be read as an array: it holds no numbers, is damaged or too large. Write it with "
            "numpy.save."
        ) from error
    kernel = found[None] if isinstance(found, np.ndarray) and found.ndim == 2 else found
    numbers = isinstance(kernel, np.ndarray) and kernel.dtype.kind in "fiub"
    if not numbers or kernel.ndim != 3 or not kernel.size or max(kernel.shape[1:]) > LARGEST:
        shape = getattr(found, "shape", "several arrays")
        raise InputError(
            f"{path} holds {shape}, which is not a kernel. Give numbers of (height, width) or (planes, "
            f"height, width), at most {LARGEST} x {LARGEST}."
        )
    kernel = kernel.astype(np.float64)
    if not np.isfinite(kernel).all():
        raise InputError(f"{path} holds NaN or infinity. Give finite numbers.")
    return kernel
