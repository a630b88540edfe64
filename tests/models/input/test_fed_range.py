"""How much of the expected range an input covers, and what is said of too little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.images.picture import Picture
from xai_cam.models.input.fed_range import FedRange, RangeWatch, fed_range
from xai_cam.models.input.preprocessing import SCALINGS, Preprocessing

NARROW = FedRange(0.0625, (0, 1), 4031)
WIDE = FedRange(0.9, (0, 1))


def fed(levels: Any, name: str, asked: str = "", **more: Any) -> FedRange:
    """Of RGB pixels with these grey levels."""
    pixels = np.repeat(np.array(levels, np.float32).reshape(1, -1, 1), 3, axis=2)
    preprocessing = Preprocessing(name, "bgr", "")
    picture = Picture(pixels.astype(np.uint8), pixels, **more)
    return fed_range(picture, preprocessing.apply(pixels), preprocessing, asked)


@pytest.mark.parametrize("name", [name for name in SCALINGS if name != "standardize"])
def test_the_share_is_that_of_the_levels(name: str) -> None:
    """Whatever the scaling, and though each channel has its own mean: 16 of 255 levels, then 26."""
    assert fed([0, 5, 16], name).share == pytest.approx(16 / 255, rel=1e-4)
    assert fed([0, 5, 16], name).narrow and not fed([0, 5, 26], name).narrow
    assert fed([200, 212], name).narrow, "bright and flat"
    assert not fed([0, 128, 255], name).narrow


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("raw", (0, 255)),
        ("unit", (0, 1)),
        ("signed", (-1, 1)),
        ("caffe", (-123.68, 255 - 103.939)),
        ("torch", (-0.485 / 0.229, (1 - 0.406) / 0.225)),
    ],
)
def test_the_expected_range(name: str, expected: tuple[float, float]) -> None:
    assert fed([0, 255], name).expected == pytest.approx(expected, rel=1e-5)


def test_a_scaling_by_the_image_itself_expects_nothing() -> None:
    assert not fed([0, 1], "standardize").narrow


def test_a_picture_of_one_colour_is_not_narrow() -> None:
    pixels = np.broadcast_to(np.array([255, 0, 0], np.float32), (2, 2, 3))
    preprocessing = Preprocessing("unit", "rgb", "")
    found = fed_range(
        Picture(pixels.astype(np.uint8), pixels), preprocessing.apply(pixels), preprocessing, ""
    )
    assert found.share == 1


# --- What is said ------------------------------------------------------------------------------------


def test_the_first_is_told_and_all_are_counted() -> None:
    watch = RangeWatch()
    assert watch.see("a.png", WIDE) == []
    (line,) = watch.see("b.png", NARROW)
    assert line == (
        "b.png: its input covers 0.062 of the range that the model expects (0 to 1). The highest value "
        "stored is 4,031, as of 12 bits (a guess): `depth=12` makes 4,095 white, `window=(low, high)` takes "
        "any two values as black and white."
    )
    assert watch.see("c.png", FedRange(0.01, (0, 1), 700)) == []
    (closing,) = watch.close()
    assert closing.startswith("2 of 3 images cover less than a tenth") and "`depth=12`" in closing


def test_one_alone_is_not_counted() -> None:
    watch = RangeWatch()
    assert watch.see("a.png", NARROW) and watch.close() == []


@pytest.mark.parametrize(("highest", "depth"), [(200, 8), (1023, 10), (1024, 12), (16383, 14)])
def test_the_depth_is_guessed_by_the_highest_value(highest: int, depth: int) -> None:
    (line,) = RangeWatch().see("a.png", FedRange(0.05, (0, 1), highest))
    assert f"`depth={depth}`" in line and "a guess" in line


@pytest.mark.parametrize(
    ("one", "remedy"),
    [
        (FedRange(0.05, (0, 1), 60000), "`window=(low, high)` says which"),
        (FedRange(0.05, (0, 1)), "may be meant so"),
        (FedRange(0, (0, 1), 0), "may be meant so"),
        (FedRange(0.05, (0, 1), 4000, asked="window"), "Check `window`."),
    ],
)
def test_what_can_be_done(one: FedRange, remedy: str) -> None:
    (line,) = RangeWatch().see("a.png", one)
    assert remedy in line and "depth=" not in line


@pytest.mark.parametrize(("asked", "kind"), [("window", "and bands:"), ("depth", "of more than 8 bits:")])
def test_pictures_that_a_window_is_not_for_are_counted(asked: str, kind: str) -> None:
    watch = RangeWatch()
    coloured = fed([0, 255], "unit", asked)
    assert coloured.left
    assert watch.see("a.png", coloured) == watch.see("b.png", FedRange(1, asked=asked)) == []
    (line,) = watch.close()
    assert line.startswith(f"`{asked}` is for grey pictures") and kind in line and "1 of 2 images" in line


@pytest.mark.parametrize("shape", [(5, 7, 3), (4, 6, 1), (3, 5, 7, 2)])
def test_the_share_is_that_of_every_number_by_itself(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(4).uniform(3, 250, shape).astype(np.float32)
    preprocessing = Preprocessing("signed", "rgb", "")
    picture = Picture(np.zeros((1, 1, 3), np.uint8), pixels)
    found = fed_range(picture, preprocessing.apply(pixels), preprocessing, "")
    shares = [(value - np.float32(-1)) / np.float32(2) for value in preprocessing.apply(pixels).flat]
    assert found.share == max(shares) - min(shares)
