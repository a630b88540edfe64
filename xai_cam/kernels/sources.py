"""Where the kernels come from that pictures are filtered by: a name, a file, or a layer of a model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from xai_cam.errors import InputError
from xai_cam.files.names import safe_name
from xai_cam.files.provenance import Provenance, digest
from xai_cam.files.stores.paths import as_path
from xai_cam.kernels.filtering import dilate
from xai_cam.kernels.kernel_bank import KernelBank, parse_filters, pick_convolution, read_bank
from xai_cam.kernels.named_kernels import make_kernel
from xai_cam.kernels.picture_filter import PictureFilter, filter_of_kernel, filter_of_layer, reads_colours
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.network import list_layers

log = logging.getLogger(__name__)


class Kernels(Protocol):
    """Kernels that are read when they are needed; their names and origin are known before."""

    @property
    def names(self) -> list[str]:
        """Part of a file's name for each kernel; needs no model."""

    @property
    def origin(self) -> Provenance:
        """Everything that determines the kernels except their names, as JSON; needs no model."""

    @property
    def filters(self) -> list[PictureFilter]:
        """One for each name.

        Raises
        ------
        XaiCamError
            The model cannot be loaded, or does not have these filters.
        """


class NamedKernels:
    """Kernels of the textbooks, or of files.

    Parameters
    ----------
    specs : sequence of str
        Each as in `make_kernel`.
    size : int, optional
        Of all that are named.

    Raises
    ------
    InputError
    """

    def __init__(self, specs: Sequence[str], size: int | None = None) -> None:
        kernels = {spec: make_kernel(spec, size) for spec in specs}
        titles = [Path(spec).stem if is_file(spec) else spec for spec in kernels]
        side = "" if size is None else f"-{size}x{size}"
        self.names = [safe_name(title) + side for title in titles]
        if len(set(self.names)) < len(self.names):
            raise InputError("Two kernels of `specs` have the same name. Apply them in separate runs.")
        self.filters = [filter_of_kernel(*pair) for pair in zip(titles, kernels.values(), strict=True)]
        values = [kernel.tolist() for kernel in kernels.values()]
        self.origin: Provenance = {"fir": ";".join(titles), "kernel_sha256": digest({"values": values})}
        self.paths = [as_path(spec) for spec in kernels if is_file(spec)]


def is_file(spec: str) -> bool:
    """Whether a kernel is named by its file."""
    return spec.lower().endswith(".npy")


@dataclass
class LayerKernels:
    """Filters of a layer of a model, which is loaded when the first picture needs them.

    Parameters
    ----------
    layer : str
        Its path.
    numbers : str
        Which filters, as in `0-7,12`.
    part : str, optional
        Of a `SeparableConv2D`, as in `read_bank`.
    channel_order : str, optional
        `rgb` or `bgr`, of the model's input.
    """

    files: ModelFiles
    open_model: Callable[[], Any]
    layer: str
    numbers: str
    part: str | None = None
    channel_order: str | None = None

    def __post_init__(self) -> None:
        self.wanted = parse_filters(self.numbers)

    @property
    def names(self) -> list[str]:
        """`layer.number` for each filter, as part of a file's name."""
        layer = safe_name(self.layer) + (f".{self.part}" if self.part else "")
        return [f"{layer}.{number}" for number in self.wanted]

    @property
    def origin(self) -> Provenance:
        """Hashes of the model, and the layer and how it is read."""
        shown = {"layer": self.layer, "part": self.part, "channel_order": self.channel_order}
        return {**self.files.origin, **shown}

    @cached_property
    def filters(self) -> list[PictureFilter]:
        """The chosen filters of the layer; loads the model."""
        layers = list_layers(self.open_model())
        info = pick_convolution(layers, self.layer)
        bank = read_bank(info, self.part or "product")
        parse_filters(self.numbers, bank.filters)
        if self.part and not bank.part:
            raise InputError(f"`part` is for SeparableConv2D; {bank.layer} is a {bank.kind}. Leave it out.")
        if self.channel_order and not reads_colours(bank):
            raise InputError(f"{bank.layer} does not read colours. Leave `channel_order` out.")
        log.warning(f"Layer {bank.describe()}.")
        for remark in remarks(info.layer, bank, info.order <= pick_convolution(layers, None).order):
            log.warning(remark)
        spread = [filter_of_layer(bank, number, self.channel_order == "bgr") for number in self.wanted]
        rates = steps_of(info.layer, "dilation_rate")
        return [replace(one, values=dilate(one.values, rates)) for one in spread]


def remarks(layer: Any, bank: KernelBank, is_first: bool) -> list[str]:
    """Sentences on where filtering a picture differs from what the layer itself computes."""
    found, channels = [], int(bank.inputs.max()) + 1
    if reads_colours(bank) and not is_first:
        found.append("It is not the first convolution: the 3 channels that it reads may not be colours.")
    elif not reads_colours(bank) and (channels > 1 or not is_first):
        maps = f"{channels} feature maps" if channels > 1 else "a feature map"
        found.append(f"It reads {maps}, not colours: the grey picture stands in for each.")
    if bank.kind == "Conv2DTranspose":
        found.append(
            "A transposed convolution scatters its input; here its kernels are applied as in a Conv2D."
        )
    if steps_of(layer, "strides") != (1, 1):
        found.append("The layer has strides; here its filters are applied at every pixel.")
    return found


def steps_of(layer: Any, attribute: str) -> tuple[int, int]:
    """Strides or dilation of a layer, along rows and columns."""
    rows, columns = np.broadcast_to(getattr(layer, attribute, 1), 2).tolist()
    return rows, columns
