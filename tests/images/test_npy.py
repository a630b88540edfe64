"""Arrays in `.npy` files."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.npy import read_npy
from xai_cam.images.picture import Picture
from xai_cam.images.readers import kind_of_file, read_image
from xai_cam.images.reading import Reading

FIVE = np.random.default_rng(0).random((6, 8, 5), dtype=np.float32)


def read(path: Path, **asked: object) -> Picture:
    return read_npy(path, lambda _: None, Reading(**{"channels": 5, **asked}))  # type: ignore[arg-type]


def header(shape: str, descr: str = "'<f4'") -> bytes:
    """A file of a header alone."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize("array", [FIVE, np.asfortranarray(FIVE), FIVE.astype(">f4"), FIVE.astype("f8")])
def test_numbers_of_any_order(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read(tmp_path / "a.npy").values, FIVE)


def test_what_the_file_holds_decides(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 3, 3), 9, np.uint8))
    (tmp_path / "a.npy").rename(tmp_path / "a.png")
    assert kind_of_file(tmp_path / "a.png").name == "NumPy array"
    assert read_image(tmp_path / "a.png").pixels.tolist() == [[[9] * 3] * 3] * 2


def test_the_memory_is_asked_for_before_it_is_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FIVE)

    def refuse(weight: int) -> None:
        assert weight > FIVE.nbytes
        raise MemoryError

    with pytest.raises(ImageError, match="too little memory"):
        read_npy(tmp_path / "a.npy", refuse, Reading(channels=5))


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    np.save(tmp_path / "a.npy", np.array([[Trap()]], object), allow_pickle=True)
    with pytest.raises(ImageError, match="pickled objects, which are never opened"):
        read(tmp_path / "a.npy")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header("(60000, 60000, 5)"), "more than 200,000,000.*max_pixels"),
        (header("(9000, 9000, 5)"), "it ends after 0 of 1,620,000,000 bytes"),
        (header("(-3, 4, 5)"), "its shape is|damaged"),
        (header("(6, 8, 5)", "'<c8'"), "it holds complex64, not plain numbers"),
        (header("(6, 8, 5)", "[('a', '<f4')]"), "not plain numbers"),
        (header("(6, 8, 5"), "damaged: its header cannot be read"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "damaged: its header cannot be read"),
        (b"\x93NUMPY\x03\x00\x00\x00\x00\x00", "named fields"),
        (header("(" + "(" * 5000 + ")"), "damaged: its header cannot be read"),
    ],
)
def test_damaged_and_hostile_files(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ImageError, match=words):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize("asked", [{"channels": 3}, {"channels": 1, "planes": 4, "max_pixels": 10}])
@pytest.mark.parametrize(
    "shape",
    ["(True, 5, 3)", "(-3, -3, 3)", "(-1, 5, 3)", "(5, -5, -3)", "(-1, -5, 3, 2)", f"({10**30}, 5, 0)"],
)
def test_sides_that_no_array_has(shape: str, asked: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(header(shape, "'|u1'") + b"a" * 150)
    with pytest.raises(ImageError, match="sides that no array has"):
        read(tmp_path / "a.npy", **asked)


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    whole = io.BytesIO()
    np.save(whole, FIVE)
    (tmp_path / "a.npy").write_bytes(whole.getvalue()[:-1])
    with pytest.raises(ImageError, match="it ends after 959 of 960 bytes"):
        read(tmp_path / "a.npy")


def test_a_wrong_number_of_bands_is_told_by_the_header(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(header("(9000, 9000, 7)"))
    with pytest.raises(ImageError, match="it has 7 channels, and the model takes 5"):
        read(tmp_path / "a.npy", max_pixels=None)
