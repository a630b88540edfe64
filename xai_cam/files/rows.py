"""What a run reports: rows, each of an image, a map or a filter, notices, and a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

TRUTH = ("truth_index", "truth_name")
"""The class that an image is known to show; empty where it is not known."""

INPUT = (
    *("scaling", "channel_order", "fit", "resize_with", "window", "depth", "frame"),
    *("input_width", "input_height", "input_channels", "input_planes", "show_bands"),
    "extra",
)
"""How an image became the model's input, and what other inputs were held at: `age=63; left=cat.png`."""

TARGET = ("output_name", "against", "sign", "direction", "share_of_pixels")
"""What is explained besides a class; empty where there is nothing to say, as of a plain classifier."""

IMAGE = ("image_width", "image_height")
"""Size of an image as it is shown, in pixels."""

ORIGIN = ("model_sha256", "weights_sha256", "tool")
"""What made a row: the files of the model, by their hashes, and this tool in its version."""

IMAGE_ROW = ("image_row", "image_rows")
"""Which of an image's rows one is, from 1, and how many the image has: a killed run may leave only some."""

RUN = ("options_hash", "paths_hash")
"""What tells two runs apart: the options that decide what is made, and the paths of all images in order."""

SHARD = ("shard", "position", "shard_images", "all_images", *IMAGE_ROW, *RUN)
"""What the rows of a shard have behind all others, by which they are merged.

Which shard, such as `3/16`; the image's place in the plan of all, from 1; how many images the shard has rows
of; how many the plan has, empty where only some of them were selected by the model's predictions.
"""

SECONDS = "seconds"
"""What an image took: to read it, its share of the batch in the model, and to write; empty if up to date."""


@dataclass(frozen=True)
class Row:
    """One line of the results. `outcome` is `written`, `up to date` or `failed`; `status` is the map's.

    `output_name`, `against`, `sign`, `direction` and `share_of_pixels` are there only where there is
    something to say: which of several outputs the class is one of, what it is explained against, the sign of
    a map that is not positive, whether a value is explained `up` or `down`, and how much of the picture the
    region of a segmentation takes. Of several classes as one `class_index` is `3+5`.

    `score_name` is `value` for a regression, which has neither probability nor predicted class: its `score`
    is the value itself, whichever direction is explained. `head` tells what the output was taken for.
    `max_channels`, `precision`, `tolerance` and `channels_by` are there only where they made the map less
    exact; then `passes` counts the channels that were scored, and `expected_error` is what the map is off by
    at most, as is expected, over its maximum. `threshold` to `regions` are there where parts of the map were
    asked for.

    `samples` and `seed` are there where they were asked for and the method heeds them, `smooth` is `yes` of
    maps that are the mean over changes of the image. The `residual` of `integrated-gradients` is what the sum
    of its map is off by from the `score_change` on the way from a black picture. `patch` and `stride` are
    there where they were asked of `occlusion`; `standard_error`, over the map's maximum, is that of `rise`.
    """

    image: str
    outcome: str
    status: str = ""
    layer: str = ""
    method: str = ""
    class_index: int | str | None = None
    class_name: str = ""
    output_name: str = ""
    against: str = ""
    sign: str = ""
    direction: str = ""
    share_of_pixels: float | None = None
    predicted_index: int | None = None
    predicted_name: str = ""
    score: float | None = None
    score_name: str = ""
    probability: float | None = None
    truth_index: int | None = None
    truth_name: str = ""
    head: str = ""
    preprocessing: str = ""
    scaling: str = ""
    channel_order: str = ""
    fit: str = ""
    resize_with: str = ""
    window: str = ""
    depth: int | None = None
    frame: int | None = None
    input_width: int | None = None
    input_height: int | None = None
    input_channels: int | None = None
    input_planes: int | None = None
    show_bands: str = ""
    extra: str = ""
    max_channels: int | None = None
    precision: str = ""
    image_width: int | None = None
    image_height: int | None = None
    overlay: str = ""
    figure: str = ""
    animation: str = ""
    heatmap: str = ""
    raw: str = ""
    message: str = ""
    model_sha256: str = ""
    weights_sha256: str = ""
    tool: str = ""
    seconds: float | None = None
    tolerance: float | None = None
    channels_by: str = ""
    passes: int | None = None
    expected_error: float | None = None
    threshold: str = ""
    x0: int | None = None
    y0: int | None = None
    x1: int | None = None
    y1: int | None = None
    area: int | None = None
    peak_x: int | None = None
    peak_y: int | None = None
    regions: int | None = None
    mask: str = ""
    boxes: str = ""
    samples: int | None = None
    seed: int | None = None
    smooth: str = ""
    residual: float | None = None
    score_change: float | None = None
    patch: int | None = None
    stride: int | None = None
    standard_error: float | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Row:
        """The row that a run reports, without which of its image's rows it is."""
        return cls(**{name: value for name, value in values.items() if name not in IMAGE_ROW})


PASSES = ("tolerance", "channels_by", "passes", "expected_error")
"""Columns of methods that score each channel, where it need not be all of them."""

PARTS = ("threshold", "x0", "y0", "x1", "y1", "area", "peak_x", "peak_y", "regions")
"""The largest part of a map above a threshold, where the map is highest, and how many parts there are.

In pixels of the original picture; `x1` and `y1` lie just outside. Empty where no parts were asked for.
"""

SAMPLED = "samples", "seed", "smooth", "residual", "score_change", "patch", "stride", "standard_error"
"""Columns of methods that make inputs of an image, and of maps smoothed by changes of it."""

COLUMNS = tuple(field.name for field in fields(Row))

WHOLE_NUMBERS = frozenset(
    (
        *("class_index", "predicted_index", "truth_index", "after_index", "max_channels", "depth", "frame"),
        *("passes", "samples", "seed", "patch", "stride"),
        *("image_width", "image_height", "input_width", "input_height", "input_channels", "input_planes"),
        *("filter", "changed", "images", *(name for name in SHARD if name not in ("shard", *RUN))),
        *(name for name in PARTS if name != "threshold"),
    )
)
"""Columns of any table that hold whole numbers, for formats that have types."""

TEXTS = frozenset(
    (
        *("image", "outcome", "status", "layer", "layers", "method", "class_name", "predicted_name"),
        *("output_name", "against", "sign", "direction"),
        *("truth_name", "after_name", "score_name", "head", "preprocessing", "scaling"),
        *("channel_order", "fit", "resize_with", "window", "show_bands", "precision", "channels_by"),
        *("smooth", "shard", *RUN),
        *("overlay", "heatmap", "raw", "figure", "animation", "mask", "boxes", "threshold"),
        *("panel", "output", "message", "model_sha256", "weights_sha256", "tool"),
        *("baseline", "channels", "shown", "dead", "order", "kernel", "combine", "border", "scale", "extra"),
    )
)
"""Columns of any table that hold text; those that are in neither set hold numbers."""


def target_columns(
    output_name: str, against: Sequence[str], sign: str, direction: str = "", share: float | None = None
) -> dict[str, Any]:
    """The columns `TARGET`, those that have something to say."""
    values = (output_name, ", ".join(against), "" if sign == "positive" else sign, direction, share)
    return {name: value for name, value in zip(TARGET, values, strict=True) if value not in ("", None)}


class Reporter(Protocol):
    """Receiver of a run's rows, notices and progress."""

    def notice(self, text: str) -> None:
        """Report a sentence to the user."""

    def row(self, values: Mapping[str, Any]) -> None:
        """A result, by column; `image`, `outcome` and `message` are among them."""

    def progress(self, done: int, total: int) -> None:
        """Report how many images are finished."""


class Silent:
    """A reporter to whom nobody listens."""

    def notice(self, text: str) -> None:
        """Nothing is said."""

    def row(self, values: Mapping[str, Any]) -> None:
        """Nothing is kept."""

    def progress(self, done: int, total: int) -> None:
        """Nothing is shown."""


@dataclass
class Summary:
    """Numbers of images written, up to date and failed; and of those left by a run that could not go on."""

    written: int = 0
    up_to_date: int = 0
    failed: int = 0
    left: int = 0

    def count(self, failed: bool, written: bool) -> None:
        """Count one more image: failed, or written, or up to date."""
        if failed:
            self.failed += 1
        elif written:
            self.written += 1
        else:
            self.up_to_date += 1

    def __str__(self) -> str:
        left = f", {self.left} not tried" if self.left else ""
        return f"{self.written} written, {self.up_to_date} up to date, {self.failed} failed{left}"
