"""Maps kept in panels: exactly the same when they are read, and left out where they are large or spoilt."""

from __future__ import annotations

import base64
import json
import math
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.works import tasks
from xai_cam.cam.explanation import Explanation
from xai_cam.images.picture import Region
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.kept_maps import KEY, MAX_TEXT, keep_maps, kept_maps, maps_of, without_maps

WHOLE = Region(-1.5, 0.0, 40.25, 30.0)


def maps(size: int) -> list[Explanation]:
    draw = np.random.default_rng(size)
    cams = [draw.random((size, size + 1), np.float32), np.zeros((2, 2), np.float32)]
    parts = [None, Region(0.0, 0.25, 1.0, 0.75)]
    return [
        Explanation(cam, "grad-cam", "conv", 1, 0, 2.5, "logit", 0.25, (), "ok", "", "", 0, part)
        for cam, part in zip(cams, parts, strict=True)
    ]


def measured(explanations: list[Explanation]) -> ImageMetrics:
    return ImageMetrics(
        tuple(
            MapMetrics(e.method, e.layer, e.method, 1, 0, 2.5, "logit", 0.25, e.status, e.cause)
            for e in explanations
        ),
        {},
    )


def through_a_file(provenance: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(provenance))


def test_the_same_maps_come_back() -> None:
    explanations = maps(14)
    found = kept_maps(through_a_file(keep_maps(explanations, WHOLE)), measured(explanations))
    assert found is not None and found[0] == WHOLE
    for one, other in zip(explanations, found[1], strict=True):
        np.testing.assert_array_equal(one.cam, other.cam)
        assert one.cam.dtype == other.cam.dtype == np.float32
        assert (one.part, one.method, one.status) == (other.part, other.method, other.status)


def test_a_map_of_both_signs_and_a_region_come_back() -> None:
    region = np.random.default_rng(0).random((5, 7)) > 0.5
    one = replace(maps(4)[0], cam=np.float32([[-3, 1]]), sign="both", region=region, against=("lynx", 2))
    kept = through_a_file(keep_maps([one], WHOLE))
    (metrics,) = measured([one]).maps
    told = ImageMetrics((replace(metrics, sign="both", against=("lynx", 2), output_name="kind"),), {})
    found = kept_maps(kept, told)
    assert found is not None
    np.testing.assert_array_equal(found[1][0].cam, [[-3, 1]])
    np.testing.assert_array_equal(found[1][0].region, region)
    assert (found[1][0].sign, found[1][0].against) == ("both", ("lynx", 2))
    assert kept_maps(kept, measured([one])) is None, "a positive map is nowhere below 0"
    for sign in ("up", "negative"):
        assert kept_maps(kept, ImageMetrics((replace(metrics, sign=sign),), {})) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        *("x", 7, [], {}, {"bits": "!", "shape": [5, 7]}, {"bits": "AAAA", "shape": [5, 7]}),
        *({"shape": shape} for shape in ([5, 70], [0, 7], ["5", 7], [1 << 13, 1 << 13])),
    ],
)
def test_a_region_that_somebody_wrote_into_is_not_taken(spoilt: Any) -> None:
    one = replace(maps(4)[0], region=np.ones((5, 7), bool))
    kept = through_a_file(keep_maps([one], WHOLE))
    good = kept[KEY]["maps"][0]["outline"]
    whole = not isinstance(spoilt, dict) or not spoilt or "bits" in spoilt
    kept[KEY]["maps"][0]["outline"] = spoilt if whole else {**good, **spoilt}
    assert kept_maps(kept, measured([one])) is None


def test_large_maps_are_not_kept() -> None:
    assert keep_maps(maps(900), WHOLE) == {}
    assert keep_maps(maps(400), WHOLE), "as of an early layer of a large input"
    assert kept_maps({}, measured(maps(3))) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"cam": "!"},
        {"cam": "AAAA"},
        {"shape": [3, 3]},
        {"shape": ["x"]},
        {"part": [1, 2]},
        {"shape": [-1, 4]},
    ],
)
def test_what_somebody_wrote_into_is_not_taken(spoilt: dict[str, Any]) -> None:
    explanations = maps(14)
    kept = through_a_file(keep_maps(explanations, WHOLE))
    kept[KEY]["maps"][0] |= spoilt
    assert kept_maps(kept, measured(explanations)) is None
    assert kept_maps({KEY: {"region": [1], "maps": []}}, measured(explanations)) is None
    assert kept_maps({KEY: {"region": [1, 2, 3, 4], "maps": []}}, measured(explanations)) is None


def packed(values: object) -> str:
    return base64.b64encode(zlib.compress(np.asarray(values, "<f4").tobytes())).decode()


@pytest.mark.parametrize(
    "forged",
    [
        *(
            {"shape": shape}
            for shape in ([10**12, 10**12], [math.inf, 2], [math.nan, 2], [0, 0], [4], [2.0, 2.0])
        ),
        {"shape": [4], "cam": packed([1, 2, 3, 4])},
        {"shape": [0, 0], "cam": packed([])},
        {"shape": [True, 1], "cam": packed([1])},
        {"shape": [1, 4097], "cam": packed([0] * 4097)},
        {"shape": [2, 2], "cam": packed([1, 2, 3, math.nan])},
        {"shape": [2, 2], "cam": packed([1, 2, 3, math.inf])},
        {"shape": [2, 2], "cam": packed([1, 2, 3, -1])},
        {"shape": [2, 2], "cam": packed([1, 2, 3, 4]) + "\n" * MAX_TEXT},
        *(
            {"part": part}
            for part in ([0, 0, math.inf, 1], [0, math.nan, 1, 1], [0, 0, 10**400, 1], [1, 0, 1, 1])
        ),
    ],
)
def test_a_forged_map_is_computed_again(forged: dict[str, Any]) -> None:
    explanations = maps(14)
    kept = through_a_file(keep_maps(explanations, WHOLE))
    kept[KEY]["maps"][0] |= forged
    assert kept_maps(kept, measured(explanations)) is None


@pytest.mark.parametrize(
    "sides", [[0, 0, 1e300, 1], [0, 0, math.inf, 1], [0, 0, 0, 1], "1234", [0, 0, 10**400, 1]]
)
def test_a_forged_region_is_computed_again(sides: Any) -> None:
    explanations = maps(14)
    kept = through_a_file(keep_maps(explanations, WHOLE))
    kept[KEY]["region"] = sides
    assert kept_maps(kept, measured(explanations)) is None


def test_a_layer_that_was_named_twice_counts_once() -> None:
    def at(*places: tuple[str, str]) -> list[Explanation]:
        return [replace(maps(2)[0], method=method, layer=layer) for method, layer in places]

    state = ImageState(tasks(1)[0], {})
    state.explanations = {
        "conv": at(("grad-cam", "block/conv"), ("score-cam", "block/conv")),
        "block/conv": at(("grad-cam", "block/conv")),
        "last": at(("grad-cam", "last")),
    }
    found = [(one.layer, one.method) for one in maps_of(state)]
    assert found == [("block/conv", "grad-cam"), ("block/conv", "score-cam"), ("last", "grad-cam")]


def test_all_but_the_maps_is_there_without_them() -> None:
    panel = {"request": "ab", **keep_maps(maps(2), WHOLE)}
    assert KEY in panel and without_maps(panel) == {"request": "ab"}
