"""Which pictures of measures' own are asked for; what is made of them is in `test_measuring`."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.metrics import own_pictures
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.own_pictures import OwnPictures, own_pictures_of
from xai_cam.metrics.probes import OWN, Case, Probes


def of(*names: str, count: int = 2) -> OwnPictures:
    def make(image: np.ndarray, saliency: np.ndarray, k: int) -> np.ndarray:
        return image + 10 * k + saliency[..., None]

    def marks(image: np.ndarray, saliency: np.ndarray) -> list[tuple[bytes, int]]:
        return [(saliency.tobytes(), k) for k in range(count)]

    return OwnPictures(names, count, make, marks, dict)


def test_those_of_the_measures_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = of("a", "b"), of("c")
    monkeypatch.setattr(own_pictures, "OF_PICTURES", [first, second])
    assert own_pictures_of(["b", "drop"]) == [first] and own_pictures_of(["c", "a"]) == [first, second]
    assert own_pictures_of(["drop"]) == []


def test_each_is_one_input_made_of_its_image_and_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images; of the second a map that orders nothing, and a value of a regression."""
    monkeypatch.setattr(own_pictures, "OF_PICTURES", [of("a"), of("c", count=3)])
    ramp, flat = np.array([[0, 1]], np.float32), np.ones((1, 2), np.float32)
    images = np.zeros((1, 2, 1), np.float32), np.full((1, 2, 1), 5, np.float32)
    cases = [
        Case(images[0], [ramp, 2 * ramp[:, ::-1]], [0, 1], [0.5, 0.5]),
        Case(images[1], [flat, ramp, ramp], [0, 0, 0], [0.5] * 3, None, [False, True, False]),
    ]
    found = Probes(cases, 0, ["pointing_game"])
    assert not found.own and not found.inputs, "nothing asks for them"
    monkeypatch.setitem(METRICS, "a", METRICS["entropy"])
    monkeypatch.setitem(METRICS, "c", METRICS["entropy"])
    found = Probes(cases, 0, ["a", "c"])
    assert [one.kind for one in found.inputs] == [OWN] * 15
    assert [len(probe.own) for of_case in found.of_cases for probe in of_case if probe] == [2, 2, 0, 0, 2]
    made = [found.asked.picture(row[1])[0, :, 0].tolist() for row in found.asked.rows.tolist()]
    assert made[:5] == [[0 + k, 1 + k] for k in (0, 10, 0, 10, 20)]
    assert made[5:10] == [[1 + k, 0 + k] for k in (0, 10, 0, 10, 20)]
    assert made[10:] == [[5 + k, 6 + k] for k in (0, 10, 0, 10, 20)]
    assert (found.asked.rows[:, 1] == found.asked.rows[:, 2]).all() and (found.asked.rows[:, 4] == 0).all()


def test_pictures_with_the_same_mark_are_made_and_scored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of two maps that agree, of one image; not those of another image, nor of another measure."""
    monkeypatch.setattr(own_pictures, "OF_PICTURES", [of("a"), of("c", count=3)])
    for name in "ac":
        monkeypatch.setitem(METRICS, name, METRICS["entropy"])
    ramp, image = np.array([[0, 1]], np.float32), np.zeros((1, 2, 1), np.float32)
    cases = [
        Case(image, [ramp, 3 * ramp, ramp[:, ::-1]], [0] * 3, [0.5] * 3),
        Case(image, [ramp], [0], [0.5]),
    ]
    found = Probes(cases, 0, ["a", "c"])
    first, same, other = found.of_cases[0]
    assert first and same and other and first.own == same.own and not set(other.own[0]) & set(first.own[0])
    assert len(found.inputs) == 15
    made = [found.asked.picture(row[1])[0, :, 0].tolist() for row in found.asked.rows.tolist()]
    turned = [[1 + k, k] for k in (0, 10, 0, 10, 20)]
    assert made == [[k, 1 + k] for k in (0, 10, 0, 10, 20)] + turned + made[:5]
