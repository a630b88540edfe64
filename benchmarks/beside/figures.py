"""Raw records of runs -> the figures that are shown: medians and ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from beside.contenders import CONTENDERS, FLOORS, OURS, PEERS


@dataclass(frozen=True)
class Figure:
    """One contender on one network by one method with so many images; what it has not is None.

    `seconds` an image, median over `rounds`; `to_floor`: over the floor of its own engine, `forwards` times
    the raw forward pass beside it; `to_ours`: over ours, by our engine's name; `peak` MiB; `measured` images.
    """

    contender: str
    seconds: float | None = None
    to_floor: float | None = None
    floor: float | None = None
    to_ours: dict[str, float] = field(default_factory=dict)
    peak: float | None = None
    measured: int = 0
    rounds: int = 0
    error: str | None = None


def figures(results: Mapping[str, Any], network: str, method: str, images: int) -> list[Figure]:
    """The rows of one table, in the order of the contenders; those that did not take part are left out.

    The floors stand last: what the forward passes beside their engine's contenders took.
    """
    by_name: dict[str, list[dict[str, Any]]] = {}
    for record in results["records"]:
        if (record["network"], record["method"], record["images"]) == (network, method, images):
            by_name.setdefault(record["contender"], []).append(record)
    errors = {
        told["contender"]: told["error"]
        for told in results["failures"]
        if (told["network"], told["method"]) == (network, method)
    }
    ours = {
        one.engine: median(r["seconds"] for r in by_name[one.name]) for one in OURS if one.name in by_name
    }
    rows = []
    for name in CONTENDERS:
        if name in by_name:
            rows.append(_figure(name, by_name[name], ours))
        elif name in errors:
            rows.append(Figure(name, error=errors[name]))
    known = [row for row in rows if row.floor]
    for floor in FLOORS:
        beside = [row for row in known if CONTENDERS[row.contender].engine == floor.engine]
        if beside:
            rows = [row for row in rows if row.contender != floor.name]
            rows.append(_floor(floor.name, beside, ours))
    return rows


def _floor(name: str, beside: Sequence[Figure], ours: Mapping[str, float]) -> Figure:
    seconds = median(row.floor for row in beside if row.floor)
    to_ours = {engine: seconds / own for engine, own in ours.items()}
    return Figure(name, seconds=seconds, to_ours=to_ours, measured=min(row.measured for row in beside))


def _figure(name: str, records: Sequence[Mapping[str, Any]], ours: Mapping[str, float]) -> Figure:
    seconds = median(r["seconds"] for r in records)
    floors = [r["forwards"] * r["floor"] for r in records if r["floor"] is not None]
    ratios = [r["seconds"] / (r["forwards"] * r["floor"]) for r in records if r["floor"] is not None]
    return Figure(
        name,
        seconds=seconds,
        to_floor=median(ratios) if ratios else None,
        floor=median(floors) if floors else None,
        to_ours={engine: seconds / own for engine, own in ours.items()},
        peak=max(r["peak"] for r in records),
        measured=records[0]["measured"],
        rounds=len(records),
    )


@dataclass(frozen=True)
class Aim:
    """Something that was aimed at, what was found, and whether it was met (None: it was not measured)."""

    text: str
    found: str
    met: bool | None


FASTER = {"tf-keras-vis": 7.0, "grad-cam": 2.0, "torchcam": 2.0}
MEMORY_SHARE = 0.25
OVER_FLOOR = 1.05


def aims(results: Mapping[str, Any]) -> list[Aim]:
    """The aims, judged by what was measured."""
    rows = {row.contender: row for row in figures(results, "MobileNetV2", "score-cam", 1)}
    ours = [rows[one.name] for one in OURS if one.name in rows and rows[one.name].seconds]
    best = min(ours, key=lambda row: row.seconds or 0.0, default=None)
    found = [_faster(best, rows.get(name), name, factor) for name, factor in FASTER.items()]
    return [*found, _memory(best, rows.get("tf-keras-vis")), *_over_floor(results), _nobody_faster(results)]


def _faster(best: Figure | None, peer: Figure | None, name: str, factor: float) -> Aim:
    text = f"Score-CAM of MobileNetV2 at least {factor:g} times as fast as {name}"
    if best is None or peer is None or not best.seconds or not peer.seconds:
        return Aim(text, "not measured", None)
    times = peer.seconds / best.seconds
    return Aim(text, f"{times:.2f} times ({best.contender})", times >= factor)


def _memory(best: Figure | None, peer: Figure | None) -> Aim:
    text = f"in at most {MEMORY_SHARE:g} of tf-keras-vis' memory"
    if best is None or peer is None or not best.peak or not peer.peak:
        return Aim(text, "not measured", None)
    share = best.peak / peer.peak
    return Aim(text, f"{share:.2f} ({best.peak:,.0f} of {peer.peak:,.0f} MiB)", share <= MEMORY_SHARE)


def _over_floor(results: Mapping[str, Any]) -> list[Aim]:
    found = []
    for one in OURS:
        text = f"Score-CAM by {one.engine} within {OVER_FLOOR:g} of as many raw forward passes"
        ratios = {
            (case["name"], images): row.to_floor
            for case in results["cases"]
            for images in results["images"]
            for row in figures(results, case["name"], "score-cam", images)
            if row.contender == one.name and row.to_floor
        }
        told = ", ".join(f"{name} {ratio:.2f} ({images})" for (name, images), ratio in ratios.items())
        met = all(ratio <= OVER_FLOOR for ratio in ratios.values()) if ratios else None
        found.append(Aim(text, told or "not measured", met))
    return found


def _nobody_faster(results: Mapping[str, Any]) -> Aim:
    """No peer is faster than the faster of our engines, in any table."""
    faster, compared, peers = [], 0, {peer.name for peer in PEERS}
    for case in results["cases"]:
        for method in results["methods"]:
            for images in results["images"]:
                rows = figures(results, case["name"], method, images)
                own = [r.seconds for r in rows if CONTENDERS[r.contender].ours and r.seconds]
                for row in rows:
                    if own and row.seconds and row.contender in peers:
                        compared += 1
                        ratio = row.seconds / min(own)
                        if ratio < 1:
                            where = f"{case['name']}, {method}, {images} images"
                            faster.append(f"{row.contender} takes {ratio:.2f} of our time ({where})")
    text = "no peer faster on any network, by any method"
    if not compared:
        return Aim(text, "not measured", None)
    return Aim(text, "; ".join(faster) or f"none of {compared} figures", not faster)
