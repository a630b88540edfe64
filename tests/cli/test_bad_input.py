"""What users' folders, disks and models really hold: each a clear word, and the run goes on where it can."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, provenance, tree
from support.small_models import build_tiny, save_model

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """Two good pictures; tests put the bad one, `b.*`, between them."""
    for seed, name in enumerate(("a.png", "c.jpg")):
        make_photo(tmp_path / "photos" / name, seed=seed)
    return tmp_path / "photos"


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels in 70 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


BROKEN: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "truncated": (
        "b.jpg",
        lambda p: (p / "c.jpg").read_bytes()[:-400],
        "the picture is damaged (",
    ),
    "truncated png": ("b.png", lambda p: (p / "a.png").read_bytes()[:300], "the picture is damaged ("),
    "empty": ("b.png", lambda p: b"", "the file is empty"),
    "text": ("b.png", lambda p: b"hello", "not an image file, despite its name"),
    "bomb": ("b.png", lambda p: bomb(), "it has 60,000 x 60,000 pixels, more than 200,000,000: "),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("options", [[], ["-b", "1"]])
def test_a_broken_picture_fails_by_name_and_the_others_are_done(
    kind: str, options: list[str], photos: Path, model_files: Files
) -> None:
    name, make, reason = BROKEN[kind]
    data = make(photos)
    (photos / name).write_bytes(data)
    result = explain(model_files(), photos, *options)
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert f"Failed: {photos / name}: {reason}" in result.stderr
    expected = {"a.png", "c.jpg", name, "a_grad-cam.png", "c_grad-cam.png"}
    assert set(tree(photos)) == expected and (photos / name).read_bytes() == data


def test_a_picture_too_large_to_be_enlarged_fails_by_name_and_the_others_are_done(
    photos: Path, model_files: Files, make_photo: Callable[..., Path]
) -> None:
    make_photo(photos / "b.png", (240, 300))
    result = explain(model_files(), photos, "--enlarge", "30")
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert f"Failed: {photos / 'b.png'}: enlarged 30 times it would have 7200 x 9000 pixels" in result.stderr
    assert set(tree(photos)) == {"a.png", "b.png", "c.jpg", "a_grad-cam.png", "c_grad-cam.png"}


def test_all_pictures_failing_is_no_success(tmp_path: Path, model_files: Files) -> None:
    (tmp_path / "b.png").write_bytes(b"hello")
    result = explain(model_files(), tmp_path)
    assert result.exit_code == 1 and counted(result, 0, failed=1)


def test_a_missing_file_among_others(photos: Path, model_files: Files) -> None:
    result = explain(model_files(), photos / "a.png", photos / "no.png", photos / "c.jpg")
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert f"Failed: {photos / 'no.png'}: there is no such file." in result.stderr


def test_what_is_no_picture_by_name_is_left_alone(photos: Path, model_files: Files) -> None:
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._a.png", "notes.txt"):
        (photos / name).write_bytes(b"\0\1")
    result = explain(model_files(), photos)
    assert result.exit_code == 0 and counted(result, 2)


def test_a_png_named_jpg_is_a_picture(photos: Path, model_files: Files) -> None:
    shutil.copy(photos / "a.png", photos / "b.jpg")
    assert counted(explain(model_files(), photos, "--save", "raw"), 3)
    same = [np.load(photos / f"{name}_grad-cam.npy") for name in "ab"]
    np.testing.assert_array_equal(*same)


def test_a_folder_name_that_is_no_class_fails_its_images_only(
    photos: Path, model_files: Files, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    (tmp_path / "labels.txt").write_text("bird\ncat\nlion\n", encoding="utf-8")
    for name in ("lion/d.png", "7/e.png", "elk/f.png"):
        make_photo(photos / name)
    options = ["-r", "-c", "folder", "--labels", tmp_path / "labels.txt", "--results", "-"]
    result = explain(model_files(), photos, *options)
    assert result.exit_code == 1 and counted(result, 1, failed=4), result.stderr
    assert "The folder name 'elk' is not among the labels." in result.stderr
    assert len(result.stdout.splitlines()) == 6


# --- Places that cannot be written to ------------------------------


def test_output_folder_that_is_a_file(photos: Path, model_files: Files, tmp_path: Path) -> None:
    (tmp_path / "maps").write_text("mine", encoding="utf-8")
    result = explain(model_files(), photos, "-o", tmp_path / "maps")
    assert result.exit_code == 1 and counted(result, 0, failed=2)
    assert f"Cannot write to the folder {tmp_path / 'maps'}: " in result.stderr
    assert "Layer" not in result.stderr, "computed for nothing"
    assert (tmp_path / "maps").read_text(encoding="utf-8") == "mine"


def test_a_read_only_folder_among_others(
    photos: Path, model_files: Files, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(photos / "locked" / "d.png")

    def refuse(path: Any, mode: int = 0o777) -> None:
        if Path(path).parent.name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        make(path, mode)

    make = os.mkdir
    monkeypatch.setattr(os, "mkdir", refuse)
    result = explain(model_files(), photos, "-r")
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    assert "Permission denied. Name another with --output." in result.stderr


@pytest.mark.parametrize("call", ["os.replace", "os.fdopen"])
def test_a_full_disk_leaves_no_part_of_a_file(
    call: str,
    photos: Path,
    model_files: Files,
    make_photo: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_photo(photos / "b.png", seed=5)
    real, calls = getattr(os, call.removeprefix("os.")), itertools.count()

    def full(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 1:  # of whichever image is the second to be written
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(f"xai_cam.files.writing.{call}", full)
        result = explain(model_files(), photos)
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    outputs = {f"{name}_grad-cam.png" for name in "abc"}
    (missing,) = outputs - set(tree(photos))
    assert f"Cannot write {photos / missing}: No space left on device. Free space" in result.stderr
    assert set(tree(photos)) == {"a.png", "b.png", "c.jpg"} | (outputs - {missing})
    assert counted(explain(model_files(), photos), 1, up_to_date=2)


# --- Models ------------------------------


def refused(files: tuple[Path, ...], photos: Path, *options: object, exit_code: int = 3) -> str:
    """The message of a run that the model stops; nothing may be written."""
    before = tree(photos)
    result = explain(files, photos, *options)
    assert result.exit_code == exit_code, result.stderr
    assert tree(photos) == before
    return result.stderr.partition("Error: ")[2]


def test_weights_of_another_model_name_the_layers(photos: Path, model_files: Files, tmp_path: Path) -> None:
    files = (model_files()[0], model_files(units=5)[1])
    assert "head" in refused(files, photos)
    assert "conv_1" in refused((model_files()[0], model_files(channels=1)[1]), photos)


@pytest.mark.parametrize(
    ("options", "exit_code", "part"),
    [
        (["-l", "conv2"], 3, "The model has no layer 'conv2'. Nearest names with maps: conv_2, conv_1"),
        (["-l", "average"], 3, "Layer 'average' has no spatial output (it gives 8). Name a layer"),
        (["-c", "3"], 2, "The model has no class 3: its 3 classes are 0 to 2."),
        (["-c", "top4"], 2, "top4 asks for more classes than the model has (3)."),
        (["--labels", "LABELS"], 2, "The labels name 2 classes, the model has 3."),
        (["--size", "20x20"], 3, "--size 20x20 cannot be used."),
        (["--device", "gpu:99"], 2, "There is no GPU 99"),
    ],
)
def test_what_the_model_cannot_do(
    options: list[str], exit_code: int, part: str, photos: Path, model_files: Files, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("bird\ncat\n", encoding="utf-8")
    options = [str(tmp_path / "labels.txt") if option == "LABELS" else option for option in options]
    assert part in refused(model_files(), photos, *options, exit_code=exit_code)


def unfit_model(kind: str) -> Any:
    import keras

    layers = keras.layers
    if kind == "vectors":
        inputs = keras.Input((12,))
        return keras.Model(inputs, layers.Dense(3)(inputs))
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, name="conv")(inputs)
    pooled = layers.GlobalAveragePooling2D()(x)
    if kind == "two inputs":
        more = keras.Input((4,))
        return keras.Model([inputs, more], layers.Dense(2)(layers.Concatenate()([pooled, more])))
    if kind == "two outputs":
        return keras.Model(inputs, [layers.Dense(2)(pooled), layers.Dense(3)(pooled)])
    return keras.Model(inputs, layers.Dense(2)(pooled))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("two inputs", "The model has another input besides the image, for which nothing is given: "),
        ("two outputs", "The model has 2 outputs: "),
        ("vectors", "The model does not take images: its input is (None, 12)."),
    ],
)
def test_models_that_cannot_be_explained(kind: str, part: str, photos: Path, tmp_path: Path) -> None:
    files = save_model(unfit_model(kind), tmp_path / "unfit")
    assert part in refused(files, photos, exit_code=2 if kind == "two inputs" else 3)


def test_damaged_weights(photos: Path, tiny_files: tuple[Path, Path]) -> None:
    tiny_files[1].write_bytes(tiny_files[1].read_bytes()[:2000])
    assert "of which 2,000 are there (8%)" in refused(tiny_files, photos)


# --- Maps without anything on them ------------------------------


def test_a_blank_map_is_the_plain_picture_and_says_why(photos: Path, tmp_path: Path) -> None:
    model = build_tiny()
    head = model.get_layer("head")
    head.set_weights([-np.ones_like(head.get_weights()[0]), head.get_weights()[1]])
    files = save_model(model, tmp_path / "negative")
    result = explain(files, photos / "a.png", "--results", "-")
    assert result.exit_code == 0 and counted(result, 1)
    assert (
        "a.png: grad-cam is blank: nothing in this layer speaks for the class, only against it."
        in result.stderr
    )
    assert ",blank," in result.stdout and "only against it" in result.stdout
    overlay = photos / "a_grad-cam.png"
    enlarged = np.repeat(np.repeat(np.asarray(Image.open(photos / "a.png")), 8, 0), 8, 1)
    np.testing.assert_array_equal(np.asarray(Image.open(overlay)), enlarged)
    assert provenance(overlay)["status"] == "blank"
    assert counted(explain(files, photos / "a.png"), 0, up_to_date=1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
@pytest.mark.parametrize(
    ("layer", "value", "where"),
    [("conv_2", 1e38, "the layer's activations"), ("head", np.nan, "the scores or gradients")],
)
def test_a_map_that_is_not_finite_is_a_failure(
    layer: str, value: float, where: str, method: str, photos: Path, tmp_path: Path
) -> None:
    model = build_tiny()
    kernel, bias = model.get_layer(layer).get_weights()
    model.get_layer(layer).set_weights([np.full_like(kernel, value), bias])
    model.save(tmp_path / "nan.h5")
    result = explain((tmp_path / "nan.h5",), photos, "--method", method, "--results", "-")
    assert result.exit_code == 1 and counted(result, 0, failed=2), result.stdout
    assert f"the {method} map is not finite: {where} hold NaN or infinity" in result.stderr
    assert result.stdout.count(",failed,failed,") == 2
    assert set(tree(photos)) == {"a.png", "c.jpg"}
