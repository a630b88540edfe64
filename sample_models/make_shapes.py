"""Draw pictures of textured shapes on cluttered backgrounds, with the mask of every shape.

Every picture follows from a random generator alone, in lengths relative to the picture's side, so
that one seed gives one picture at any size. Colour and texture are drawn without regard to the
shape: only the outline tells the class.

Run ``python make_shapes.py FOLDER --count 12 --seed 0 --size 288`` to write some pictures.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Outline = list[npt.NDArray[np.float64]]

CLASSES = ("circle", "square", "triangle", "star", "cross", "heart")
DISTRACTORS = ("ellipse", "bar", "ring", "crescent", "blob")

SUPERSAMPLING = 3
GAP = 0.02
SIDEWAYS = 0.6
TURN = 2 * np.pi


@dataclass(frozen=True)
class SceneObject:
    """One shape in a picture: its class name and the pixels that it covers."""

    name: str
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    """A picture, RGB of shape (size, size, 3), and the objects of the known classes in it."""

    picture: Bytes
    objects: tuple[SceneObject, ...]

    def mask_of(self, name: str) -> npt.NDArray[np.bool_]:
        """Return the pixels of all objects of the class `name`."""
        mask = np.zeros(self.picture.shape[:2], bool)
        for item in self.objects:
            if item.name == name:
                mask |= item.mask
        return mask


@dataclass(frozen=True)
class _Place:
    """Where an object lies: centre and radius as shares of the picture's side."""

    x: float
    y: float
    radius: float


def _polar(angles: npt.ArrayLike, radii: npt.ArrayLike = 1.0) -> npt.NDArray[np.float64]:
    angles = np.asarray(angles, float)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=-1)


def _arc(start: float = 0.0, stop: float = TURN, count: int = 64) -> npt.NDArray[np.float64]:
    return np.linspace(start, stop, count, endpoint=stop - start < TURN)


def _star() -> Outline:
    return [_polar(_arc(count=10), np.tile([1.0, 0.53], 5))]


def _cross() -> Outline:
    far, near = 0.93, 0.36
    arm = np.array([[far, -near], [far, near], [near, near]])
    quarter = np.array([[0, 1], [-1, 0]])
    return [np.concatenate([arm @ np.linalg.matrix_power(quarter, k) for k in range(4)])]


def _heart() -> Outline:
    t = _arc()
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    line = np.stack([x, -y - 2], axis=-1)
    return [line / np.hypot(*line.T).max()]


def _crescent(rng: np.random.Generator) -> Outline:
    cut = rng.uniform(0.3, 0.45)
    inner = _polar(_arc(-TURN / 4, TURN / 4)) * [cut, 1]
    return [np.concatenate([_polar(_arc(-TURN / 4, TURN / 4)), inner[::-1]])]


def _blob(rng: np.random.Generator) -> Outline:
    t = _arc()
    waves = sum(rng.uniform(0.12, 0.25) * np.sin(k * t + rng.uniform(0, TURN)) for k in (2, 3, 5))
    radii = 1 + np.asarray(waves)
    return [_polar(t, radii / radii.max())]


_OUTLINES: dict[str, Callable[[np.random.Generator], Outline]] = {
    "circle": lambda rng: [_polar(_arc())],
    "square": lambda rng: [_polar(_arc(count=4))],
    "triangle": lambda rng: [_polar(_arc(count=3))],
    "star": lambda rng: _star(),
    "cross": lambda rng: _cross(),
    "heart": lambda rng: _heart(),
    "ellipse": lambda rng: [_polar(_arc()) * [1, rng.uniform(0.4, 0.55)]],
    "bar": lambda rng: [_polar(_arc(count=4) + TURN / 8) * [1.35, rng.uniform(0.25, 0.45)]],
    "ring": lambda rng: [_polar(_arc()), _polar(_arc(), rng.uniform(0.6, 0.7))],
    "crescent": _crescent,
    "blob": _blob,
}


def _colour(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> Floats:
    hsv = np.array([[[rng.uniform(0, 360), rng.uniform(*saturation), rng.uniform(*value)]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] * 255, np.float32)


def _noise(rng: np.random.Generator, cells: int, size: int, channels: int = 1) -> Floats:
    grid = rng.normal(size=(cells, cells, channels)).astype(np.float32)
    smooth = cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth, np.float32).reshape(size, size, channels)


def _background(rng: np.random.Generator, size: int) -> Floats:
    """Draw a quiet backdrop, enlarged for painting: a gradient, soft noise, thin lines, small specks."""
    first, second = (_colour(rng, (0.0, 0.3), (0.35, 0.95)) for _ in range(2))
    angle = rng.uniform(0, TURN)
    ramp = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    blend = 0.5 + 0.7 * (np.cos(angle) * ramp[None, :, None] + np.sin(angle) * ramp[:, None, None])
    canvas = first + (second - first) * np.clip(blend, 0, 1).astype(np.float32)
    canvas += rng.uniform(4, 12) * _noise(rng, 6, size) + rng.uniform(2, 7) * _noise(rng, 64, size, 3)

    canvas = np.asarray(cv2.resize(canvas, None, fx=SUPERSAMPLING, fy=SUPERSAMPLING), np.float32)
    size *= SUPERSAMPLING

    def mark_colour() -> list[float]:
        colour: list[float] = np.clip((first + second) / 2 + rng.normal(0, 35, 3), 0, 255).tolist()
        return colour

    for _ in range(rng.integers(3, 9)):
        ends = (rng.uniform(-0.1, 1.1, (2, 2)) * size).astype(int).tolist()
        width = max(1, round(rng.uniform(0.004, 0.01) * size))
        cv2.line(canvas, ends[0], ends[1], mark_colour(), width)
    for _ in range(rng.integers(10, 40)):
        centre = (rng.uniform(0, 1, 2) * size).astype(int).tolist()
        cv2.circle(canvas, centre, max(1, round(rng.uniform(0.004, 0.012) * size)), mark_colour(), -1)
    return canvas


def _texture(rng: np.random.Generator, size: int) -> Floats:
    """Draw a square of stripes, checks, dots, noise or a gradient in two related colours."""
    kind = str(rng.choice(["stripes", "checks", "dots", "noise", "gradient"]))
    angle, waves, phase = rng.uniform(0, TURN), rng.uniform(7, 13), rng.uniform(0, TURN)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    u = np.cos(angle) * ramp[None, :] + np.sin(angle) * ramp[:, None]
    v = np.cos(angle) * ramp[:, None] - np.sin(angle) * ramp[None, :]
    grain = _noise(rng, 9, size)[..., 0]
    patterns: dict[str, Callable[[], Floats]] = {
        "stripes": lambda: 0.5 + 2 * np.sin(waves * u + phase),
        "checks": lambda: 0.5 + 3 * np.sin(waves * 0.7 * u + phase) * np.sin(waves * 0.7 * v),
        "dots": lambda: 2 * (np.cos(waves * u + phase) + np.cos(waves * v) - 0.7),
        "noise": lambda: 0.5 + 0.4 * grain,
        "gradient": lambda: 0.5 + 0.6 * u,
    }
    pattern = patterns[kind]()
    base = _colour(rng, (0.55, 0.95), (0.6, 1.0))
    other = np.clip(base * rng.uniform(0.55, 0.8) + rng.uniform(0, 60, 3), 0, 255).astype(np.float32)
    blend = np.clip(pattern, 0, 1).astype(np.float32)[..., None]
    return np.asarray(base + (other - base) * blend, np.float32)


def _paint(
    rng: np.random.Generator, canvas: Floats, name: str, place: _Place, turn_by: float | None = None
) -> Bytes:
    """Paint one textured object with a dark rim on the canvas and return its pixels as 0 or 255."""
    size = canvas.shape[0]
    angle = rng.uniform(0, TURN)
    angle = angle if turn_by is None else turn_by
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    outline = [(line @ turn * place.radius + [place.x, place.y]) * size for line in _OUTLINES[name](rng)]
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(line * 16).astype(np.int32) for line in outline], 255, shift=4)

    half = int(place.radius * size) + 4
    left, top = int(place.x * size) - half, int(place.y * size) - half
    box = np.s_[max(top, 0) : top + 2 * half, max(left, 0) : left + 2 * half]
    patch = _texture(rng, 2 * half)[max(-top, 0) :, max(-left, 0) :]
    patch = patch[: canvas[box].shape[0], : canvas[box].shape[1]]
    depth = cv2.distanceTransform(mask[box], cv2.DIST_L2, 3)
    patch[depth < 0.01 * size] *= 0.5
    np.copyto(canvas[box], patch, where=mask[box][..., None] > 0)
    return mask


def _places(rng: np.random.Generator, count: int, halves: bool = False) -> list[_Place]:
    """Find places for `count` objects that do not touch; where room is short, objects shrink.

    `halves`: the first lies left of the middle, the second right of it.
    """
    shrink = 1.0
    while True:
        places: list[_Place] = []
        for _ in range(count * 20):
            radius = shrink * rng.uniform(0.12, 0.19)
            x, y = rng.uniform(radius + 0.01, 0.99 - radius, 2)
            if halves and len(places) < 2 and (x if places else 1 - x) < SIDEWAYS:
                continue
            if all(np.hypot(x - p.x, y - p.y) > radius + p.radius + GAP for p in places):
                places.append(_Place(x, y, radius))
            if len(places) == count:
                return places
        shrink *= 0.98


def draw_scene(
    rng: np.random.Generator,
    classes: Sequence[str],
    size: int = 96,
    *,
    halves: bool = False,
    turn: float | None = None,
) -> Scene:
    """Draw one object of every given class and two or three distractors.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of all chance; equal generators give equal pictures.
    classes : sequence of str
        Names out of `CLASSES`; it may be empty.
    size : int, optional
        Side of the picture in pixels.
    halves : bool, optional
        Whether the first object lies in the left half and the second in the right one.
    turn : float, optional
        How far the first object is turned clockwise, in radians; default: each by chance.

    Returns
    -------
    Scene
        The picture and the objects of the given classes, in the given order.
    """
    unknown = sorted(set(classes) - set(CLASSES))
    if unknown:
        raise ValueError(f"unknown class {unknown[0]!r}: the classes are {', '.join(CLASSES)}")
    canvas = _background(rng, size)
    names = [*classes, *rng.choice(DISTRACTORS, rng.integers(2, 4), replace=False).tolist()]
    places = _places(rng, len(names), halves)
    turns = [turn, *[None] * (len(names) - 1)]
    objects = []
    for name, place, turn_by in zip(names, places, turns, strict=True):
        fine = _paint(rng, canvas, name, place, turn_by)
        if name in CLASSES:
            mask = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA) > 127
            objects.append(SceneObject(name, mask))
    picture = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return Scene(np.clip(np.round(picture), 0, 255).astype(np.uint8), tuple(objects))


def main() -> None:
    """Write pictures and object masks as PNG files."""
    parser = argparse.ArgumentParser(description="Draw pictures of textured shapes and their masks.")
    parser.add_argument("folder", type=Path, help="folder to write to; it is made where it is missing")
    parser.add_argument("--count", type=int, default=12, help="number of pictures (default: 12)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the pictures (default: 0)")
    parser.add_argument("--size", type=int, default=288, help="side in pixels (default: 288)")
    parser.add_argument("--objects", type=int, choices=(1, 2), default=1, help="class objects (default: 1)")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    for number in range(options.count):
        classes = rng.choice(CLASSES, options.objects, replace=False).tolist()
        scene = draw_scene(rng, classes, options.size)
        stem = f"{number:03d}_{'_'.join(classes)}"
        cv2.imwrite(str(options.folder / f"{stem}.png"), cv2.cvtColor(scene.picture, cv2.COLOR_RGB2BGR))
        for item in scene.objects:
            path = options.folder / f"{stem}.mask_{item.name}.png"
            cv2.imwrite(str(path), item.mask.astype(np.uint8) * 255)


if __name__ == "__main__":
    main()
