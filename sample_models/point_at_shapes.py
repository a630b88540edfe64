"""Do the heat maps of a segmentation, of two inputs and of a regression point at what they are asked about?

Run ``python point_at_shapes.py``: on 200 fresh pictures for each of the three sample models it plays the
pointing game (Zhang et al. 2016), and writes what it finds into the model's card and ``report/pointing.csv``.
"""

import argparse
import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import train_shapes_regression as regression
import train_shapes_two_inputs as two_inputs
import train_shapes_unet as unet
from make_shapes import CLASSES
from shapes_training import as_inputs

from xai_cam import explain, load_model
from xai_cam.drawing.overlay import place
from xai_cam.evaluation.figures import wilson_interval
from xai_cam.images.picture import Region
from xai_cam.metrics.pointing import energy_pointing, pointing_game

HERE = Path(__file__).parent
METHODS = ("grad-cam", "score-cam")
COUNT = 200
POINTING = 9
"""The split of these pictures: no training, validation or test has seen them."""
INSTEAD = ", on the other one"
HEADING = "## Where its maps point"
Masks = npt.NDArray[np.bool_]


class Question(NamedTuple):
    """What is asked of a model about all pictures: its inputs, where their answers lie, and what is asked."""

    title: str
    images: Any
    masks: Masks
    asked: dict[str, Any]


@dataclass(frozen=True)
class Pointing:
    """Where one map of one picture points: is its peak in the mask, and which share of it lies there?

    `energy`: that share, NaN for a blank map. `filled`: the share of the picture that the mask fills.
    """

    question: str
    method: str
    picture: int
    hit: bool
    energy: float
    filled: float


def about_the_unet(count: int, seed: int) -> list[Question]:
    """Why are these pixels that shape? At the last maps, and at the coarsest ones."""
    scenes = [scene for i in range(2 * count) if (scene := unet.draw(seed, POINTING, i)).objects][:count]
    pictures = as_inputs(np.stack([scene.picture for scene in scenes]))
    masks = np.stack([scene.objects[0].mask for scene in scenes])
    classes = np.array([unet.LABELS.index(scene.objects[0].name) for scene in scenes])
    return [
        Question(f"the first shape, at `{layer}`", pictures, masks, {"target_class": classes, "layer": layer})
        for layer in ("relu_bottom3", "relu_up1")
    ]


def about_two_inputs(count: int, seed: int) -> list[Question]:
    """Why is that shape on the side asked for? The same pictures are asked for both sides.

    Peaks on the shape that is not asked for are counted too: there should be none.
    """
    scenes = [two_inputs.draw(seed, POINTING, i) for i in range(count)]
    pictures = as_inputs(np.stack([scene.picture for scene in scenes]))
    found = []
    masks = [np.stack([scene.objects[side].mask for scene in scenes]) for side in range(2)]
    for title, side in (("left", two_inputs.LEFT), ("right", two_inputs.RIGHT)):
        classes = {"target_class": np.array([CLASSES.index(scene.objects[side].name) for scene in scenes])}
        images = two_inputs.ask(pictures, np.full(count, side))
        found.append(Question(f"the {title} shape", images, masks[side], classes))
        found.append(Question(f"the {title} shape{INSTEAD}", images, masks[1 - side], classes))
    return found


def about_the_regression(count: int, seed: int) -> list[Question]:
    """What makes the area large, and what turns the angle to the side that the heart is turned to?"""
    drawn = [regression.draw(seed, POINTING, i) for i in range(count)]
    pictures = as_inputs(np.stack([scene.picture for scene, _ in drawn]))
    masks = np.stack([scene.mask_of(regression.SHAPE) for scene, _ in drawn])
    right = np.array([angle > 0 for _, angle in drawn])
    return [
        Question("the area, up", pictures, masks, {"target_class": "area:up"}),
        Question("a positive angle, up", pictures[right], masks[right], {"target_class": "angle:up"}),
        Question("a negative angle, down", pictures[~right], masks[~right], {"target_class": "angle:down"}),
    ]


MODELS: dict[str, Callable[[int, int], list[Question]]] = {
    unet.NAME: about_the_unet,
    two_inputs.NAME: about_two_inputs,
    regression.NAME: about_the_regression,
}


def point(model: Path, questions: Sequence[Question], methods: Sequence[str] = METHODS) -> list[Pointing]:
    """Explain all pictures of all questions, and compare maps and masks."""
    network, labels = load_model(model / "model.json", model / "model.weights.h5"), model / "labels.txt"
    found = []
    for question in questions:
        explained = explain(network, question.images, method=methods, labels=labels, **question.asked)
        for picture, (mask, maps) in enumerate(zip(question.masks, explained.by_image, strict=True)):
            for one in maps:
                placed, _ = place(one.saliency_map, Region(0, 0, *mask.shape), mask.shape)
                hit, energy = pointing_game(placed, mask) > 0, energy_pointing(placed, mask)
                row = Pointing(question.title, one.method, picture, hit, energy, float(mask.mean()))
                found.append(row)
    return found


def table(found: Sequence[Pointing]) -> str:
    """A row for each question and method: how many peaks hit, and means over the pictures."""
    rows = [
        "| asked about | method | peaks inside | 95 % interval | of the map inside | filled | blank |",
        "|---|---|---|---|---|---|---|",
    ]
    for question, method in dict.fromkeys((one.question, one.method) for one in found):
        chosen = [one for one in found if (one.question, one.method) == (question, method)]
        hits, count = sum(one.hit for one in chosen), len(chosen)
        low, high = wilson_interval(hits, count)
        energies = np.array([one.energy for one in chosen])
        blank, filled = int(np.isnan(energies).sum()), np.mean([one.filled for one in chosen])
        energy = f"{np.nanmean(energies):.0%}" if blank < count else "-"
        shares = f"{low:.1%} to {high:.1%} | {energy} | {filled:.1%}"
        rows.append(f"| {question} | {method} | {hits} of {count} | {shares} | {blank} |")
    return "\n".join(rows)


def section(found: Sequence[Pointing], seed: int) -> str:
    """What a card says of it."""
    return f"""{HEADING}

Fresh pictures, of the seeds `({seed}, {POINTING}, i)`, explained by xai-cam. A map hits if its peak lies on
the shape that the question is about (the pointing game, Zhang et al. 2016); a map that knows nothing would
hit as often as that shape fills the pictures (`filled`). Intervals are Wilson's. `report/pointing.csv` has
every picture, and `python sample_models/point_at_shapes.py` does it again.

{table(found)}

"""


def put_into(card: str, text: str) -> str:
    """A card with this section, in the place of an older one or before the last."""
    without = re.sub(rf"{HEADING}\n.*?(?=^## )", "", card, flags=re.DOTALL | re.MULTILINE)
    before, last, after = without.partition("## Not for")
    return before + text + last + after


def write(found: Sequence[Pointing], target: Path) -> None:
    """Write a line for each map."""
    target.parent.mkdir(exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("asked about", "method", "picture", "hit", "energy", "filled"))
        for one in found:
            shares = f"{one.energy:.4f}", f"{one.filled:.4f}"
            writer.writerow((one.question, one.method, one.picture, int(one.hit), *shares))


def main() -> None:
    """Measure, write and tell."""
    parser = argparse.ArgumentParser(description="Play the pointing game with the models of drawn shapes.")
    parser.add_argument("models", nargs="*", default=tuple(MODELS), help="default: all three")
    parser.add_argument("--count", type=int, default=COUNT, help=f"pictures a model (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=0, help="seed of the pictures (default: 0)")
    options = parser.parse_args()
    for name in options.models:
        folder = HERE / name
        found = point(folder, MODELS[name](options.count, options.seed))
        write(found, folder / "report" / "pointing.csv")
        card = folder / "CARD.md"
        text = put_into(card.read_text(encoding="utf-8"), section(found, options.seed))
        card.write_text(text, encoding="utf-8")
        print(f"{name}\n{table(found)}", flush=True)


if __name__ == "__main__":
    main()
