"""What was measured of every map of an image, and agreement of the variants on it, as it is kept.

A variant is a method, or a method at a layer where there are several, or a baseline.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_cam.cam.names import method_at
from xai_cam.files.json_values import Kinds, has
from xai_cam.metrics.agreement import rank_correlation, top_overlap
from xai_cam.metrics.measures import METRICS

if TYPE_CHECKING:
    from xai_cam.cam.explanation import Explanation

AGREEMENTS = {"rank_correlation": rank_correlation, "top_overlap": top_overlap}
"""Measures of agreement by name; each takes maps (m, H, W) and gives (m, m)."""

VALUE = "value"
"""The name of the score of a regression."""

CURVES = ("deletion", "insertion")
DIGITS = 6

EARLIER = ("drop", "increase", "deletion", "insertion", "energy_pointing", "pointing_game")
"""What panels were measured by that do not say by what."""


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
    **dict.fromkeys(("share", "expected_error", "residual", "score_change", "standard_error"), (float, None)),
    "passes": (int, None),
}
"""What is written of a map."""

USUAL: dict[str, Any] = {
    **{"output_name": "", "against": (), "sign": "positive"},
    **{"members": (), "direction": "", "share": None, "passes": None, "expected_error": None},
    **{"residual": None, "score_change": None, "standard_error": None},
}
"""What is not written, and taken for granted of what was written without it."""


@dataclass(frozen=True)
class MapMetrics:
    """Metrics of one map of one image.

    `values` has `masked_probability` and a value for each of `METRICS`, NaN where it is not defined or was
    not asked for; `curves` the probabilities (steps + 1,) along deletion and insertion, if there are any, and
    what there is of pooled measures: (levels, thresholds).
    `score` of a value is the value, whichever `direction` is explained; `share` is that of the picture which
    the region of a segmentation takes. `passes`, `expected_error`, `residual`, `score_change` and
    `standard_error` are those of an `Explanation`.
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
    residual: float | None = None
    score_change: float | None = None
    standard_error: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with None for NaN."""
        written = {name: value for name, value in vars(self).items() if value != USUAL.get(name, ...)}
        return {
            **{WRITTEN_AS.get(name, name): value for name, value in written.items()},
            "score": plain(self.score),
            "probability": plain(self.probability),
            "values": {
                name: plain(value)
                for name, value in self.values.items()
                if math.isfinite(value) or name == "masked_probability"
            },
            "curves": {name: np.round(c.astype(float), DIGITS).tolist() for name, c in self.curves.items()},
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
    """All maps of one image, and how far the variants agree on it, in their order: (m, m) by name.

    `measures` are those that were asked for, also where they are not defined, and `baseline` is what took the
    place of pixels in deletion and insertion; empty for what usually does.
    """

    maps: tuple[MapMetrics, ...]
    agreement: dict[str, np.ndarray]
    measures: tuple[str, ...] = EARLIER
    baseline: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        matrices = {n: [[plain(v) for v in row] for row in m] for n, m in self.agreement.items()}
        maps = [one.as_dict() for one in self.maps]
        baseline = {"baseline": self.baseline} if self.baseline else {}
        return {"maps": maps, "agreement": matrices, "measures": list(self.measures), **baseline}

    def only(self, names: Collection[str]) -> ImageMetrics:
        """The same without what was measured beside these."""
        kept = {"masked_probability", *names}
        maps = [
            replace(
                m,
                values={name: value if name in kept else math.nan for name, value in m.values.items()},
                curves={name: curve for name, curve in m.curves.items() if name in kept},
            )
            for m in self.maps
        ]
        return replace(self, maps=tuple(maps), measures=tuple(n for n in self.measures if n in kept))

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
        if any("masked_probability" not in one.values for one in maps):
            raise ValueError("metrics are missing")
        known = dict.fromkeys(METRICS, math.nan)  # what is not defined is not written
        maps = tuple(replace(one, values={**known, **one.values}) for one in maps)
        return cls(
            maps, matrices, tuple(map(str, found.get("measures", EARLIER))), str(found.get("baseline", ""))
        )


def variant_name(explanation: Explanation, several_layers: bool) -> str:
    """The method; with its layer where there are several."""
    return method_at(explanation.method, explanation.layer if several_layers else "")


def with_truth(
    compared: ImageMetrics,
    more: Sequence[tuple[Mapping[str, float], Mapping[str, np.ndarray]]],
    measures: Sequence[str] | None = None,
) -> ImageMetrics:
    """The same metrics with further values and tables, of each map; `measures` are those asked for."""
    maps = [
        replace(m, values={**m.values, **values}, curves={**m.curves, **tables})
        for m, (values, tables) in zip(compared.maps, more, strict=True)
    ]
    measures = compared.measures if measures is None else tuple(measures)
    return replace(compared, maps=tuple(maps), measures=measures)


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
