"""The values of an image: what tells them from others, and what its row says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import InputError, XaiCamError
from xai_cam.images.extras import NOTHING, Extras, read_extras
from xai_cam.images.finding import ImageFile

IMAGES = [ImageFile(Path("x") / name, Path()) for name in ("a.png", "b.png")]


def extras(folder: Path) -> Extras:
    given = {"age": f"{folder / 't.csv'}:age", "meta": folder / "m.npy", "left": folder / "left", "k": "1,2"}
    return read_extras([(name, str(value)) for name, value in given.items()], IMAGES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "left").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (2, 2)).save(tmp_path / "left" / name)
    (tmp_path / "t.csv").write_text("image,age\na,1\nb,2\n", encoding="utf-8")
    np.save(tmp_path / "m.npy", np.arange(20).reshape(2, 10))
    return tmp_path


def test_what_a_row_says(folder: Path) -> None:
    assert extras(folder).shown(IMAGES[1]) == "age=2; meta=10 numbers; left=b.png; k=1,2"
    assert NOTHING.shown(IMAGES[0]) == "" and NOTHING.identity(IMAGES[0]) == {}


def test_equal_values_are_equal_wherever_they_come_from(folder: Path) -> None:
    found = extras(folder)
    given = read_extras([("age", "2")], IMAGES)
    assert found.identity(IMAGES[1])["age"] == given.identity(IMAGES[1])["age"] == 2.0


@pytest.mark.parametrize("change", ["age", "meta", "left"])
def test_a_change_is_that_of_one_image(folder: Path, change: str) -> None:
    before = [extras(folder).identity(image) for image in IMAGES]
    if change == "age":
        (folder / "t.csv").write_text("image,age\na,1\nb,2.5\n", encoding="utf-8")
    elif change == "meta":
        values = np.load(folder / "m.npy")
        values[1, 9] += 1
        np.save(folder / "m.npy", values)
    else:
        Image.new("L", (2, 2), 9).save(folder / "left" / "b.png")
    after = [extras(folder).identity(image) for image in IMAGES]
    assert after[0] == before[0] and {n for n in before[1] if before[1][n] != after[1][n]} == {change}


def test_a_picture_that_changes_meanwhile(folder: Path) -> None:
    found, path = extras(folder), folder / "left" / "a.png"
    assert found.is_unchanged(path)
    found.identity(IMAGES[0])
    assert found.is_unchanged(path)
    Image.new("L", (3, 3)).save(path)
    assert not found.is_unchanged(path)


def test_what_is_missing_names_the_input(folder: Path) -> None:
    (folder / "t.csv").write_text("image,age\na,1\n", encoding="utf-8")
    found = extras(folder)
    assert found.of(IMAGES[0])["age"] == 1
    with pytest.raises(XaiCamError, match=r"`extra` age: t\.csv has no row"):
        found.identity(IMAGES[1])
    (folder / "left" / "a.png").unlink()
    with pytest.raises(XaiCamError, match=r"`extra` left: a\.png: there is no such file"):
        found.identity(IMAGES[0])


def test_a_name_given_twice() -> None:
    with pytest.raises(InputError, match="`extra` 'age' is given twice"):
        read_extras([("age", "1"), ("age", "2")], IMAGES)


def test_all_files_are_known(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in extras(folder).files]
    assert names == ["t.csv", "m.npy", "left/a.png", "left/b.png"]
