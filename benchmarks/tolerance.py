"""Score-CAM with fewer passes: how far its maps are off, by a tolerance, by a number, and by spread alone.

    python benchmarks/tolerance.py FOLDER --network NAME MODEL WEIGHTS PREPROCESS [--chart FILE.png]

`--network` is repeatable; WEIGHTS is `-` of a whole model, PREPROCESS as of `xai-cam explain`. All channels
of all images below the folder are scored once, exactly; then the rules are given what they ask for of that,
so that many of them cost no more passes. An error is the largest difference from the exact map, both over
their maximum. At the end the time of a run with a tolerance is taken beside that of an exact one, in turn.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from tolerance_chart import draw

from measuring import in_turn, machine, show_rows
from xai_cam.cam.tolerance import ChannelSearch
from xai_cam.cam.weighting import Weighting

TOLERANCES = (0.05, 0.02, 0.01)
DRAWN = (0.2, 0.1, *TOLERANCES, 0.005)
SHARES = (1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4)
"""Numbers of channels, over those of the layer."""

BATCH = 8


@dataclass(frozen=True)
class Exact:
    """Activations (n, h, w, k) and masked scores (n, k) of the predicted class; NaN of constant channels."""

    activations: np.ndarray
    scores: np.ndarray

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return zip(self.activations, self.scores, strict=True)


def exact_scores(explainer: Any, images: np.ndarray) -> Exact:
    """All scores of all images, by the explainer's engine."""
    from xai_cam.cam.engines.questions import live_channels

    engine = explainer.engine
    activations, scores = [], []
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        before = engine.forward(part)
        live = live_channels(before.activations)
        activations.append(before.activations)
        scores.append(engine.masked_scores(part, before, before.predicted, live).logits[:, 0])
    return Exact(np.concatenate(activations), np.concatenate(scores))


def saliency(activations: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The map over its maximum."""
    weights = np.where(np.isnan(scores), 0, np.exp(scores - np.nanmax(scores)))
    cam = np.maximum(activations @ weights, 0)
    return np.asarray(cam / (cam.max() or 1))


def searched(maps: np.ndarray, scores: np.ndarray, **limits: Any) -> tuple[float, float]:
    """The share of the channels that are scored, and the error of the map."""
    search = ChannelSearch(maps, Weighting.SOFTMAX, **limits)
    table = np.full((1, len(scores)), np.nan)
    while len(channels := search.next_round()):
        search.take(channels, scores[None, channels].astype(float), np.zeros(1))
    search.write(table)
    error = np.abs(saliency(maps, table[0]) - saliency(maps, scores)).max()
    return search.passes / max(search.channels, 1), float(error)


def by_spread(maps: np.ndarray, scores: np.ndarray, most: int) -> tuple[float, float]:
    """The same of the channels that vary most, the others without weight: Faster Score-CAM."""
    from xai_cam.cam.engines.questions import live_channels

    live = ~np.isnan(scores)
    kept = live_channels(maps[None], most)[0]
    error = np.abs(saliency(maps, np.where(kept, scores, np.nan)) - saliency(maps, scores)).max()
    return min(most / max(live.sum(), 1), 1.0), float(error)


def curves(exact: Exact) -> dict[str, np.ndarray]:
    """Share of the passes, mean error and 95th percentile of the errors (points, 3), by rule."""
    channels = exact.scores.shape[1]
    numbers = [max(round(share * channels), 1) for share in SHARES]
    rules = {
        "a tolerance": [[searched(*one, tolerance=t) for one in exact] for t in DRAWN],
        "a number": [[searched(*one, most=n) for one in exact] for n in numbers],
        "spread alone": [[by_spread(*one, n) for one in exact] for n in numbers],
    }
    return {name: np.array([_summed(points) for points in found]) for name, found in rules.items()}


def _summed(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    shares, errors = np.array(points).T
    return float(shares.mean()), float(errors.mean()), float(np.quantile(errors, 0.95))


def rows_of(name: str, exact: Exact) -> Iterator[dict[str, float | str]]:
    """What each tolerance keeps and costs, and what as many channels by spread alone would."""
    for tolerance in TOLERANCES:
        found = np.array([searched(*one, tolerance=tolerance) for one in exact])
        counts = np.round(found[:, 0] * (~np.isnan(exact.scores)).sum(axis=1)).astype(int)
        faster = [by_spread(maps, scores, n)[1] for (maps, scores), n in zip(exact, counts, strict=True)]
        yield {
            "network": name,
            "images": float(len(found)),
            "tolerance": tolerance,
            "within it, %": 100 * float((found[:, 1] <= tolerance).mean()),
            "passes / exact": float(found[:, 0].mean()),
            "mean error": float(found[:, 1].mean()),
            "largest error": float(found[:, 1].max()),
            "by spread: mean error": float(np.mean(faster)),
        }


def opened(network: Sequence[str], folder: Path) -> tuple[Any, np.ndarray]:
    """The explainer of a network, and the images as it takes them."""
    import xai_cam

    _, model, weights, preprocess = network
    loaded = xai_cam.load_model(model, None if weights == "-" else weights)
    images = xai_cam.prepare(loaded, folder, preprocess, recursive=True)
    return xai_cam.Explainer(loaded), np.asarray(images)


def times(explainer: Any, images: np.ndarray, rounds: int) -> dict[str, float]:
    """Seconds with each tolerance over those of an exact run, medians."""
    from xai_cam.cam.channel_limits import ChannelLimits

    def run(tolerance: float | None) -> object:
        explainer.settings = replace(explainer.settings, limits=ChannelLimits(tolerance=tolerance))
        return explainer.explain(images, "score-cam")

    found = in_turn({str(t): partial(run, t) for t in (None, *TOLERANCES, 1e-9)}, rounds)
    return {name: float(np.median(one / found["None"])) for name, one in found.items() if name != "None"}


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", nargs=4, action="append", required=True)
    parser.add_argument("--chart", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows, drawn, timed = [], {}, []
    for network in options.network:
        explainer, images = opened(network, options.folder)
        exact = exact_scores(explainer, images)
        rows += rows_of(network[0], exact)
        drawn[network[0]] = curves(exact)
        for count in (1, BATCH):
            found = times(explainer, images[:count], options.rounds)
            timed.append({"network": network[0], "images in a batch": float(count), **found})
    show_rows(rows)
    print("\nSeconds over those of an exact run (1e-09: nothing can be saved):\n")
    show_rows(timed)
    print(f"\n{machine()}")
    if options.chart:
        draw(options.chart, drawn)


if __name__ == "__main__":
    main()
