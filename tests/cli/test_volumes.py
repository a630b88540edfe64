"""Volumes on the command line: from files of several kinds to maps, figures, tables and comparisons."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from xai_cam.cli import main
from xai_cam.files.provenance import read_provenance

SIZE = (4, 12, 10)
PLANTED = b"DOE^JOHN"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that answers by the brightest place, whose two channels see every place alone."""
    import keras

    layers = keras.layers
    conv = layers.Conv3D(2, 1, activation="relu", name="conv")
    made = keras.Sequential(
        [keras.Input((*SIZE, 1)), conv, layers.GlobalAveragePooling3D(), layers.Dense(2, name="scores")]
    )
    conv.set_weights([np.array([[[[[1.0, -1.0]]]]]), np.array([0.0, 1.0])])
    made.get_layer("scores").set_weights([np.array([[0.0, 5.0], [5.0, 0.0]]), np.zeros(2)])
    path = tmp_path_factory.mktemp("model") / "model.keras"
    made.save(path)
    return path


def bright_in(plane: int, size: tuple[int, int, int] = SIZE) -> np.ndarray:
    """A volume of 0 with one bright corner in a plane."""
    found = np.zeros(size, np.float32)
    found[plane, :3, :3] = 1
    return found


def run(*arguments: Any, exits: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == exits, result.output
    return result


def test_maps_figures_and_rows(model: Path, tmp_path: Path):
    np.save(tmp_path / "a.npy", bright_in(2))
    np.save(tmp_path / "b.npy", bright_in(6, (8, 24, 10)))  # of another size
    saved = ("--save", "overlay,figure,heatmap,raw", "--mark", "peak", "--mark", "box", "--grid")
    explain = (
        "explain",
        "-m",
        model,
        "-c",
        1,
        "-o",
        tmp_path / "maps",
        *saved,
        "--results",
        tmp_path / "r.csv",
    )
    run(*explain, tmp_path / "a.npy", tmp_path / "b.npy")
    for name, plane, planes in (("a", 2, 4), ("b", 6, 8)):
        cam = np.load(tmp_path / "maps" / f"{name}_grad-cam.npy")
        assert cam.shape == SIZE and cam.argmax() // 120 == plane * 4 // planes
        said = read_provenance(tmp_path / "maps" / f"{name}_grad-cam.png")
        assert said is not None and said["input_planes"] == 4 and said["region"][4:] == [0, planes]
        with Image.open(tmp_path / "maps" / f"{name}_grad-cam.png") as drawn:
            overlay = np.asarray(drawn).astype(int)
        high, wide = (
            said["image_height"] * said.get("enlarged", 1),
            said["image_width"] * said.get("enlarged", 1),
        )
        assert overlay.shape[0] == high and overlay.shape[1] >= planes * wide  # a strip of slices
        first, second = overlay[:, :wide], overlay[:, wide + 3 :][:, :wide]
        coloured = [int((np.ptp(one, axis=2) > 30).sum()) for one in (first, second)]
        assert coloured[0] > 0 == coloured[1], "the slice of the peak does not come first"
    rows = list(csv.DictReader((tmp_path / "r.csv").open(encoding="utf-8")))
    assert [row["input_planes"] for row in rows] == ["4", "4"]
    assert "0 written, 2 up to date" in run(*explain, tmp_path / "a.npy", tmp_path / "b.npy").output


def test_nothing_of_a_header_is_written(model: Path, tmp_path: Path):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(bright_in(2).transpose(2, 1, 0), np.eye(4))
    for name in ("descrip", "aux_file", "intent_name", "db_name"):
        image.header[name] = PLANTED
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", PLANTED))
    nibabel.save(image, tmp_path / "scan.nii.gz")
    assert gzip.decompress((tmp_path / "scan.nii.gz").read_bytes()).count(PLANTED) == 5
    out = tmp_path / "out"
    arguments = ("-m", model, "-o", out, tmp_path / "scan.nii.gz", "--report", out / "page.html")
    result = run(
        "explain",
        *arguments,
        "--save",
        "overlay,figure,raw",
        "--results",
        out / "r.csv",
        "--sheet",
        out / "s.pdf",
    )
    assert "from inferior to superior" in result.output and PLANTED.decode() not in result.output
    written = [path for path in out.rglob("*") if path.is_file()]
    assert {"scan_grad-cam.png", "scan_grad-cam.npy", "page.html", "r.csv"} <= {path.name for path in written}
    assert not [path.name for path in written if PLANTED in path.read_bytes()]
    assert np.load(out / "scan_grad-cam.npy").shape == SIZE


def test_comparisons(model: Path, tmp_path: Path):
    np.save(tmp_path / "a.npy", bright_in(2))
    methods = ("--method", "grad-cam", "--method", "score-cam", "--steps", 2)
    run("compare", "-m", model, "-c", 1, *methods, "-o", tmp_path / "c", tmp_path / "a.npy")
    rows = list(csv.DictReader((tmp_path / "c" / "compare.csv").open(encoding="utf-8")))
    assert len(rows) == 2 and all(0 <= float(row["deletion"]) <= 1 for row in rows)


def test_what_is_refused(model: Path, tmp_path: Path):
    Image.new("L", (10, 12)).save(tmp_path / "a.png")
    result = run("explain", "-m", model, "-o", tmp_path / "o", tmp_path / "a.png", exits=1)
    assert "the model takes volumes or films of 4 slices" in result.output
    np.save(tmp_path / "a.npy", bright_in(2))
    result = run("features", "-m", model, "-o", tmp_path / "f", tmp_path / "a.npy", exits=3)
    assert "The model takes volumes or films" in result.output
    np.save(tmp_path / "whole.npy", bright_in(2).astype(np.int16))
    result = run("explain", "-m", model, "-o", tmp_path / "o", tmp_path / "whole.npy", exits=1)
    assert "which of them is white is not known" in result.output
