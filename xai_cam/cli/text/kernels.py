"""Kernels as text: a table to read, rows for a spreadsheet, figures for a script."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any

import numpy as np

from xai_cam.cli.text.tables import lines_within
from xai_cam.kernels.describe import NAMES, WHITE, Character, describe
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.kernels.layer_picture import combined, largest

COLUMNS = ("filter", "channel", "input_channel", "row", "column", "weight", "bias")
"""Of the rows: `channel` counts those of one filter, `input_channel` those of the layer's input; each row of
a filter repeats its bias."""

PLAIN = ("zero", "gain", "not finite")
"""What has no energies that would say more."""

BANDS = (
    "low, middle, high: shares of the energy, and how many times as much that is as in a filter that lets "
    "all frequencies through alike. The names low-pass, band-pass and high-pass go by these multiples."
)

WIDEST_TEXT = 100
BAR = " | "
INDENT = "  "


@dataclass(frozen=True)
class Described:
    """One filter and its description.

    Attributes
    ----------
    filter : int
    characters : tuple of Character
        One, of the sum over the channels; or one for each channel.
    """

    filter: int
    characters: tuple[Character, ...]


def describe_filters(bank: KernelBank, filters: Sequence[int], combine: str) -> Iterator[Described]:
    """Descriptions of filters; of each kernel if `combine` is `channels`, else of their sum."""
    for index in filters:
        kernels = combined(bank.values[[index]], combine)[0]
        yield Described(index, tuple(describe(kernel) for kernel in kernels))


class Numbers:
    """Formats the numbers of one layer with one width.

    Parameters
    ----------
    values : array
        All that will be written.
    """

    def __init__(self, values: np.ndarray) -> None:
        size = largest(values)
        exponent = math.floor(math.log10(size)) if size else 0
        self.form = f".{max(0, 3 - exponent)}f" if -4 <= exponent <= 6 else ".3e"
        finite = values[np.isfinite(values)]
        ends = [float(finite.min(initial=0.0)), float(finite.max(initial=0.0))]
        ends += [-math.inf] * (finite.size < values.size)
        self.width = max(len(f"{end:{self.form}}") for end in ends)

    def __call__(self, value: float) -> str:
        """A number as text."""
        return f"{value:{self.width}{self.form}}"


def lines_of(
    bank: KernelBank, filters: Sequence[int], combine: str, file_format: str, width: int
) -> Iterator[str]:
    """The layer as text: a `table` or `brief`, a line for each filter, that are so wide; or `csv`."""
    if file_format == "csv":
        yield ",".join(COLUMNS)
        for row in rows(bank, filters):
            yield ",".join(map(str, row))
    elif file_format == "brief":
        found = list(brief(bank, filters, combine))
        yield from heading(bank, filters, combine)
        yield from wrap(BANDS, min(width, WIDEST_TEXT))
        named = found[0].index("like")
        yield from lines_within(found, width, named + 1)
        yield summary(Counter(row[named] for row in found[1:]))
    else:
        yield from table(bank, filters, combine, width)


def table(bank: KernelBank, filters: Sequence[int], combine: str, width: int) -> Iterator[str]:
    """Lines of a table: a block for each filter, its channels side by side.

    There are as many beside each other as `width` has room for; a kernel that is wider is cut into columns.
    """
    yield from heading(bank, filters, combine)
    yield from wrap(BANDS, min(width, WIDEST_TEXT))
    numbers = Numbers(bank.values[list(filters)])
    count: Counter[str] = Counter()
    for found in describe_filters(bank, filters, combine):
        yield "-" * width
        name = "" if len(found.characters) > 1 else f": {found.characters[0].name}"
        bias = "" if bank.biases is None else f", bias {bank.biases[found.filter]:.4g}"
        yield f"filter {found.filter}{name}{bias}"
        for channel, character in zip(bank.inputs[found.filter], found.characters, strict=False):
            several = f"channel {channel}: {character.name}; " if len(found.characters) > 1 else ""
            yield from (INDENT + line for line in _sentences(character, several))
        yield from _blocks(bank, found.filter, numbers, width)
        count.update(character.name for character in found.characters)
    yield "-" * width
    yield summary(count)


def brief(bank: KernelBank, filters: Sequence[int], combine: str) -> Iterator[tuple[str, ...]]:
    """Cells of a table with a line for each filter or kernel: its description, without its weights."""
    each = combine == "channels" and bank.values.shape[1] > 1
    yield (
        *("filter", *(["channel"] * each), "like", "bias", "DC gain", "largest |H|", "low", "middle", "high"),
        *("horizontal", "vertical", "diagonal", "nearest", "correlation"),
    )
    for found in describe_filters(bank, filters, combine):
        bias = "" if bank.biases is None else f"{bank.biases[found.filter]:.4g}"
        for channel, c in zip(bank.inputs[found.filter], found.characters, strict=False):
            bands, sides = (c.low, c.middle, c.high), (c.horizontal, c.vertical, c.diagonal)
            described = c.name not in PLAIN
            yield (
                *(
                    str(found.filter),
                    *([str(channel)] * each),
                    c.name,
                    bias,
                    f"{c.dc_gain:.4g}",
                    f"{c.peak:.4g}",
                ),
                *(_band(*band) if described else "" for band in zip(bands, WHITE, strict=True)),
                *(_percent(share) if described else "" for share in sides),
                *(c.nearest, f"{c.correlation:.2f}" if c.nearest else ""),
            )


def heading(bank: KernelBank, filters: Sequence[int], combine: str) -> Iterator[str]:
    """The layer's kernels, how many are shown, and what their description refers to."""
    count, channels, height, width = bank.values.shape
    yield bank.describe()
    biases = "no biases" if bank.biases is None else "a bias for each"
    shown = "" if len(filters) == count else f"; {len(filters)} of them shown"
    one, many = "s" * (count != 1), "s" * (channels != 1)
    yield f"{count:,} filter{one} of {channels:,} channel{many}, {height} x {width}, {biases}{shown}."
    if channels > 1 and combine != "channels":
        yield (
            f"Filters are described by the sum of their {channels:,} kernels: their response if all "
            "channels are equal."
        )


def summary(count: Counter[str]) -> str:
    """`Of 16: 9 mixed, 4 vertical edge, …`."""
    named = ", ".join(f"{times:,} {name}" for name, times in count.most_common())
    return f"Of {sum(count.values()):,}: {named}."


def rows(bank: KernelBank, filters: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """One row for each weight, as in `COLUMNS`."""
    for index in filters:
        bias = "" if bank.biases is None else bank.biases[index]
        for (channel, row, column), weight in np.ndenumerate(bank.values[index]):
            yield index, channel, int(bank.inputs[index, channel]), row, column, weight, bias


def as_figures(bank: KernelBank, filters: Sequence[int], combine: str) -> dict[str, Any]:
    """The layer and the descriptions of its filters, as JSON; numbers that are not finite are None."""
    each = combine == "channels"
    characters = [
        {
            "filter": found.filter,
            **(
                {"channel": channel, "input_channel": int(bank.inputs[found.filter, channel])} if each else {}
            ),
            "bias": None if bank.biases is None else _finite(float(bank.biases[found.filter])),
            **{key: _finite(value) for key, value in asdict(character).items()},
        }
        for found in describe_filters(bank, filters, combine)
        for channel, character in enumerate(found.characters)
    ]
    return {
        "layer": bank.layer,
        "kind": bank.kind,
        "part": bank.part or None,
        "shape": list(bank.stored),
        "order": bank.order,
        "filters": bank.filters,
        "channels": int(bank.values.shape[1]),
        "of": "channels" if each else "sum",
        "characters": characters,
    }


def _sentences(c: Character, start: str) -> Iterator[str]:
    if c.name in ("zero", "not finite"):
        if start:
            yield start.rstrip("; ")
        return
    near = f"{c.nearest} {c.correlation:+.2f}, " if c.nearest in NAMES else ""
    yield f"{start}{near}DC gain {c.dc_gain:.4g}, largest |H| {c.peak:.4g}"
    if c.name not in PLAIN:
        low, middle, high = map(_band, (c.low, c.middle, c.high), WHITE)
        bands = f"low {low}, middle {middle}, high {high}"
        sides = f"horizontal {_percent(c.horizontal)}, vertical {_percent(c.vertical)}"
        yield f"energy: {bands}"
        yield f"energy: {sides}, diagonal {_percent(c.diagonal)}"


def _blocks(bank: KernelBank, index: int, numbers: Numbers, width: int) -> Iterator[str]:
    """The kernels of a filter, their channels side by side and in as many rows of them as it takes."""
    fitting = max(1, (width - len(INDENT) + 1) // (numbers.width + 1))
    pieces = [
        (f"channel {channel}" if not start else f"from column {start}", kernel[:, start : start + fitting])
        for channel, kernel in zip(bank.inputs[index], bank.values[index], strict=True)
        for start in range(0, kernel.shape[1], fitting)
    ]
    longest = max(len(title) for title, _ in pieces)
    cells = [_cell(title.ljust(longest), kernel, numbers) for title, kernel in pieces]
    for line in _lines(cells, width - len(INDENT)):
        yield from (INDENT + BAR.join(parts).rstrip() for parts in zip(*line, strict=True))


def _cell(title: str, kernel: np.ndarray, numbers: Numbers) -> list[str]:
    """A kernel with its title, all lines of one length."""
    lines = [title, *(" ".join(map(numbers, row)) for row in kernel)]
    longest = max(map(len, lines))
    return [lines[0].ljust(longest), *(line.rjust(longest) for line in lines[1:])]


def _lines(cells: list[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Cells that stand side by side."""
    line: list[list[str]] = []
    used = 0
    for cell in cells:
        if line and used + len(BAR) + len(cell[0]) > width:
            yield line
            line, used = [], 0
        used += len(cell[0]) + len(BAR) * bool(line)
        line.append(cell)
    yield line


def _band(share: float, white: float) -> str:
    """A band's share of the energy, and how many times that of a filter that lets all through alike."""
    return "" if math.isnan(share) else f"{_percent(share)} ({share / white:.1f}x)"


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f} %"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
