"""Captions: what a map is of, how sure the model is, and what has to be known of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from xai_cam.cam.explanation import Explanation
from xai_cam.errors import InputError

LABELS = ("猫", "dog")
FOUND = Explanation(
    np.ones((7, 9), np.float32), "score-cam", "conv", 1, 1, 2.5, "logit", 0.25, ((1, 0.25),), "ok", ""
)


@pytest.mark.parametrize(
    ("changes", "labels", "title"),
    [
        ({}, LABELS, "dog, p = 0.250"),
        ({}, None, "class 1, p = 0.250"),
        ({"predicted_class": 0}, LABELS, "dog, p = 0.250, predicted 猫"),
        ({"predicted_class": 0}, None, "class 1, p = 0.250, predicted 0"),
        ({"predicted_class": 0, "region": np.ones((2, 2), bool)}, LABELS, "dog, p = 0.250"),
        ({"probability": math.nan}, LABELS, "dog, logit 2.5"),
        ({"score": 37.25, "score_name": "value", "probability": math.nan}, None, "value 1: 37.25"),
        ({"score": -0.5, "score_name": "value", "probability": math.nan}, ("age", "tilt"), "tilt: -0.5"),
        ({"against": (0, "lynx")}, LABELS, "dog, not 猫 or lynx, p = 0.250"),
        ({"against": (0,), "output_name": "kind"}, None, "kind: class 1, not 0, p = 0.250"),
    ],
)
def test_the_title(changes: dict[str, object], labels: tuple[str, ...] | None, title: str) -> None:
    found = replace(FOUND, labels=labels, **changes).caption()  # type: ignore[arg-type]
    assert found == [title, "score-cam at conv, 7 × 9 cells"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sign": "negative"}, "what speaks against it"),
        ({"sign": "both"}, "red speaks for it, blue against it"),
        ({"sign": "both", "score_name": "value"}, "red raises it, blue lowers it"),
    ],
)
def test_the_sign_is_told(changes: dict[str, object], words: str) -> None:
    assert replace(FOUND, **changes).caption()[1] == f"score-cam at conv, 7 × 9 cells, {words}"  # type: ignore[arg-type]


def test_maps_of_patches_and_masks_say_how_fine_these_are() -> None:
    """Their cells are the pixels of the input, which the map does not tell apart."""
    fine = replace(FOUND, method="occlusion", layer="", made_of="patch 12, stride 6")
    assert fine.caption()[1] == "occlusion, patch 12, stride 6"
    fine = replace(FOUND, method="rise", layer="", made_of="9 masks of 7 × 7 cells", standard_error=0.0213)
    assert fine.caption()[1] == "rise, 9 masks of 7 × 7 cells, standard error up to 2.1 % of the maximum"


def test_a_coarse_map_says_so() -> None:
    coarse = replace(FOUND, cam=np.ones((3, 4), np.float32)).caption("a note")
    assert coarse[2:] == ["A coarse map: 3 × 4 cells, drawn smoothly over the whole picture", "A note"]
    assert len(replace(FOUND, cam=np.ones((3, 5), np.float32)).caption()) == 2


def test_a_map_that_shows_little_says_so() -> None:
    assert replace(FOUND, status="blank", cause="a dead layer").caption()[2:] == ["Blank: a dead layer"]
    assert replace(FOUND, cause="the map varies little").caption()[2:] == ["The map varies little"]


def test_a_figure_takes_an_outline_and_a_theme_that_fit() -> None:
    pixels, edge = np.full((90, 120, 3), 80, np.uint8), np.zeros((90, 120), bool)
    edge[30:60, 40:80] = True
    shown = FOUND.figure(pixels, outline=edge)
    assert shown.shape == FOUND.figure(pixels).shape and (shown != FOUND.figure(pixels)).any()
    for wrong in (edge.astype(int), edge[1:]):
        with pytest.raises(InputError, match="outline is not"):
            FOUND.figure(pixels, outline=wrong)
    with pytest.raises(InputError, match="Unknown `theme` 'grey'"):
        FOUND.figure(pixels, theme="grey")
