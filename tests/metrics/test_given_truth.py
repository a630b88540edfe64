"""Masks and boxes as Python callers give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam import Explanation
from xai_cam.errors import ImageError, InputError
from xai_cam.images.picture import Region
from xai_cam.metrics.given_truth import GivenTruth

ARRAYS = np.zeros((2, 4, 8, 3), np.float32)
CAM = np.repeat(np.array([[1, 1, 0, 0]], np.float32), 2, 0)
MAP = Explanation(CAM, "grad-cam", "conv", 1, 0, 1.5, "logit", 0.8, (), "ok", "")
LABELS = ("cat", "dog")


class Prepared:
    """Two pictures of 8 x 16, of which the model saw the left half in an input of 4 x 8."""

    def __init__(self, *paths: str) -> None:
        self.pixels = [np.zeros((8, 16, 3), np.uint8)] * 2
        self.regions = [Region(0, 0, 8, 8)] * 2
        self.paths = [Path(one) for one in paths] or [None, None]


def energy(truth: GivenTruth, number: int = 0) -> float | None:
    return truth.locate(number, [MAP], ["energy_pointing"])[0][0].get("energy_pointing")


def test_boxes_of_arrays_are_in_their_pixels() -> None:
    truth = GivenTruth(ARRAYS, 2, (4, 8), boxes=[[(0, 0, 4, 4), (0, 0, 3, 4, "cat")], None], labels=LABELS)
    assert energy(truth) == pytest.approx(truth_of_left_half()) and energy(truth, 1) is None


def truth_of_left_half() -> float:
    """Of 1 1 0 0 enlarged to 8 pixels: 1 1 1 0.75 | 0.25 0 0 0."""
    return 3.75 / 4


@pytest.mark.parametrize("kind", ["dog", "1", 1])
def test_boxes_of_classes(kind: Any) -> None:
    truth = GivenTruth(ARRAYS, 2, (4, 8), boxes=[[(0, 0, 4, 4, kind)], [(0, 0, 4, 4, "cat")]], labels=LABELS)
    assert energy(truth) == pytest.approx(truth_of_left_half()) and energy(truth, 1) is None


def test_of_what_was_prepared_boxes_are_in_the_original_pictures() -> None:
    """The map's left half is the picture's left quarter."""
    truth = GivenTruth(Prepared(), 2, (4, 8), boxes=np.array([[[0, 0, 4, 8]], [[4, 0, 16, 8]]]))
    assert energy(truth) == pytest.approx(truth_of_left_half())
    assert energy(truth, 1) == pytest.approx(1 - truth_of_left_half())


def test_masks_are_of_the_picture_or_of_the_input() -> None:
    picture, fed = np.zeros((8, 16)), np.zeros((4, 8, 1), np.uint8)
    picture[:, :4], fed[:, :4] = 0.5, 255
    truth = GivenTruth(Prepared(), 2, (4, 8), masks=[picture, fed])
    assert [energy(truth, number) for number in (0, 1)] == pytest.approx([truth_of_left_half()] * 2)
    with pytest.raises(ImageError, match=r"Image 0: its mask has 5 x 5 pixels, and it has 8 x 16\."):
        energy(GivenTruth(Prepared(), 2, (4, 8), masks=[np.ones((5, 5))] * 2))


def test_a_file_of_boxes_names_the_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = tmp_path / "b.csv"
    table.write_text("image,x0,y0,x1,y1\na.png,0,0,4,8\n", encoding="utf-8")
    truth = GivenTruth(Prepared("p/a.png", "p/b.png"), 2, (4, 8), boxes=str(table))
    (said,) = caplog.messages
    assert said == f"b.csv has no box of {Path('p/b.png')}: how well these are localised is not measured."
    assert energy(truth) == pytest.approx(truth_of_left_half()) and energy(truth, 1) is None
    for images in (ARRAYS, Prepared()):
        with pytest.raises(InputError, match="by the names of images, and these have none"):
            GivenTruth(images, 2, (4, 8), boxes=table)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[]], "are not those of 2 images"),
        (5, "are not those of 2 images"),
        ([7, None], "has 7 for image 0"),
        ([None, [(1, 2, 3)]], r"has \(1, 2, 3\) for image 1"),
        ([None, [5]], "has 5 for image 1"),
        ([[(1, 2, 3, "x")], None], "for image 0. Give lists"),
        ([[(3, 2, 1, 4)], None], r"has the box 3, 2, 1, 4 \(image 0\), which ends before"),
        ([[(1, 2, float("inf"), 4)], None], "no picture is large enough"),
        ([[(1, 2, 3, 4, "bird")], None], "boxes are of bird, and the model's classes are cat, dog"),
    ],
)
def test_what_are_no_boxes(boxes: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GivenTruth(ARRAYS, 2, (4, 8), boxes=boxes, labels=LABELS)


def test_a_box_beside_its_picture_is_said_with_the_image() -> None:
    truth = GivenTruth(ARRAYS, 2, (4, 8), boxes=[None, [(8, 0, 9, 4)]])
    with pytest.raises(ImageError, match=r"Image 1: its box 8, 0, 9, 4 \(image 1\) lies outside of it"):
        energy(truth, 1)


@pytest.mark.parametrize(
    "masks", [np.zeros((3, 4, 8)), [np.zeros(4)] * 2, [np.array("x")] * 2, 5, np.zeros((2, 8))]
)
def test_what_are_no_masks(masks: Any) -> None:
    with pytest.raises(InputError, match="are not one of"):
        GivenTruth(ARRAYS, 2, (4, 8), masks=masks)


def test_what_is_not_0_in_a_mask_is_the_object() -> None:
    mask = np.zeros((2, 4, 8))
    mask[:, :, :4] = -1
    assert energy(GivenTruth(ARRAYS, 2, (4, 8), masks=mask)) == pytest.approx(truth_of_left_half())


@pytest.mark.parametrize("given", ["masks", "boxes"])
def test_of_volumes_neither_can_be_given(given: str) -> None:
    known: dict[str, Any] = {given: [np.ones((4, 8))] * 2 if given == "masks" else [[(0, 0, 4, 4)], None]}
    with pytest.raises(InputError, match=f"The images are volumes, and `{given}` say"):
        GivenTruth(np.zeros((2, 3, 4, 8, 1)), 2, (3, 4, 8), **known)
