"""DICOM files on the command line: frame and window in rows, what is made anew, what is left out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import apply, counted, explain, named, run
from support.dicom_files import dicom_file
from xai_cam.images import finding, readers

Files = tuple[Path, Path]

FRAMES = np.stack([np.full((20, 20), 40), np.arange(400).reshape(20, 20) % 200]).astype(np.uint8)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def only_output() -> Path:
    (path,) = Path("out").glob("*.png")
    return path


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """`scan.dcm`, of two frames, in the current folder."""
    monkeypatch.chdir(tmp_path)
    elements = {"RescaleSlope": "1", "RescaleIntercept": "-100", "WindowCenter": "0", "WindowWidth": "101"}
    dicom_file(tmp_path / "scan.dcm", FRAMES, **elements)
    return "scan.dcm"


def test_rows_say_frame_and_window_and_another_frame_is_made_anew(
    model_files: Callable[..., Files], scan: str
) -> None:
    files, asked = model_files(), ("-o", "maps", "--results", "-", scan)
    first = explain(files, *asked)
    assert counted(first, 1)
    assert (
        "scan.dcm: it has 2 frames, of which the first is taken; --frame N takes another."
        in first.stderr.splitlines()
    )
    (row,) = rows(first.stdout)
    assert (row["frame"], row["window"].lstrip("'"), row["image_width"]) == ("1", "-50.5:49.5", "20")
    again = explain(files, *asked)
    assert counted(again, 0, 1)
    (known,) = rows(again.stdout)
    assert {**known, "outcome": "", "seconds": ""} == {**row, "outcome": "", "seconds": ""}
    second = explain(files, *asked, "--frame", 2)
    assert counted(second, 1) and "frames" not in second.stderr
    (row,) = rows(second.stdout)
    assert row["frame"] == "2" and "frame=2" in row["preprocessing"]
    assert counted(explain(files, *asked, "--frame", 2), 0, 1)
    seen = explain(files, *asked, "--frame", 2, "--window", "-100:100")
    assert counted(seen, 1) and rows(seen.stdout)[0]["window"].lstrip("'") == "-100:100"
    gone = explain(files, *asked, "--frame", 3)
    assert "it has 2 frames, and none of number 3" in gone.stderr and counted(gone, 0, 0, 1)


def test_kernels_are_applied_to_the_frame_that_is_asked_for(scan: str) -> None:
    kernel = ("--fir", "box", "--kernel-size", 1, "--results", "-", "-o", "out", scan)
    result = apply(*kernel, "--frame", 2, "--window", "-100:155")
    assert counted(result, 1), result.stderr
    (row,) = rows(result.stdout)
    assert (row["frame"], row["window"].lstrip("'")) == ("2", "-100:155")
    np.testing.assert_array_equal(np.asarray(Image.open(only_output()).convert("L")), FRAMES[1])
    assert counted(apply(*kernel, "--frame", 2, "--window", "-100:155"), 0, 1)
    assert counted(apply(*kernel, "--frame", 1, "--window", "-100:155"), 1)


def test_frames_of_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pages = [Image.fromarray(frame) for frame in FRAMES]
    pages[0].save("pages.tif", save_all=True, append_images=pages[1:])
    kernel = ("--fir", "box", "--kernel-size", 1, "-o", "out", "pages.tif")
    assert counted(apply(*kernel, "--frame", 2), 1)
    drawn = Image.open(only_output()).convert("L")
    np.testing.assert_array_equal(np.asarray(drawn), FRAMES[1])
    failed = apply(*kernel, "--frame", 3)
    assert "pages.tif: it has 2 frames, and none of number 3" in failed.stderr


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """pydicom is not installed."""
    for module in (finding, readers):
        monkeypatch.setattr(module, "is_there", lambda name: name != "pydicom")


@pytest.mark.usefixtures("without")
def test_what_is_left_out_of_a_folder_is_told(
    model_files: Callable[..., Files], tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    folder = tmp_path / "scans"
    make_photo(folder / "a.png")
    for name in ("IM000001", "b.dcm"):
        dicom_file(folder / name, FRAMES)
    dry = run("explain", *named(model_files()), folder, "--dry-run")
    (line,) = (line for line in dry.stderr.splitlines() if "left out" in line)
    assert line.startswith("2 DICOM files were left out: `") and line.endswith("` reads them.")
    assert "pydicom" in line  # with its lowest version, where the package that is installed tells it
    (folder / "a.png").unlink()
    none = run("explain", *named(model_files()), folder)
    assert none.exit_code == 4 and "No image found (2 DICOM files were left out: " in none.stderr
    (folder / "IM000001").replace(tmp_path / "IM000001")
    named_itself = run("kernels", "apply", "--fir", "box", tmp_path / "IM000001")
    assert (
        named_itself.exit_code == 1
        and "it is a DICOM file, which pydicom reads: run `" in named_itself.stderr
    )
