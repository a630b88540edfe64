"""Heat maps of a folder: which pictures, which files, which classes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from oracle.resize import resize
from support.commands import counted, explain, tree
from support.small_models import build_tiny, save_model
from xai_cam.drawing.colormaps import colour

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """A folder of two pictures, with one more in a sub-folder named like a class."""
    make_photo(tmp_path / "photos" / "a.png", (24, 30), seed=1)
    make_photo(tmp_path / "photos" / "b.jpg", (40, 20), seed=2)
    make_photo(tmp_path / "photos" / "cat" / "c.png", (9, 50), seed=3)
    (tmp_path / "labels.txt").write_text("bird\ncat\nsea lion\n", encoding="utf-8")
    return tmp_path / "photos"


def new_files(folder: Path, before: dict[str, bytes]) -> set[str]:
    """What appeared below a folder; nothing that was there may have changed."""
    after = tree(folder)
    assert {name: after.get(name) for name in before} == before
    return set(after) - set(before)


BOTH = ("--method", "grad-cam", "--method", "score-cam")
LAYERS = ("-l", "conv_1", "-l", "conv_2")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "a_grad-cam.png b_grad-cam.png"),
        (BOTH, "a_grad-cam.png a_score-cam.png b_grad-cam.png b_score-cam.png"),
        (["-c", 0, "-c", 2, "-c", 0], "a_grad-cam_0.png a_grad-cam_2.png b_grad-cam_0.png b_grad-cam_2.png"),
        (["-c", "1"], "a_grad-cam.png b_grad-cam.png"),
        (["-c", "top3", "--include", "a*"], "a_grad-cam_0.png a_grad-cam_1.png a_grad-cam_2.png"),
        (
            ["-c", "top3", "--include", "a*", "--labels", "labels.txt"],
            "a_grad-cam_bird.png a_grad-cam_cat.png a_grad-cam_sea-lion.png",
        ),
        (LAYERS, "a_conv_1_grad-cam.png a_conv_2_grad-cam.png b_conv_1_grad-cam.png b_conv_2_grad-cam.png"),
        (
            [*LAYERS, *BOTH, "-c", 0, "-c", 1, "--exclude", "b*"],
            " ".join(
                f"a_conv_{layer}_{method}_{number}.png"
                for layer in (1, 2)
                for method in ("grad-cam", "score-cam")
                for number in (0, 1)
            ),
        ),
        (
            ["--save", "raw,overlay,heatmap", "--include", "*.png"],
            "a_grad-cam.png a_grad-cam_heatmap.png a_grad-cam.npy",
        ),
        (
            ["--format", "jpg", "--save", "overlay,heatmap", "--exclude", "*.png"],
            "b_grad-cam.jpg b_grad-cam_heatmap.jpg",
        ),
        (["-r"], "a_grad-cam.png b_grad-cam.png cat/c_grad-cam.png"),
        (["-r", "--include", "cat/*"], "cat/c_grad-cam.png"),
        (["-r", "--exclude", "a.*", "--exclude", "b.*"], "cat/c_grad-cam.png"),
        (["-r", "-c", "folder", "--include", "cat/*", "--labels", "labels.txt"], "cat/c_grad-cam.png"),
    ],
)
def test_outputs_lie_beside_the_images_under_their_names(
    options: list[Any], expected: str, photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(photos)
    monkeypatch.chdir(photos.parent)
    result = explain(model_files(), "photos", *options)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert new_files(photos, before) == set(expected.split())
    assert counted(result, len({re.split("_", name)[0] for name in expected.split()}))


def test_overlays_are_as_large_as_their_pictures_and_hold_them(photos: Path, model_files: Files) -> None:
    options = ("--enlarge", 1, "--blend", "constant", "--opacity", "0.25", "-c", "1")
    explain(model_files(), photos, "-r", "--save", "overlay,heatmap,raw", *options)
    for source in (photos / "a.png", photos / "b.jpg", photos / "cat" / "c.png"):
        pixels, overlay, heatmap = (
            np.asarray(Image.open(path).convert("RGB"), float)
            for path in (
                source,
                *(source.with_name(f"{source.stem}_grad-cam{end}.png") for end in ("", "_heatmap")),
            )
        )
        cam = np.load(source.with_name(f"{source.stem}_grad-cam.npy"))
        assert (cam.shape, cam.dtype) == ((8, 8), np.float32) and cam.any()
        assert overlay.shape == pixels.shape == heatmap.shape
        np.testing.assert_allclose(overlay, 0.75 * pixels + 0.25 * heatmap, atol=0.51)


@pytest.mark.parametrize(
    ("size", "option", "factor"),
    [
        ((24, 30), "auto", 8),  # 7 x 30 would be less than 224
        ((112, 40), "auto", 1),
        ((50, 113), "2", 2),
    ],
)
def test_tiny_pictures_are_drawn_large_under_a_smooth_map(
    size: tuple[int, int],
    option: str,
    factor: int,
    model_files: Files,
    tmp_path: Path,
    make_photo: Callable[..., Path],
) -> None:
    path = make_photo(tmp_path / "a.png", size)
    drawn = ("--blend", "constant", "--opacity", "0.25", "--enlarge", option)
    asked = ("--save", "overlay,heatmap,raw", *drawn)
    assert explain(model_files(), path, *asked).exit_code == 0
    pixels, overlay, heatmap = (
        np.asarray(Image.open(tmp_path / f"a{end}.png"), float)
        for end in ("", "_grad-cam", "_grad-cam_heatmap")
    )
    large = np.kron(pixels, np.ones((factor, factor, 1)))
    np.testing.assert_allclose(overlay, 0.75 * large + 0.25 * heatmap, atol=0.51)
    cam = np.load(tmp_path / "a_grad-cam.npy")
    expected = colour(resize(cam / cam.max(), large.shape[:2])).astype(int)
    assert np.abs(heatmap - expected).max() <= 12  # a neighbouring level of the colours, by rounding


def test_output_folder_mirrors_the_tree(photos: Path, model_files: Files, tmp_path: Path) -> None:
    before = tree(photos)
    explain(model_files(), photos, "-r", "-o", tmp_path / "new" / "maps")
    assert set(tree(tmp_path / "new" / "maps")) == {"a_grad-cam.png", "b_grad-cam.png", "cat/c_grad-cam.png"}
    assert tree(photos) == before


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", {"a_grad-cam.png"}),
        ("**/*.png", {"a_grad-cam.png", "cat/c_grad-cam.png"}),
        ("c*/?.png", {"cat/c_grad-cam.png"}),
    ],
)
def test_quoted_globs(
    pattern: str, expected: set[str], photos: Path, model_files: Files, tmp_path: Path
) -> None:
    result = explain(model_files(), photos / pattern, "-o", tmp_path / "maps")
    assert result.exit_code == 0
    assert set(tree(tmp_path / "maps")) == expected


@pytest.mark.parametrize(
    "text", ["photos/a.png\nphotos/cat/c.png\n", "photos/a.png\r\n\nphotos/cat/c.png\r\n"]
)
@pytest.mark.parametrize("source", ["list.txt", "-"])
def test_images_from_a_list(
    source: str, text: str, photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    Path("list.txt").write_bytes(text.encode())
    before = tree(photos)
    result = explain(model_files(), "--from-file", source, stdin=text if source == "-" else None)
    assert result.exit_code == 0, result.stderr
    assert new_files(photos, before) == {"a_grad-cam.png", "cat/c_grad-cam.png"}


def test_images_of_one_stem_keep_their_whole_names(
    photos: Path, model_files: Files, make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    make_photo(photos / "A.jpg", seed=4)
    before = tree(photos)
    explain(model_files(), photos)
    assert new_files(photos, before) == {"A.jpg_grad-cam.png", "a.png_grad-cam.png", "b_grad-cam.png"}


def test_files_of_several_folders_do_not_meet_in_the_output_folder(
    photos: Path, model_files: Files, make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    other = make_photo(photos / "cat" / "a.png", seed=4)
    explain(model_files(), photos / "a.png", other, "-o", tmp_path / "maps")
    assert set(tree(tmp_path / "maps")) == {"a_grad-cam.png", "cat/a_grad-cam.png"}


def predict(model: Any, path: Path) -> np.ndarray:
    """The model's answer to a picture, with the preprocessing written out."""
    size = model.input_shape[1:3]
    pixels = Image.open(path).convert("RGB").resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(model(np.asarray(pixels, np.float32)[None] / 255))[0]


@pytest.mark.parametrize(
    ("spec", "ranks"),
    [("predicted", [0]), ("top2", [0, 1]), ("top3", [0, 1, 2]), ("2", 2), ("cat", 1), ("folder", 1)],
)
def test_classes_mean_what_they_say(
    spec: str, ranks: list[int] | int, photos: Path, model_files: Files, tiny_model: Any
) -> None:
    path, labels = photos / "cat" / "c.png", photos.parent / "labels.txt"
    result = explain(model_files(), path, "-c", spec, "--labels", labels, "--results", "-")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    output = predict(tiny_model, path)
    best = np.argsort(-output).tolist()
    expected = [best[rank] for rank in ranks] if isinstance(ranks, list) else [ranks]
    assert [int(row["class_index"]) for row in rows] == expected
    assert [row["class_name"] for row in rows] == [["bird", "cat", "sea lion"][c] for c in expected]
    assert {int(row["predicted_index"]) for row in rows} == {best[0]}
    np.testing.assert_allclose([float(row["probability"]) for row in rows], output[expected], rtol=1e-4)


# --- Other models ------------------------------


def test_grey_model(photos: Path, model_files: Files) -> None:
    result = explain(model_files(channels=1), photos)
    assert counted(result, 2), result.stderr
    assert "Preprocessing unit, grey " in result.stderr


@pytest.mark.parametrize("number", [0, 1])
def test_one_unit_has_two_classes(number: int, photos: Path, model_files: Files) -> None:
    files = model_files(units=1, activation="sigmoid")
    result = explain(files, photos, *BOTH, "-c", number, "--results", "-", "--save", "raw")
    model = build_tiny(1, "sigmoid")
    for row in csv.DictReader(io.StringIO(result.stdout)):
        p = float(predict(model, Path(row["image"]))[0])
        assert int(row["predicted_index"]) == (p >= 0.5)
        assert float(row["probability"]) == pytest.approx(p if number else 1 - p, rel=1e-4)
    other = explain(files, photos, *BOTH, "-c", 1 - number, "--save", "raw", "-o", photos / "other")
    assert result.exit_code == other.exit_code == 0
    for method in ("grad-cam", "score-cam"):
        mine, its = (np.load(folder / f"a_{method}.npy") for folder in (photos, photos / "other"))
        assert not np.allclose(mine, its)


def test_open_input_needs_a_size(photos: Path, tmp_path: Path) -> None:
    import keras

    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    files = save_model(keras.Model(inputs, outputs), tmp_path / "open")
    refused = explain(files, photos)
    assert refused.exit_code == 3
    assert refused.stderr.endswith("Error: The model takes images of any size. Choose one with --size HxW.\n")
    result = explain(files, photos, "--size", "12x20", "--save", "raw")
    assert counted(result, 2) and "(Conv2D, 10 x 18 x 4, the default)" in result.stderr
    assert np.load(photos / "a_grad-cam.npy").shape == (10, 18)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["whole.keras", "whole.h5", "model.json"])
def test_one_file_is_enough(
    name: str, photos: Path, tiny_model: Any, model_files: Files, tmp_path: Path
) -> None:
    if name == "model.json":
        path = save_model(tiny_model, tmp_path / "alone")[0]
    else:
        path = tmp_path / name
        tiny_model.save(path)
    assert explain((path,), photos / "a.png", "--save", "raw").exit_code == 0
    explain(model_files(), photos / "a.png", "--save", "raw", "-o", photos / "expected")
    found, expected = (np.load(folder / "a_grad-cam.npy") for folder in (photos, photos / "expected"))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_several_h5_files_beside_a_json_are_listed(photos: Path, tiny_model: Any, tmp_path: Path) -> None:
    path, weights = save_model(tiny_model, tmp_path / "two")
    (tmp_path / "two" / "older.hdf5").write_bytes(weights.read_bytes())
    result = explain((path,), photos)
    assert result.exit_code == 3
    assert "model.weights.h5, older.hdf5. Name one with --weights." in result.stderr


def test_commas_name_several_methods_and_layers(tiny_files: tuple[Path, Path], photos: Path) -> None:
    repeated = explain(tiny_files, *BOTH, *LAYERS, "--dry-run", photos).stdout
    assert len(repeated.splitlines()) == 2 * 2 * 2
    commas = explain(tiny_files, "--method", "grad-cam,score-cam", "-l", "conv_1,conv_2", "--dry-run", photos)
    assert commas.stdout == repeated


def test_a_layer_with_a_comma_in_its_name(photos: Path, tmp_path: Path) -> None:
    """It is explained like any other; between names given on the command line a comma separates."""
    model = keras.models.model_from_json(build_tiny().to_json().replace('"conv_2"', '"conv,2"'))
    files = save_model(model, tmp_path / "comma")
    assert explain(files, photos / "a.png", "-o", tmp_path / "maps").exit_code == 0
    assert "has no layer 'conv'" in explain(files, "-l", "conv,2", photos / "a.png").stderr
