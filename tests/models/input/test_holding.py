"""Other inputs in the shapes that a model takes: what fits, and what is said of what does not."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError, InputError, XaiCamError
from xai_cam.images.extras import Extras, read_extras
from xai_cam.images.finding import ImageFile
from xai_cam.models.input.holding import View, fitted, held_by
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.input.preprocessing import Preprocessing

IMAGES = [ImageFile(Path("x") / name, Path()) for name in ("a.png", "b.png")]
SCALING = Preprocessing("unit", "rgb", "tested")


def no_view(wanted: ModelInput) -> NoReturn:
    raise AssertionError(wanted)


def nothing(*_: object) -> NoReturn:
    raise AssertionError("there is no picture")


def given(**values: object) -> Extras:
    return read_extras([(name, str(value)) for name, value in values.items()], IMAGES)


@pytest.mark.parametrize(
    ("shape", "values", "expected"),
    [
        ((), 5, np.float32(5)),
        ((1,), 5, [5]),
        ((1,), [5], [5]),
        ((1, 1), 5, [[5]]),
        ((3,), [1, 2, 3], [1, 2, 3]),
        ((1, 3), [1, 2, 3], [[1, 2, 3]]),
        ((2, 2), [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ((None,), [1, 2], [1, 2]),
        ((None, 2), [[1, 2]], [[1, 2]]),
    ],
)
def test_values_that_fit(shape: tuple[int | None, ...], values: object, expected: object) -> None:
    found = fitted(ModelInput("age", shape), np.array(values, np.float64))
    assert found.dtype == np.float32 and np.array_equal(found, np.array(expected))


def test_whole_numbers() -> None:
    wanted = ModelInput("sex", (1,), "int32")
    assert fitted(wanted, np.array(1.0)).dtype == np.int32
    with pytest.raises(InputError, match="not made of whole numbers"):
        fitted(wanted, np.array(1.5))


@pytest.mark.parametrize(
    ("shape", "values", "said"),
    [
        (
            (3,),
            5,
            r"`extra` age is one number, and the model takes age \(3, float32\). Give 3 numbers, with commas",
        ),
        ((3,), [1, 2], "is 2 numbers, .* Give 3 numbers, with commas, or as many columns"),
        ((1,), [1, 2], r"is 2 numbers, .* Give 1 number[.]"),
        ((2, 2), [1, 2, 3, 4], r"is 4 numbers, and the model takes age \(2 x 2, float32\). Give 4 numbers\."),
        ((None,), 1, "is one number"),
    ],
)
def test_values_that_do_not(shape: tuple[int | None, ...], values: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fitted(ModelInput("age", shape), np.array(values, np.float64))


def test_text() -> None:
    with pytest.raises(InputError, match="which is text"):
        fitted(ModelInput("note", (1,), "string"), np.array(1.0))


def test_all_inputs_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,age\na,1\nb,2\n", encoding="utf-8")
    np.save(tmp_path / "m.npy", np.arange(6).reshape(2, 3))
    inputs = [ModelInput("meta", (3,)), ModelInput("age", (1,)), ModelInput("k", ())]
    extras = given(age=f"{tmp_path / 't.csv'}:age", k=7, meta=tmp_path / "m.npy")
    holding = held_by(inputs, extras, no_view)
    found = holding.of(IMAGES[1], nothing)
    assert [one.tolist() for one in found] == [[3, 4, 5], [2], 7]
    assert holding.sentence == (
        " Held: meta = the rows of m.npy, in the order of the images from a.png to b.png; age = the "
        "column age of t.csv, by the names of the images; k = 7."
    )
    assert holding.nbytes == 0


def test_what_does_not_fit_is_told_before_there_is_an_image(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,age\na,1\nb,2\n", encoding="utf-8")
    np.save(tmp_path / "m.npy", np.zeros((7, 3)))
    for wanted, value, said in (
        (ModelInput("age", (3,)), f"{tmp_path / 't.csv'}:age", "is one number"),
        (ModelInput("age", (3,)), 5, "is one number"),
        (
            ModelInput("age", (3,)),
            tmp_path / "m.npy",
            r"m\.npy has the shape \(7, 3\).* as many as there are images",
        ),
    ):
        with pytest.raises(InputError, match=said):
            held_by([wanted], given(age=value), no_view)
    with pytest.raises(InputError, match=r"nothing is given: b \(2, float32\); c \(one number, int32\)"):
        held_by([ModelInput("b", (2,)), ModelInput("c", (), "int32")], given(), no_view)
    with pytest.raises(InputError, match=r"no input 'age' besides the image. Nearest: aged"):
        held_by([ModelInput("aged", (1,))], given(age=1), no_view)
    with pytest.raises(
        InputError, match=r"no input besides the image, so that `extra` 'age' fits none\. Leave it out"
    ):
        held_by([], given(age=1), no_view)


@pytest.mark.parametrize("first", [False, True])
def test_pictures(tmp_path: Path, first: bool) -> None:
    (tmp_path / "left").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (2, 4)).save(tmp_path / "left" / name)
    wanted = ModelInput("left", (3, 4, 2) if first else (4, 2, 3))
    holding = held_by([wanted], given(left=tmp_path / "left"), lambda _: View((4, 2), 3, SCALING, first))
    asked: list[object] = []

    def read(path: Path, size: tuple[int, int], channels: int) -> np.ndarray:
        asked.append((path, size, channels))
        return np.full((*size, channels), 51.0, np.float32)

    (found,) = holding.of(IMAGES[1], read)
    assert found.shape == wanted.shape and np.allclose(found, 0.2)
    assert asked == [(tmp_path / "left" / "b.png", (4, 2), 3)] and holding.nbytes == 4 * 4 * 2 * 3
    assert holding.sentence.endswith("the picture of the same name in left, scaled unit, rgb (tested).")

    def broken(*_: object) -> np.ndarray:
        raise ImageError("it is none")

    with pytest.raises(XaiCamError, match=r"`extra` left: b\.png: it is none") as raised:
        holding.of(IMAGES[1], broken)
    assert not isinstance(raised.value, ImageError), "else the image itself would be remembered as broken"
    holding.extras.identity(IMAGES[1])
    Image.new("RGB", (3, 4)).save(tmp_path / "left" / "b.png")
    with pytest.raises(XaiCamError, match="was replaced while the run went on"):
        holding.of(IMAGES[1], read)
