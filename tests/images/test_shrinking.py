"""JPEGs shrunk on load: by how much, and where what was read of them lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Picture, Region
from xai_cam.images.readers import read_file
from xai_cam.images.reading import Reading
from xai_cam.images.shrinking import SPARE, Shrunk, shrink

HEIGHT, WIDTH = 100, 164
"""No multiples of 8: the last pixels of a shrunk picture are not all there."""

RAMP = np.arange(HEIGHT)[:, None, None] + 0.9 * np.arange(WIDTH)[:, None] + np.zeros(3)
ASKED = Reading(channels=3, shrink_on_load=True, input_size=(4, 6))


def written(path: Path, turn: int = 1, progressive: bool = False) -> Path:
    exif = Image.Exif()
    exif[0x112] = turn
    pixels = np.rint(RAMP).astype(np.uint8)
    Image.fromarray(pixels).save(path, exif=exif, quality=95, progressive=progressive)
    return path


def read(path: Path, reading: Reading = ASKED) -> Picture:
    return read_file(path, lambda _: None, reading)


@pytest.mark.parametrize(
    ("size", "step"),
    [((33, 54), 1), ((16, 16), 2), ((16, 28), 1), ((8, 13), 4), ((4, 6), 8), ((2, 2), 8), ((17, 2), 1)],
)
def test_three_times_the_input_is_left_along_both_sides(
    tmp_path: Path, size: tuple[int, int], step: int
) -> None:
    picture = read(written(tmp_path / "a.jpg"), Reading(shrink_on_load=True, input_size=size))
    assert picture.size == (HEIGHT, WIDTH) and (picture.shrunk.step if picture.shrunk else 1) == step
    assert picture.pixels.shape[:2] == (-(-HEIGHT // step), -(-WIDTH // step))
    assert step == 1 or min(HEIGHT / step / size[0], WIDTH / step / size[1]) >= SPARE


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("fit", ["stretch", "crop", "letterbox"])
def test_the_same_part_is_seen_whichever_way_a_picture_is_turned(tmp_path: Path, turn: int, fit: str) -> None:
    path, size = written(tmp_path / "a.jpg", turn), (4, 6)
    whole, small = read(path, Reading()), read(path)
    assert small.shrunk and not whole.shrunk and whole.size == small.size
    expected, region = fit_picture(whole, size, 3, fit)
    values, same = fit_picture(small, size, 3, fit)
    assert same == region
    assert np.abs(values - expected).max() < 3  # half a pixel of the shrunk ones beside it would be 4


def test_where_a_region_lies_in_the_pixels() -> None:
    pixels = np.zeros((13, 41, 3), np.uint8)
    small = Picture(pixels, pixels, shrunk=Shrunk((100, 328), 8, top=0.5))
    assert small.size == (100, 328) and small.in_pixels(Region(0, 8, 100, 328)) == Region(0.5, 1, 13, 41)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_are_decoded_as_they_are(tmp_path: Path, kind: str) -> None:
    Image.fromarray(RAMP.astype(np.uint8)).save(tmp_path / "a.picture", kind)
    assert read(tmp_path / "a.picture").shrunk is None


def test_nothing_is_shrunk_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg")
    for reading in (Reading(input_size=(4, 6)), Reading(shrink_on_load=True)):
        assert read(path, reading).shrunk is None


def test_the_memory_that_decoding_takes(tmp_path: Path) -> None:
    """Seven bytes of each pixel that is decoded; of a progressive one three more, of all that are there."""
    with Image.open(written(tmp_path / "a.jpg")) as image:
        assert shrink(image, ASKED) == (Shrunk((HEIGHT, WIDTH), 8), 13 * 21 * 7)
    with Image.open(written(tmp_path / "b.jpg", progressive=True)) as image:
        assert shrink(image, ASKED) == (Shrunk((HEIGHT, WIDTH), 8), HEIGHT * WIDTH * 10)
