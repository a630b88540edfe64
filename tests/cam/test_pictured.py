"""Where maps find their pictures: by reference, and arrays drawn as pictures."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from support.maps import Photos, made
from xai_cam.cam.pictured import Source, as_picture, pictured, range_of


def test_an_original_picture_is_the_very_array() -> None:
    photos = Photos.of((4, 6), (5, 3))
    found = Source(photos)[1]
    assert found.pixels is photos.pixels[1] and found.region is photos.regions[1] and found.note == ""


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0, 1], (0, 1)),
        ([-1, 0.5], (-1, 1)),
        ([0, 200], (0, 255)),
        ([-2, 2], None),
        ([-1, 200], None),
        ([], (0, 1)),
    ],
)
def test_the_range_that_values_lie_in(values: Any, ends: Any) -> None:
    assert range_of(np.array(values, np.float32)) == ends


def test_arrays_are_drawn_by_the_range_of_all() -> None:
    """A dark image among others stays dark; every level as worked out by hand."""
    images = np.zeros((2, 1, 2, 3), np.float32)
    images[0], images[1] = 0.2, 1
    source = Source(images)
    dark, bright = source[0], source[1]
    assert (dark.pixels == 51).all() and (bright.pixels == 255).all()
    assert dark.note == "array: 0 drawn black, 1 white" and dark.path is None
    assert (dark.region.bottom, dark.region.right) == (1, 2)


@pytest.mark.parametrize(
    ("values", "ends", "levels", "said"),
    [
        ([[[-1.0], [0.0], [1.0]]], (-1, 1), [0, 128, 255], "array: -1 drawn black, 1 white"),
        ([[[10.0], [20.0]]], (0, 255), [10, 20], ""),
        ([[[-4.0], [4.0]]], None, [0, 255], "array: -4 drawn black, 4 white"),
        ([[[3.0], [3.0]]], None, [0, 0], "array: 3 drawn black, 3 white"),
        (
            [[[0.0, 1.0], [1.0, 1.0]]],
            (0, 1),
            [128, 255],
            "array: the mean of 2 channels, 0 drawn black, 1 white",
        ),
    ],
)
def test_arrays_as_pictures_by_hand(values: Any, ends: Any, levels: list[int], said: str) -> None:
    pixels, note = as_picture(np.array(values), ends)
    np.testing.assert_array_equal(pixels[0], np.repeat(np.array(levels)[:, None], 3, axis=1))
    assert pixels.dtype == np.uint8 and note == said


def test_what_is_pickled_leaves_the_pictures_behind() -> None:
    one = made(source=Source(np.zeros((100, 64, 64, 3), np.float32)))
    data = pickle.dumps(one)
    again = pickle.loads(data)
    assert len(data) < 3000 and again.source is None and again.picture is None
    np.testing.assert_array_equal(again.cam, one.cam)


def test_copies_share_it() -> None:
    one = made(source=Source(Photos.of((4, 4))))
    assert copy.copy(one).source is one.source and copy.deepcopy(one).source is one.source


def test_maps_of_several_images_are_told() -> None:
    photos = Photos.of((4, 4), (5, 5))
    (first,), (second,) = pictured([[made()], [made(image=1)]], photos)
    assert first.picture.pixels is photos.pixels[0] and second.picture.pixels is photos.pixels[1]
