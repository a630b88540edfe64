"""A volume drawn slice by slice, a film frame by frame, by what draws pictures, and put into one picture.

The slice where the map is highest comes first, then the others in their order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xai_cam.drawing.canvas import BLACK, THEMES, Canvas, Theme
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix

MOST = 16
"""Slices that are drawn; of more, so many at even distances, that where the map is highest among them."""

STRIP = 8
"""Up to so many stand in one row."""

WIDER = 1.5
"""More are put into rows, so that the whole is about so many times as wide as it is high."""

GAP = 3
LABELLED, LABEL = 40, 12
"""A slice is numbered if its sides are so long, in type of at least so many pixels."""


@dataclass(frozen=True)
class Slice:
    """One plane of a volume: its number from 0 on, its pixels (H, W, 3), its map (h, w) and where that lies.

    `pixels` is empty where the map alone is drawn.
    """

    number: int
    pixels: np.ndarray
    saliency_map: np.ndarray
    region: Region

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of its map."""
        return self.saliency_map.shape[0], self.saliency_map.shape[1]


def is_volume(pixels: np.ndarray) -> bool:
    """Whether pixels are those of a volume or a film, (D, H, W, 3), and not of a picture."""
    return pixels.ndim == 4


def peak_plane(saliency_map: np.ndarray, region: Region, planes: int) -> int:
    """The plane of a volume in which the middle of the highest cell of its map (d, h, w) lies."""
    first, last = region.spans[0]
    cell = int(np.abs(saliency_map).argmax()) // math.prod(saliency_map.shape[1:])
    return int(np.clip(first + (cell + 0.5) * (last - first) / len(saliency_map), 0, planes - 1))


def plane_of(saliency_map: np.ndarray, region: Region, planes: int, number: int) -> np.ndarray:
    """The map (h, w) of one plane of a volume: between the planes of its map (d, h, w) linearly."""
    weights, _ = interpolation_matrix(planes, len(saliency_map), *region.spans[0])
    return np.tensordot(weights[number], saliency_map.astype(np.float32), 1)


def drawn_order(planes: int, first: int, most: int = MOST) -> list[int]:
    """The numbers of the planes that are drawn: the `first` one, then others in their order."""
    others = [number for number in range(planes) if number != first]
    if len(others) >= most:
        places = np.linspace(0, len(others) - 1, most - 1).round().astype(int)
        others = [others[place] for place in places]
    return [first, *others]


def slices_of(
    size: Sequence[int], saliency_map: np.ndarray, region: Region, pixels: np.ndarray | None = None
) -> Iterator[Slice]:
    """The planes of a volume of `size` (D, H, W) that are drawn, that where the map is highest first."""
    planes, within = size[0], replace(region, front=None, back=None)
    for number in drawn_order(planes, peak_plane(saliency_map, region, planes)):
        shown = np.empty((0, 0, 3), np.uint8) if pixels is None else pixels[number]
        yield Slice(number, shown, plane_of(saliency_map, region, planes, number), within)


def describe_slices(size: Sequence[int], saliency_map: np.ndarray, region: Region) -> str:
    """A line on the slices that are drawn of a volume of `size` (D, H, W), and on that which comes first."""
    first, last = peak_plane(saliency_map, region, size[0]), size[0] - 1
    others = "the others" if size[0] <= MOST else f"{MOST - 1} of the others"
    where = ", where the map is highest" if saliency_map.any() else ""
    return f"Slice {first} of 0 to {last} first{where}, then {others} in their order"


def by_slices(
    size: Sequence[int],
    saliency_map: np.ndarray,
    region: Region,
    draw: Callable[[Slice], np.ndarray],
    pixels: np.ndarray | None = None,
) -> np.ndarray:
    """A volume of `size` (D, H, W) as one picture, each of its slices by `draw`."""
    slices = list(slices_of(size, saliency_map, region, pixels))
    return montage([draw(one) for one in slices], [one.number for one in slices])


def in_drawn_order(pixels: np.ndarray, saliency_map: np.ndarray, region: Region) -> np.ndarray:
    """A volume as one picture of the slices that its map is drawn on, in their order; a picture as it is."""
    if not is_volume(pixels):
        return pixels
    return by_slices(pixels.shape[:-1], saliency_map, region, lambda s: s.pixels, pixels)


def flat(pixels: np.ndarray) -> np.ndarray:
    """A volume (D, H, W, 3) as one picture of its slices in their order; a picture as it is."""
    if not is_volume(pixels):
        return pixels
    planes = len(pixels)
    numbers = range(planes) if planes <= MOST else np.linspace(0, planes - 1, MOST).round().astype(int)
    return montage([pixels[number] for number in numbers], [int(number) for number in numbers])


def across(count: int, size: Sequence[int]) -> int:
    """How many pictures of `size` (H, W) stand in a row."""
    if count <= STRIP:
        return count
    best = math.sqrt(WIDER * count * size[0] / size[1])
    nearly = [number for number in range(1, count + 1) if abs(number - best) <= 1.5] or [count]
    return min(
        nearly, key=lambda number: (-count % number, abs(number - best))
    )  # the last row full, if it can be


def montage(
    tiles: Sequence[np.ndarray], numbers: Sequence[int], theme: Theme = THEMES["light"]
) -> np.ndarray:
    """Pictures (H, W, 3) of one size in rows, each with its number in its corner where there is room."""
    height, width = tiles[0].shape[:2]
    columns = across(len(tiles), (height, width))
    rows = math.ceil(len(tiles) / columns)
    canvas = Canvas(rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, theme)
    for place, (tile, number) in enumerate(zip(tiles, numbers, strict=True)):
        top, left = (
            at * (side + GAP) for at, side in zip(divmod(place, columns), (height, width), strict=True)
        )
        canvas.put(tile, top, left)
        if min(height, width) >= LABELLED:
            _label(canvas, str(number), top, left, max(LABEL, height // 14))
    return canvas.pixels


def _label(canvas: Canvas, text: str, top: int, left: int, size: int) -> None:
    """A number in the corner of a picture, with dark edges, which is seen on everything."""
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)):
        canvas.write(text, top + 2 + down, left + 4 + right, size=size, ink=BLACK)
    canvas.write(text, top + 2, left + 4, size=size, ink=(255, 255, 255))
