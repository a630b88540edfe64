"""Which axes of a tensor run along the rows and the columns of the picture, and over which part of it.

Those of a volume or of a film run along its planes too: its slices, or its frames.

An axis is a product of parts, the outermost first: the tokens of a transformer run over (rows, columns),
a window over a few neighbouring rows. `Reshape` and `Transpose` only regroup parts, so that a grid is
known again after any number of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

PLANES, ROWS, COLUMNS, OTHER = "planes", "rows", "columns", ""

DIRECTIONS = PLANES, ROWS, COLUMNS
"""Ways that an axis runs over the input, in the order in which maps have them."""


@dataclass(frozen=True)
class Part:
    """A factor of an axis: `size` steps of `stride` cells along one direction of the picture, or none.

    `grid` is set for tokens that stand among others (a class token): what they run over, and how many
    others come `before` and after.
    """

    along: str
    size: int
    stride: int = 1
    grid: tuple[Part, ...] = ()
    before: int = 0

    @property
    def spatial(self) -> bool:
        """Whether it runs over places of the picture."""
        return self.along != OTHER or bool(self.grid)


Axis = tuple[Part, ...]


@dataclass(frozen=True)
class Extent:
    """The planes, rows or columns of the input that an axis covers, in pixels of the input, and its `cells`.

    `start` > `stop` says that the axis runs backwards. `unpadded` is the extent before a padding that the
    next convolution may use up, `rolled` by which share of it all was shifted, over its end.

    The border that a window without padding leaves out does not count, unless the extent is `exact`.
    """

    start: float
    stop: float
    cells: int
    unpadded: Extent | None = None
    rolled: float = 0.0
    exact: bool = False

    @property
    def step(self) -> float:
        """Pixels of the input from one cell to the next."""
        return (self.stop - self.start) / self.cells

    def cut(self, begin: float, end: float, cells: int) -> Extent:
        """The part from cell `begin` to cell `end`, which may lie outside."""
        first, last = self.start + begin * self.step, self.start + end * self.step
        return Extent(first, last, cells, exact=self.exact)

    def resampled(self, cells: int) -> Extent:
        """The same part of the picture on another number of cells."""
        return Extent(self.start, self.stop, cells, rolled=self.rolled, exact=self.exact)

    def without_padding(self, kernel: int, cells: int, stride: int = 1) -> Extent:
        """The extent behind a window that adds no border of its own: it uses up a padding before it."""
        found = self
        while found.unpadded and self.cells - found.unpadded.cells < kernel:
            found = found.unpadded
        if not self.exact or found is not self:
            return found.resampled(cells)
        begin = (kernel - stride) / 2
        return self.cut(begin, begin + cells * stride, cells)

    def spread(self, kernel: int, cells: int, stride: int) -> Extent:
        """The extent behind a transposed window that cuts nothing off."""
        begin = (1 - kernel / stride) / 2
        return self.cut(begin, begin + cells / stride, cells) if self.exact else self.resampled(cells)

    def apart(self, other: Extent) -> float:
        """How far the ends of two extents lie apart, in pixels of the input."""
        return max(abs(self.start - other.start), abs(self.stop - other.stop))


@dataclass(frozen=True)
class Layout:
    """Where the numbers of a tensor lie in the picture.

    Attributes
    ----------
    axes : tuple of Axis
        One for each axis of the tensor; parts of size 1 are left out.
    rows, columns : Extent
        What the tensor covers of the input.
    doubt : str
        What happened on the way that may have moved pixels in an unknown manner; empty if nothing did.
    planes : Extent, optional
        What it covers of a volume's slices or a film's frames; None for pictures, which are one plane.
    """

    axes: tuple[Axis, ...]
    rows: Extent
    columns: Extent
    doubt: str = ""
    planes: Extent | None = None

    @property
    def directions(self) -> tuple[str, ...]:
        """Those that the input has: rows and columns, and planes before them in a volume or a film."""
        return DIRECTIONS if self.planes else DIRECTIONS[1:]

    @property
    def cells(self) -> tuple[int, ...]:
        """How many there are along each direction."""
        return tuple(self.extent(along).cells for along in self.directions)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(length(axis) for axis in self.axes)

    @property
    def spatial(self) -> bool:
        """Whether any axis runs over places of the picture."""
        return any(runs(axis) for axis in self.axes)

    @property
    def lost(self) -> bool:
        """Whether it is of a tensor that holds places of the picture in an unknown manner."""
        return not self.axes

    def extent(self, along: str) -> Extent:
        """Of the planes, the rows or the columns."""
        found = {PLANES: self.planes, ROWS: self.rows}.get(along, self.columns)
        assert found is not None, "a picture has no planes"
        return found

    def with_extent(self, along: str, extent: Extent) -> Layout:
        """The same with another extent of the planes, the rows or the columns."""
        if along == PLANES:
            return replace(self, planes=extent)
        return replace(self, rows=extent) if along == ROWS else replace(self, columns=extent)

    def with_extents_of(self, other: Layout) -> Layout:
        """The same with all extents of another."""
        return replace(self, planes=other.planes, rows=other.rows, columns=other.columns)

    def cut(self, along: str, begin: float, end: float, cells: int) -> Layout:
        """The same with those from `begin` to `end` along a direction; of rolled ones, nobody knows which."""
        extent = self.extent(along)
        found = self.doubted("roll") if extent.rolled else self
        return found.with_extent(along, extent.cut(begin, end, cells))

    def settled(self) -> Layout:
        """The same after something that uses up no padding."""
        found = self
        for along in self.directions:
            found = found.with_extent(along, replace(self.extent(along), unpadded=None))
        return found

    def whole(self, axis: int) -> str:
        """`planes`, `rows` or `columns` where an axis runs once over all of them, in order; else empty.

        What stands behind them inside the axis makes its cells finer.
        """
        parts = self.axes[axis]
        if not parts or parts[0].along == OTHER or runs(parts[1:]):
            return OTHER
        first = parts[0]
        complete = first.stride == 1 and first.size == self.extent(first.along).cells
        return first.along if complete else OTHER

    def refined(self) -> Layout:
        """The same with cells as fine as the axes are long: of places that were repeated, each counts."""
        found = self
        for at, axis in enumerate(self.axes):
            along = self.whole(at)
            alone = sum(part.along == along for other_axis in self.axes for part in _inner(other_axis)) == 1
            if along and alone and len(axis) > 1:
                axes = (*found.axes[:at], (Part(along, length(axis)),), *found.axes[at + 1 :])
                extent = found.extent(along).resampled(length(axis))
                found = replace(found, axes=axes).with_extent(along, extent)
        return found

    def coarsened(self) -> Layout:
        """The same with cells no finer than what is left: the patches, where places within them are gone."""
        found = self
        for along in self.directions:
            parts = [part for axis in self.axes for part in _inner(axis) if part.along == along]
            step, cells = min((part.stride for part in parts), default=1), self.extent(along).cells
            if step > 1 and cells % step == 0 and all(part.stride % step == 0 for part in parts):
                axes = tuple(_coarser(axis, along, step) for axis in found.axes)
                found = replace(found, axes=axes).with_extent(
                    along, self.extent(along).resampled(cells // step)
                )
        return found

    def doubted(self, doubt: str) -> Layout:
        """The same, with a doubt unless there is one already."""
        return self if self.doubt else replace(self, doubt=doubt)


def length(axis: Axis) -> int:
    """How many numbers lie along an axis."""
    return math.prod(part.size for part in axis)


def runs(axis: Axis) -> bool:
    """Whether an axis runs over places of the picture."""
    return any(part.spatial for part in axis)


def ways(axis: Axis) -> list[str]:
    """The directions in the order in which an axis runs over them."""
    return [part.along for part in _inner(axis) if part.spatial]


def _inner(axis: Axis) -> Axis:
    """The parts of an axis, those of a grid among other tokens included."""
    return tuple(one for part in axis for one in (part.grid or (part,)))


def _coarser(axis: Axis, along: str, step: int) -> Axis:
    """The axis with the strides of one kind of part divided by `step`."""
    return tuple(
        replace(part, grid=_coarser(part.grid, along, step))
        if part.grid
        else replace(part, stride=part.stride // step if part.along == along else part.stride)
        for part in axis
    )


def axis_of(along: str, size: int) -> Axis:
    """An axis that runs along a direction of the picture, or none; one of a single place has no parts."""
    return (Part(along, size),) if size != 1 else ()


def other(size: int) -> Axis:
    """An axis that does not run over the picture."""
    return axis_of(OTHER, size)


def joined(parts: Iterable[Part]) -> Axis:
    """The parts as one axis: neighbours that make up a longer part become one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if part.size == 1 and not part.grid:
            continue
        if last and not last.spatial and not part.spatial:
            found[-1] = Part(OTHER, last.size * part.size)
        elif (
            last
            and part.along != OTHER
            and last.along == part.along
            and last.stride == part.size * part.stride
        ):
            found[-1] = Part(part.along, last.size * part.size, part.stride)
        else:
            found.append(part)
    return tuple(found)


def reshaped(layout: Layout, shape: Sequence[int]) -> Layout | None:
    """The layout of the same numbers under another shape; None where they fall in between."""
    waiting = [part for axis in layout.axes for part in axis][::-1]
    axes = []
    for size in shape:
        taken: list[Part] = []
        missing = size
        while missing > 1:
            if not waiting:
                return None
            part = waiting.pop()
            if missing % part.size == 0:
                taken.append(part)
                missing //= part.size
                continue
            if part.size % missing or part.grid:
                return None
            inner = part.size // missing
            taken.append(Part(part.along, missing, part.stride * inner))
            waiting.append(Part(part.along, inner, part.stride))
            missing = 1
        axes.append(joined(taken))
    return None if waiting else replace(layout, axes=tuple(axes)).settled()
