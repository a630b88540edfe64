"""`xai-cam features` from the command line: files, names, rows, and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from oracle.network import read_network
from support.commands import counted, fresh, named, provenance, run, sha256, tree
from xai_cam.features.request import name_part

LAYERS = ("-l", "conv_1", "-l", "pool")


def features(files: tuple[Path, ...], *arguments: object) -> Result:
    return run("features", *named(files), *arguments)


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.fixture
def photo(make_photo: Callable[..., Path], tmp_path: Path) -> Path:
    return make_photo(tmp_path / "photos" / "a.png", (16, 16))


@pytest.fixture
def files(model_files: Callable[..., tuple[Path, Path]]) -> tuple[Path, Path]:
    return model_files()


def fed(photo: Path) -> np.ndarray:
    """What the tiny model is fed of a picture of its size: 0 to 1."""
    return np.asarray(Image.open(photo).convert("RGB"), np.float64)[None] / 255


def test_arrays_hold_all_channels_as_the_numpy_network_computes_them(
    files: tuple[Path, Path], photo: Path
) -> None:
    result = features(files, *LAYERS, "--save", "npy,grid", "--top", "2", "--results", "-", photo)
    assert result.exit_code == 0 and counted(result, 1)
    outputs = read_network(*files).outputs(fed(photo))
    for name in ("conv_1", "pool"):
        found = np.load(photo.with_name(f"a_{name}_features.npy"))
        assert found.dtype == np.float32 and found.shape == outputs[name][0].shape
        np.testing.assert_allclose(found, outputs[name][0], rtol=1e-4, atol=1e-5)
    names = {path.name for path in photo.parent.iterdir()}
    arrays = {"a_conv_1_features.npy", "a_pool_features.npy"}
    assert names == {"a.png", "a_conv_1+pool_features.png", *arrays}
    (row,) = rows(result)
    dead = [int((np.ptp(outputs[name][0], axis=(0, 1)) == 0).sum()) for name in ("conv_1", "pool")]
    assert (row["layers"], row["channels"], row["shown"]) == ("conv_1;pool", "6;6", "2;2")
    assert row["dead"] == ";".join(map(str, dead)) and row["order"] == "energy"
    assert row["output"] == ";".join(
        str(photo.with_name(n)) for n in ("a_conv_1+pool_features.png", *sorted(arrays))
    )
    best = int(np.argmax(outputs["head"][0]))
    assert int(row["predicted_index"]) == best and not row["class_index"]
    assert float(row["probability"]) == pytest.approx(outputs["head"][0][best], rel=1e-4)


def test_a_run_does_what_is_not_done_and_takes_no_figure_for_a_photo(
    files: tuple[Path, Path], photo: Path
) -> None:
    first = features(files, *LAYERS, "--results", "-", photo.parent)
    before = tree(photo.parent)
    again = features(files, *LAYERS, "--results", "-", photo.parent)
    assert counted(first, 1) and counted(again, 0, 1) and tree(photo.parent) == before
    old, new = rows(first)[0], rows(again)[0]
    assert float(old.pop("seconds")) > 0 and new.pop("seconds") == ""
    assert (old.pop("outcome"), new.pop("outcome")) == ("written", "up to date") and old == new
    for option in (
        ("--top", "3"),
        ("--by", "energy"),
        ("-c", "1"),
        ("--scale", "layer"),
        ("--colormap", "hot"),
    ):
        assert counted(features(files, *LAYERS, *option, photo.parent), 1), option
    said = provenance(photo.with_name("a_conv_1+pool_features.png"))
    assert said["image_sha256"] == sha256(photo) and said["model_sha256"] == sha256(files[0])
    assert said["layers"] == "conv_1;pool"


def test_a_second_run_imports_no_tensorflow(files: tuple[Path, Path], photo: Path) -> None:
    features(files, photo)
    done = fresh("-X", "importtime", "-m", "xai_cam", "features", *named(files), photo)
    assert "0 written, 1 up to date, 0 failed in " in done.stderr
    assert not [
        line for line in done.stderr.splitlines() if line.split("|")[-1].strip() in ("tensorflow", "keras")
    ]


def test_the_default_layer_is_told_and_leaves_no_trace_in_the_name(
    files: tuple[Path, Path], photo: Path
) -> None:
    result = features(files, photo)
    assert result.stderr.startswith(
        "Layer conv_2 (Conv2D, 8 x 8 x 8, the default).\nPreprocessing unit, rgb "
    )
    assert photo.with_name("a_features.png").exists() and result.stdout == ""


@pytest.mark.parametrize(
    ("spec", "target"), [("cat", 2), ("1", 1), ("folder", 0), ("top1", None), (None, None)]
)
def test_weights_choose_the_channels_of_a_class(
    spec: str | None,
    target: int | None,
    files: tuple[Path, Path],
    make_photo: Callable[..., Path],
    tmp_path: Path,
) -> None:
    photo = make_photo(tmp_path / "ant" / "a.png", (16, 16))
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    asked = ("--by", "weight") if spec is None else ("-c", spec)
    result = features(
        files, "--top", "1", *asked, "--labels", tmp_path / "labels.txt", "--results", "-", photo
    )
    (row,) = rows(result)
    if target is None:
        target = int(row["predicted_index"])
        assert target == int(np.argmax(read_network(*files).forward(fed(photo))))
    assert (row["order"], row["class_index"]) == ("weight", str(target))
    assert row["class_name"] == ("ant", "bee", "cat")[target] and row["shown"] == "1"


def test_a_grey_model_and_a_nested_one(tmp_path: Path, photo: Path, make_photo: Callable[..., Path]) -> None:
    import keras

    inner = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            keras.layers.Conv2D(3, 3, name="conv"),
            keras.layers.MaxPooling2D(2, name="pool"),
        ],
        name="inner",
    )
    model = keras.Sequential(
        [keras.Input((16, 16, 1)), inner, keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
    )
    path = tmp_path / "nested.keras"
    model.save(path)
    result = features(
        (path,), "-l", "inner/conv", "-l", "pool", "--by", "weight", "--save", "grid,npy", photo
    )
    assert counted(result, 1)
    grey = np.asarray(Image.open(photo).convert("L"), np.float32)[None, ..., None] / 255
    convolved = np.asarray(inner.get_layer("conv")(grey))[0]
    np.testing.assert_allclose(np.load(photo.with_name("a_inner.conv_features.npy")), convolved, atol=1e-5)
    assert photo.with_name("a_inner.conv+pool_features.png").exists()


REFUSED: dict[str, tuple[tuple[str, ...], str, int]] = {
    "two classes": (("-c", "0", "-c", "1"), "--class was given twice", 2),
    "top2": (("-c", "top2"), "--class top2 means 2 classes, but weights belong to one class at a time", 2),
    "class by energy": (("-c", "0", "--by", "energy"), "--class names the class of Grad-CAM's weights", 2),
    "class without labels": (("-c", "dog"), "'dog' needs --labels", 2),
    "no such class": (("-c", "9"), "has no class 9", 2),
    "vector": (("-l", "average"), "'average' has no spatial output (it gives 8)", 3),
    "no such layer": (("-l", "conv_9"), "no layer 'conv_9'. Nearest names with maps: conv_1", 3),
    "top none": (("--top", "0"), "0 is not in the range", 2),
    "save": (("--save", "raw"), "'raw' is not one of grid, npy", 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused_in_words(case: str, files: tuple[Path, Path], photo: Path) -> None:
    arguments, message, code = REFUSED[case]
    result = features(files, *arguments, photo)
    assert result.exit_code == code and message in " ".join(result.stderr.split())
    assert [path.name for path in photo.parent.iterdir()] == ["a.png"]


def test_a_folder_that_is_no_class_and_values_that_are_no_numbers_fail_their_image(
    tmp_path: Path, make_photo: Callable[..., Path], photo: Path
) -> None:
    from support.small_models import build_tiny, save_model

    model = build_tiny()
    weights = model.get_weights()
    weights[0][..., 2] = 3e38  # sums of it are beyond float32
    model.set_weights(weights)
    broken = save_model(model, tmp_path / "broken")
    result = features(broken, "-l", "conv_1", "--results", "-", photo)
    assert result.exit_code == 1 and counted(result, 0, 0, 1)
    assert "the activations of conv_1 hold NaN or infinity" in rows(result)[0]["message"]
    good = save_model(build_tiny(), tmp_path / "model")
    make_photo(tmp_path / "photos" / "7" / "b.png")
    make_photo(tmp_path / "photos" / "2" / "c.png")
    result = features(good, "-c", "folder", "-r", "--include", "[bc].png", photo.parent)
    assert result.exit_code == 1 and counted(result, 1, 0, 1)
    assert "b.png: The model has no class 7" in result.stderr


def test_dry_run_and_one_layer_under_two_names(tmp_path: Path, photo: Path) -> None:
    import keras

    inner = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="conv")], name="inner")
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, keras.layers.Flatten(), keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    asked = ("-l", "conv", "-l", "inner/conv", "-o", tmp_path / "out", photo)
    dry = features((tmp_path / "model.keras",), *asked, "--dry-run")
    assert dry.stdout == f"{photo} -> {tmp_path / 'out' / 'a_conv+inner.conv_features.png'} (to do)\n"
    result = features((tmp_path / "model.keras",), *asked)
    assert result.exit_code == 2 and "One layer was given under two names" in result.stderr
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize(
    ("layers", "part"),
    [
        ((None,), ""),
        (("conv1",), "_conv1"),
        (("outer/a", "pool:1"), "_outer.a+pool-1"),
    ],
)
def test_layers_in_names_of_files(layers: tuple[Any, ...], part: str) -> None:
    assert name_part(layers) == part


def test_names_of_files_are_bounded_and_differ() -> None:
    many = [f"block_{i}_ünder" for i in range(40)]
    found, other = name_part(many), name_part([*many, "last"])
    assert len(found.encode()) <= 97 and len(other.encode()) <= 97 and found != other
    assert found.startswith("_block_0_ünder+block_1")
