"""Which boxes judge a map, and where they lie: a letterboxed picture, one cut out, classes, what has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xai_cam import Explanation
from xai_cam.images.boxes.box import TrueBox
from xai_cam.images.picture import Region
from xai_cam.metrics.locating import locate

LABELS = ("cat", "dog")
NAMES = frozenset({"iou", "pointing_game", "energy_pointing"})
LEFT, RIGHT = TrueBox((0, 0, 4, 4), "cat"), TrueBox((4, 0, 8, 4), "dog")


def explanation(cam: Any, target: int = 0, **more: Any) -> Explanation:
    made = Explanation(
        np.array(cam, np.float32), "grad-cam", "conv", target, 0, 1.5, "logit", 0.8, (), "ok", ""
    )
    return replace(made, **more)


def values(one: Explanation, boxes: list[TrueBox], **more: Any) -> tuple[dict[str, float], list[str]]:
    known = {"region": Region.whole((4, 8)), "size": (4, 8), "mask": None, **more}
    found, lost = locate([one], known["region"], known["size"], known["mask"], boxes, NAMES, lambda _: LABELS)
    return found[0][0], lost


def test_a_map_is_judged_by_the_boxes_of_its_class() -> None:
    left = np.repeat([[1.0] * 4 + [0.0] * 4], 4, 0)
    assert values(explanation(left, 0), [LEFT, RIGHT])[0] == {
        "iou": 1,
        "pointing_game": 100,
        "energy_pointing": 1,
    }
    assert values(explanation(left, 1), [LEFT, RIGHT])[0] == {
        "iou": 0,
        "pointing_game": 0,
        "energy_pointing": 0,
    }
    group = explanation(left, 1, members=(0, 1))
    assert values(group, [LEFT, RIGHT])[0]["pointing_game"] == 100, "a box of either"
    value = explanation(left, 1, score_name="value")
    assert values(value, [LEFT])[0]["pointing_game"] == 100, "a value has no class"
    assert values(explanation(left, 1), [LEFT._replace(kind="")])[0]["iou"] == 1


def test_a_class_without_a_box_is_told_and_not_measured() -> None:
    left = np.repeat([[1.0] * 4 + [0.0] * 4], 4, 0)
    assert values(explanation(left, 1), [LEFT]) == ({}, ["dog"])
    assert values(explanation(left, 1, members=(1, 0)), [LEFT._replace(kind="bird")]) == ({}, ["dog+cat"])
    assert values(explanation(left), []) == ({}, [])
    mask = np.zeros((4, 8), bool)
    mask[:, 4:] = True
    found, lost = values(explanation(left, 1), [LEFT], mask=mask)
    assert found == {"pointing_game": 0, "energy_pointing": 0} and lost == ["dog"], "no box to be judged by"
    assert set(values(explanation(left, 1), [], mask=mask)[0]) == NAMES, "the one around the mask"


def test_a_mask_judges_pixels_and_boxes_judge_boxes() -> None:
    left = np.repeat([[1.0] * 4 + [0.0] * 4], 4, 0)
    mask = np.zeros((4, 8), bool)
    mask[:, 4:] = True
    assert values(explanation(left), [LEFT], mask=mask)[0] == {
        "iou": 1,
        "pointing_game": 0,
        "energy_pointing": 0,
    }


@pytest.mark.parametrize(
    ("region", "hit"),
    [
        (Region(-2, 0, 6, 8), (0, 0, 8, 2)),  # bars above and below: the input is 8 x 8
        (Region(0, 0, 4, 8), (0, 0, 8, 1)),  # all of it
        (Region(0, 2, 4, 6), (2, 0, 6, 1)),  # the middle was cut out
    ],
)
def test_letterboxes_and_crops_are_undone(region: Region, hit: tuple[float, float, float, float]) -> None:
    """A map that is high in rows 2 and 3 of 8 (letterbox), or in the first of 4."""
    rows = [0, 0, 1, 1, 0, 0, 0, 0] if region.top < 0 else [1, 0, 0, 0]
    cam = np.repeat(np.array(rows, np.float32)[:, None], 8 if region.left == 0 else 4, 1)
    found, _ = values(explanation(cam), [TrueBox(hit)], region=region)
    assert found == {"iou": 1, "pointing_game": 100, "energy_pointing": pytest.approx(1)}
