"""Do the heat maps of the cat-and-dog models point at the animals? On 40 photos with boxes drawn by hand.

Run ``python point_at_animals.py FOLDER``, where FOLDER holds ``cat/`` and ``dog/`` with the photos that
``animal_boxes.csv`` names. Each model's figures, photo by photo, go into ``report/pointing.csv`` beside it.
"""

import argparse
import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from photos import CLASSES

from xai_cam import explain, load_model, prepare
from xai_cam.drawing.overlay import place
from xai_cam.metrics.pointing import energy_pointing, pointing_game

HERE = Path(__file__).parent
BOXES = HERE / "animal_boxes.csv"
METHODS = ("grad-cam", "score-cam")


class Box(NamedTuple):
    """A rectangle in the pixels of a photo; the far edges lie outside."""

    left: int
    top: int
    right: int
    bottom: int


class Photo(NamedTuple):
    """Of which class a photo is, and its name in the folder of that class."""

    kind: str
    name: str


@dataclass(frozen=True)
class Pointing:
    """Where one map of one photo points: does its peak hit the boxes, and which share of it lies inside?

    `energy`: that share, NaN for a blank map. `filled`: the share of the photo that the boxes fill.
    """

    photo: Photo
    method: str
    hit: bool
    energy: float
    filled: float


def read_boxes(file: Path = BOXES) -> dict[Photo, list[Box]]:
    """The boxes of each photo, one an animal."""
    boxes: dict[Photo, list[Box]] = {}
    with file.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            box = Box(*(int(row[side]) for side in Box._fields))
            boxes.setdefault(Photo(row["class"], row["image"]), []).append(box)
    return boxes


def cover(boxes: Iterable[Box], height: int, width: int) -> np.ndarray:
    """The pixels of a photo that lie in any of its boxes, (height, width) bool."""
    mask = np.zeros((height, width), bool)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def point(model: Path, photos: Path, boxes: dict[Photo, list[Box]]) -> list[Pointing]:
    """Explain the true class of each photo at the model's default layer, and compare maps and boxes."""
    network = load_model(model / "model.json", model / "model.weights.h5")
    images = prepare(network, [photos / kind / name for kind, name in boxes], "unit")
    truth = np.array([CLASSES.index(photo.kind) for photo in boxes])
    found = []
    explained = explain(network, images, method=METHODS, target_class=truth).by_image
    for (photo, drawn), pixels, region, maps in zip(
        boxes.items(), images.pixels, images.regions, explained, strict=True
    ):
        mask = cover(drawn, *pixels.shape[:2])
        for one in maps:
            placed, _ = place(one.saliency_map, region, mask.shape)
            hit = pointing_game(placed, mask) > 0
            energy = energy_pointing(placed, mask)
            found.append(Pointing(photo, one.method, hit, energy, float(mask.mean())))
    return found


@dataclass(frozen=True)
class Summary:
    """How the maps of one method point: how many peaks hit, and means over the photos.

    `energy` is a mean over the maps that are not blank.
    """

    method: str
    photos: str
    count: int
    hits: int
    blank: int
    energy: float
    filled: float


def summarise(found: Sequence[Pointing]) -> list[Summary]:
    """For each method, over all photos, and over those on which a blind map would miss more than it hits."""
    summaries = []
    for method in dict.fromkeys(one.method for one in found):
        for photos, most in (("all", 1.0), ("animals fill at most half", 0.5)):
            chosen = [one for one in found if one.method == method and one.filled <= most]
            if chosen:
                hits = sum(one.hit for one in chosen)
                energies = [one.energy for one in chosen if not math.isnan(one.energy)]
                energy = sum(energies) / len(energies) if energies else math.nan
                filled = sum(one.filled for one in chosen) / len(chosen)
                blank = len(chosen) - len(energies)
                summaries.append(Summary(method, photos, len(chosen), hits, blank, energy, filled))
    return summaries


def write(found: Sequence[Pointing], target: Path) -> None:
    """Write a line for each map."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("image", "class", "method", "hit", "energy", "filled"))
        for one in found:
            kind, name = one.photo
            writer.writerow((name, kind, one.method, int(one.hit), f"{one.energy:.4f}", f"{one.filled:.4f}"))


def measure(model: Path, photos: Path) -> list[Pointing]:
    """Play the game with one model, and write its figures; nothing where the photos are not there."""
    boxes = read_boxes()
    if not all((photos / photo.kind / photo.name).is_file() for photo in boxes):
        return []
    found = point(model, photos, boxes)
    write(found, model / "report" / "pointing.csv")
    return found


def main() -> None:
    """Measure, write and tell."""
    parser = argparse.ArgumentParser(description="Play the pointing game with the cat-and-dog models.")
    parser.add_argument("photos", type=Path, help="folder of cat/ and dog/")
    parser.add_argument("models", nargs="*", default=("dogcat", "dogcat_small"), help="default: both")
    options = parser.parse_args()
    for name in options.models:
        found = measure(HERE / name, options.photos)
        if not found:
            parser.error(f"{options.photos} lacks photos that {BOXES.name} names.")
        for row in summarise(found):
            print(
                f"{name}, {row.method}, {row.photos}: {row.hits} of {row.count} peaks on an animal, "
                f"{row.energy:.0%} of the map on it, boxes fill {row.filled:.0%}, {row.blank} blank"
            )


if __name__ == "__main__":
    main()
