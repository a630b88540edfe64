"""How images become pixels and what a model takes, and what is told of their memory before."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Region
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.runs.decode import ModelReader, PictureReader, Reader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task

DECODED = 8 * (4 + 3)
"""Bytes: eight pixels as Pillow keeps them, and as they are used."""

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Red, four pixels wide and two high; the outer columns are blue."""
    image = Image.new("RGB", (4, 2), RED)
    for x, y in ((0, 0), (0, 1), (3, 0), (3, 1)):
        image.putpixel((x, y), BLUE)
    image.save(tmp_path / "a.png")
    return tmp_path / "a.png"


def read(reader: Reader, path: Path) -> tuple[ImageState, list[float]]:
    """The image, and what was reserved for it in turn."""
    state = ImageState(Task(ImageFile(path, Path()), path.parent, path.stem), {}, todo=True)
    reserved: list[float] = []
    reader.read(state, reserved.append)
    return state, reserved


def feeding(shape: tuple[int, int, int], fit: str = "stretch") -> Feeding:
    network: Any = SimpleNamespace(input_shape=shape)
    return Feeding(network, Preprocessing("unit", "bgr", ""), fit)


def test_a_picture_as_it_is(photo: Path) -> None:
    state, reserved = read(PictureReader(), photo)
    assert state.source.size == (2, 4) and reserved == [DECODED] and state.values is None
    assert state.source.pixels[0].tolist() == [[*BLUE], [*RED], [*RED], [*BLUE]]


def test_what_the_model_takes(photo: Path) -> None:
    """The two columns in the middle, blue, green, red, from 0 to 1, of four bytes."""
    state, reserved = read(ModelReader(feeding((2, 2, 3), "crop")), photo)
    assert state.region == Region(0, 1, 2, 3) and state.picture is not None
    assert state.fed.dtype == np.float32 and (state.fed == np.broadcast_to([0, 0, 1], (2, 2, 3))).all()
    assert reserved == [DECODED + 4 * (2 * 2 * 3)]


def test_without_scaling_and_without_the_picture(photo: Path) -> None:
    state, reserved = read(ModelReader(feeding((2, 4, 3)), scaled=False, keeps_picture=False), photo)
    assert state.fed[1].tolist() == [[*BLUE], [*RED], [*RED], [*BLUE]]
    assert state.region == Region(0, 0, 2, 4) and state.picture is None
    kept = 4 * (2 * 4 * 3)
    assert reserved == [DECODED + kept, kept], "the picture's room is given back"


@pytest.mark.parametrize("reader", [PictureReader(), ModelReader(feeding((2, 2, 3)))], ids=["alone", "model"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"text", "not an image file, despite its name"),
    ],
)
def test_what_cannot_be_read_has_failed(
    reader: Reader, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "b.png"
    if content is not None:
        path.write_bytes(content)
    state, reserved = read(reader, path)
    assert state.failure.startswith(reason) and not state.pending and reserved == []
    assert state.picture is state.values is None
    assert [row["message"] for row in state.rows] == [state.failure]


def test_a_picture_that_is_cut_off_has_failed_after_its_room_was_reserved(photo: Path) -> None:
    photo.write_bytes(photo.read_bytes()[:45])
    state, reserved = read(PictureReader(), photo)
    assert "damaged" in state.failure and reserved == [DECODED]
