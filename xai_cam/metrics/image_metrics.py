"""Metrics of every map of an image, and agreement of the variants on it.

A variant is a method, or a method at a layer where there are several, or a baseline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_cam.files.json_values import Kinds, has
from xai_cam.metrics.agreement import rank_correlation, top_overlap
from xai_cam.metrics.faithfulness import METRICS, Score, measure_batch
from xai_cam.metrics.perturbation import at_size
from xai_cam.metrics.pointing import energy_pointing, pointing_game
from xai_cam.metrics.probes import Case

if TYPE_CHECKING:
    from xai_cam.cam.explanation import Explanation

AGREEMENTS = {"rank_correlation": rank_correlation, "top_overlap": top_overlap}
"""Measures of agreement by name; each takes maps (m, H, W) and gives (m, m)."""

VALUE = "value"
"""The name of the score of a regression."""

CURVES = ("deletion", "insertion")
DIGITS = 6


WRITTEN_AS = {"variant": "contender"}
"""Fields whose key in panels is another: those of earlier runs are read too."""


KINDS: Kinds = {
    **dict.fromkeys(("layer", "method", "score_name", "status", "cause", WRITTEN_AS["variant"]), (str,)),
    **dict.fromkeys(("score", "probability"), (float, None)),
    **dict.fromkeys(("values", "curves"), (dict,)),
    "target_class": (int,),
    "predicted_class": (int, None),
    **dict.fromkeys(("output_name", "sign", "direction"), (str,)),
    **dict.fromkeys(("against", "members"), (list, tuple)),
    **dict.fromkeys(("share", "expected_error"), (float, None)),
    "passes": (int, None),
}
"""What is written of a map."""

USUAL: dict[str, Any] = {
    **{"output_name": "", "against": (), "sign": "positive"},
    **{"members": (), "direction": "", "share": None, "passes": None, "expected_error": None},
}
"""What is not written, and taken for granted of what was written without it."""


@dataclass(frozen=True)
class MapMetrics:
    """Metrics of one map of one image.

    `values` has `masked_probability` and a value for each of `METRICS`, NaN where it is not defined or was
    not asked for; `curves` the probabilities (steps + 1,) along deletion and insertion, if there are any.
    `score` of a value is the value, whichever `direction` is explained; `share` is that of the picture which
    the region of a segmentation takes. `passes` and `expected_error` are those of an `Explanation`.
    """

    variant: str
    layer: str
    method: str
    target_class: int
    predicted_class: int | None
    score: float
    score_name: str
    probability: float
    status: str
    cause: str
    values: dict[str, float] = field(default_factory=dict)
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    output_name: str = ""
    against: tuple[str | int, ...] = ()
    sign: str = "positive"
    members: tuple[int, ...] = ()
    direction: str = ""
    share: float | None = None
    passes: int | None = None
    expected_error: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with None for NaN."""
        written = {name: value for name, value in vars(self).items() if value != USUAL.get(name, ...)}
        return {
            **{WRITTEN_AS.get(name, name): value for name, value in written.items()},
            "score": plain(self.score),
            "probability": plain(self.probability),
            "values": {name: plain(value) for name, value in self.values.items()},
            "curves": {name: [round(float(p), DIGITS) for p in c] for name, c in self.curves.items()},
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> MapMetrics:
        """The metrics that `as_dict` wrote; errors as of `ImageMetrics.from_dict`."""
        found = {**USUAL, **found}
        if not has(found, KINDS) or not all(type(one) in (str, int) for one in found["against"]):
            raise ValueError("no metrics of a map")
        if not all(type(one) is int and one >= 0 for one in found["members"]):
            raise ValueError("no classes of a map")
        known = {name: found[WRITTEN_AS.get(name, name)] for name in cls.__dataclass_fields__}
        known |= {name: tuple(found[name]) for name in ("against", "members")}
        known["score"], known["probability"] = _number(found["score"]), _number(found["probability"])
        known["values"] = {name: _number(value) for name, value in found["values"].items()}
        known["curves"] = {name: np.array(c, np.float32) for name, c in found["curves"].items()}
        return cls(**known)


@dataclass(frozen=True)
class ImageMetrics:
    """All maps of one image, and how far the variants agree on it, in their order: (m, m) by name."""

    maps: tuple[MapMetrics, ...]
    agreement: dict[str, np.ndarray]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        matrices = {n: [[plain(v) for v in row] for row in m] for n, m in self.agreement.items()}
        return {"maps": [one.as_dict() for one in self.maps], "agreement": matrices}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> ImageMetrics:
        """The metrics that `as_dict` wrote.

        Raises
        ------
        AttributeError, KeyError, TypeError, ValueError, OverflowError
            It was not `as_dict`.
        """
        matrices = {
            n: np.array([[_number(v) for v in row] for row in m]) for n, m in found["agreement"].items()
        }
        maps = tuple(MapMetrics.from_dict(one) for one in found["maps"])
        shape = (len({one.variant for one in maps}),) * 2
        if matrices.keys() != AGREEMENTS.keys() or any(m.shape != shape for m in matrices.values()):
            raise ValueError("no agreement of these variants")
        if any(not {"masked_probability", *METRICS} <= one.values.keys() for one in maps):
            raise ValueError("metrics are missing")
        return cls(maps, matrices)


def variant_name(explanation: Explanation, several_layers: bool) -> str:
    """The method; with its layer where there are several."""
    return f"{explanation.method} at {explanation.layer}" if several_layers else explanation.method


def measure_images(
    score: Score | None,
    images: np.ndarray,
    found: Sequence[Sequence[Explanation]],
    steps: int,
) -> list[ImageMetrics]:
    """Measure the maps of a batch of images.

    Parameters
    ----------
    score : Score, optional
        Gives probabilities, or values of a regression; None for what has neither: then only agreement is
        measured, and how far maps of regions lie inside of these.
    images : (n, H, W, c) float32
        Preprocessed.
    found : n sequences
        The explanations of each image.
    steps : int
        Steps of deletion and insertion; 0 leaves them out.
    """
    several = len({e.layer for of_image in found for e in of_image}) > 1
    faithfulness: list[list[Any]] = [[None] * len(of_image) for of_image in found]
    if score is not None:
        cases = [_case(image, of) for image, of in zip(images, found, strict=True)]
        faithfulness = list(measure_batch(score, cases, max(steps, 1), steps > 0))
    size = images.shape[1:-1]
    return [
        ImageMetrics(
            tuple(_measured(e, f, several, size) for e, f in zip(of_image, measured, strict=True)),
            _agree(of_image, size),
        )
        for of_image, measured in zip(found, faithfulness, strict=True)
    ]


def _measured(
    explanation: Explanation, faithfulness: Any, several: bool, size: tuple[int, int]
) -> MapMetrics:
    e, values, curves = explanation, dict.fromkeys(("masked_probability", *METRICS), math.nan), {}
    if faithfulness is not None:
        values |= {n: getattr(faithfulness, n) for n in values if hasattr(faithfulness, n)}
        curves = {n: np.array(getattr(faithfulness, f"{n}_curve"), np.float32) for n in CURVES}
    values |= _pointing(e, size)
    return MapMetrics(
        variant_name(e, several),
        e.layer,
        e.method,
        e.target_class,
        e.predicted_class,
        e.score,
        e.score_name,
        e.probability,
        e.status,
        e.cause,
        values,
        {name: curve for name, curve in curves.items() if len(curve)},
        e.output_name,
        e.against,
        e.sign,
        e.members,
        e.direction,
        None if e.region is None else float(e.region.mean()),
        e.passes,
        e.expected_error,
    )


def _case(image: np.ndarray, explanations: Sequence[Explanation]) -> Case:
    of_values = [e.score_name == VALUE for e in explanations]
    return Case(
        image,
        [np.maximum(e.on_input(image.shape[:-1]), 0) for e in explanations],  # of both signs what is above 0
        [e.target_class if e.column < 0 else e.column for e in explanations],
        [_measured_by(e) if of else e.probability for e, of in zip(explanations, of_values, strict=True)],
        explanations[0].riding or None if explanations else None,
        of_values,
    )


def _measured_by(explanation: Explanation) -> float:
    """What the engine's column of a value holds: the value, or its opposite where that is explained."""
    return -explanation.score if explanation.direction == "down" else explanation.score


def _pointing(explanation: Explanation, size: tuple[int, int]) -> dict[str, float]:
    """How far a map lies inside the region that it is of, at the input's size; nothing where it has none."""
    if explanation.region is None:
        return {}
    mask = explanation.region_on_input(size)
    placed = at_size(explanation.on_input(size), size)
    return {"energy_pointing": energy_pointing(placed, mask), "pointing_game": pointing_game(placed, mask)}


def _agree(explanations: Sequence[Explanation], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Agreement of the variants on one image: the mean over its classes, ignoring NaN."""
    by_class: dict[tuple[int, int], list[np.ndarray]] = {}
    for e in explanations:
        by_class.setdefault((e.column, e.target_class), []).append(at_size(e.on_input(size), size))
    return {
        name: mean_of_known([measure(np.stack(maps)) for maps in by_class.values()])
        for name, measure in AGREEMENTS.items()
    }


def with_values(compared: ImageMetrics, more: Sequence[Mapping[str, float]]) -> ImageMetrics:
    """The same metrics with further values, one dict for each map."""
    maps = [replace(m, values={**m.values, **v}) for m, v in zip(compared.maps, more, strict=True)]
    return replace(compared, maps=tuple(maps))


def mean_of_known(values: Sequence[Any]) -> Any:
    """Mean over the first axis, ignoring NaN; NaN where there is nothing else."""
    table = np.array(values, np.float64)
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0).sum(axis=0)
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
