"""The model cards of the cat-and-dog classifiers, with their measured numbers."""

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from networks import NETWORKS
from photos import CLASSES
from point_at_animals import Pointing, summarise
from training import read_history

ABOUT = {
    "classic": "the network of the classic Score-CAM walk-through. It is a sample to explain with heat maps.",
    "small": "a small residual network as one would build it today. It is a sample to explain with heat "
    "maps: its maps are coarser than those of `dogcat`, which tells the same, and lie on the animals.",
}
LAYERS = {
    "classic": "batch normalisation, seven 3 x 3 convolutions (32, 32, 64, 64, 128, 128 and 128 channels), "
    "each with ReLU and batch normalisation, two max poolings, global average pooling, a dense layer of 256 "
    "units, one sigmoid unit; {parameters:,} parameters. The last layers with maps are `conv3_3` and "
    "`norm3_3` (37 x 37).",
    "small": "two 4 x 4 convolutions of stride 2 (16 and 48 channels), four residual blocks of two 3 x 3 "
    "convolutions (48, 72, 72 and 104 channels) with max poolings before the second and the fourth, each "
    "convolution with batch normalisation; global average pooling, one sigmoid unit; {parameters:,} "
    "parameters. The last layer with maps is `block4` (10 x 10, a cell for 16 x 16 pixels). 4 x 4 "
    "convolutions and 2 x 2 pools keep each cell over the middle of what it was made from.",
}
FILES = {
    "classic": "`model.json` and `model.weights.h5` as Keras 3 writes them; in `keras2/`, `model.json` and "
    "`model.h5` of the same network as Keras 2 wrote them.",
    "small": "`model.json` and `model.weights.h5` as Keras 3 writes them.",
}
CHANGES = (
    "Training pictures are cut out ({least:.0f} to 100 % of the area), mirrored, and changed in light, "
    "contrast and tint."
)
MIXED = (
    " {mixed:.0f} % of them, or what `--mixed` says, get a rectangle of another one and as much of its label "
    "(CutMix, Yun et al. 2019), and labels are moved to the middle by {smoothing:g} (smoothing)."
)
BOXES = (
    "On 40 of the test photos, 20 of each class, chosen by chance before any map was looked at, boxes were "
    "drawn by eye around every cat and dog, from the ears to the paws and the tail, as far as the photo "
    "shows them, and drawn on the photos again to check them (`animal_boxes.csv`, in pixels). Each photo's "
    "true class was explained at the default layer and the map enlarged to the photo; it hits if its peak "
    "lies in a box (the pointing game, Zhang et al. 2016). A map that knows nothing would hit as often as "
    "the boxes fill the photos; a blank map misses. `python sample_models/point_at_animals.py FOLDER` does "
    "it again; `report/pointing.csv` has every photo."
)
WIDTH = 108


def card(
    options: Any, counts: Sequence[int], figures: dict[str, Any], pointing: Sequence[Pointing] = ()
) -> str:
    """Write the model card.

    Parameters
    ----------
    options : namespace
        Of the training script: `network`, `out`, `data_name` and `seed`.
    counts : (int, int, int)
        Pictures to train, to validate and to test.
    figures : dict
        Of `xai-cam evaluate`.
    pointing : sequence of Pointing
        Empty where the photos with boxes are not there.
    """
    network = NETWORKS[options.network]
    about = "A Keras image classifier that tells dogs (1) from cats (0): one sigmoid unit, "
    parameters = network.build(network.side).count_params()
    size = f"{network.side} x {network.side}"
    return f"""# {network.folder}

{textwrap.fill(about + ABOUT[options.network], WIDTH)}

{_item(f"Classes, in index order: {', '.join(CLASSES)}.")}
{_item("Network: " + LAYERS[options.network].format(parameters=parameters))}
{_item(f"Input: RGB pictures of {size} pixels, stretched, as floats scaled to 0-1 (`--preprocess unit`).")}
{_item("Files: " + FILES[options.network])}
{_item("Licence: MIT for the model.")}

## Training

{_training(options, counts)}

## Measured

{_measured(figures)}

{_pointed(pointing, options.out / "by_eye.txt")}## Not for

Telling animals apart where it matters. Every picture, of a car too, is a cat or a dog to it, and pictures
with both are one of the two.
"""


def _item(text: str) -> str:
    return textwrap.fill(f"- {text}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _training(options: Any, counts: Sequence[int]) -> str:
    network = NETWORKS[options.network]
    rows = read_history(options.out / "history.csv")
    sides = list(dict.fromkeys(int(row["side"]) for row in rows))
    epochs = ", ".join(f"{sum(row['side'] == side for row in rows)} at {side} x {side}" for side in sides)
    minutes = sum(row["seconds"] for row in rows) / 60
    changes = CHANGES.format(least=network.chances.least_area * 100)
    if network.chances.mixed:
        changes += MIXED.format(mixed=network.chances.mixed * 100, smoothing=network.smoothing)
    commands = (options.out / "commands.txt").read_text(encoding="utf-8")
    data = (
        f"Data: {options.data_name}. {counts[0]:,} pictures to train, {counts[1]:,} to choose the epoch, "
        f"{counts[2]:,} for the test, none of which the training has seen. The pictures are not part of this "
        "project."
    )
    stages = (
        f"Epochs: {epochs}. After each size the weights with the lowest validation loss go on. Every epoch "
        "is in `history.csv` and `history.png`."
    )
    return f"""{_item(data)}
{_item(changes)}
{_item(stages)}
- Seed: {options.seed}.
- Commands:

{textwrap.indent(commands, " " * 6)}
- Time: {minutes:.0f} minutes on {os.cpu_count()} shared CPU cores, Keras {keras.__version__}."""


def _measured(figures: dict[str, Any]) -> str:
    area, (low, high) = figures["auc"], figures["accuracy_interval"]
    half, balance = figures["at_half"], figures["best_balance"]
    doubt = "no interval"
    if area["low"] is not None:
        doubt = f"95 % interval {area['low']:.4f} to {area['high']:.4f}, Hanley & McNeil 1982"
    rates = ", ".join(f"{name} {half[name]:.3f}" for name in ("precision", "recall", "specificity", "f1"))
    best = (
        "Best balance of recall and specificity, chosen on these same pictures: threshold "
        f"{balance['threshold']:.3f}, accuracy {balance['accuracy']:.3f}."
    )
    count = figures["images"]
    return f"""By `xai-cam evaluate` on the {count:,} test pictures (charts and all figures: `report/`):

- Accuracy: {figures["accuracy"]:.4f} (95 % interval {low:.4f} to {high:.4f}).
- AUC: {area["value"]:.4f} ({doubt}).
- Dogs at the threshold 0.5: {rates}.
{_item(best)}"""


def _pointed(pointing: Sequence[Pointing], by_eye: Path) -> str:
    """What was counted, and what was seen, where somebody has looked and written it down beside the model."""
    if not pointing:
        return ""
    seen = textwrap.fill(by_eye.read_text(encoding="utf-8"), WIDTH) + "\n\n" if by_eye.is_file() else ""
    rows = "\n".join(
        f"| {row.method} | {row.photos} ({row.count}) | {row.hits} | {row.energy * 100:.0f} % "
        f"| {row.filled * 100:.0f} % | {row.blank} |"
        for row in summarise(pointing)
    )
    return f"""## Where its maps point

{textwrap.fill(BOXES, WIDTH, break_on_hyphens=False)}

| method | photos | peaks on an animal | share of a map on it | boxes fill | blank maps |
|---|---|---|---|---|---|
{rows}

{seen}"""
