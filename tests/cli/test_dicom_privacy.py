"""No text of a DICOM file gets out of it: not into pictures, tables, pages, the cache, or what is printed."""

from __future__ import annotations

import csv
import io
import logging
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate

from support.commands import counted, run, tree
from support.commands import named as model_of
from support.dicom_files import jpeg_of
from support.planted import NAME, element, found_in, holds, named, planted_file

Files = tuple[Path, Path]

SMOOTH = np.add.outer(np.arange(0, 96, 4), np.arange(0, 128, 4)).astype(np.uint8)
JPEG = "1.2.840.10008.1.2.4.50"


def numbers(tag: int, value: int) -> bytes:
    return element(tag, "US", struct.pack("<H", value))


def described(**texts: bytes) -> bytes:
    """What describes the pixels of `SMOOTH`, some of it in the words of the caller."""
    rows, columns = SMOOTH.shape
    kinds = {"00280004": ("CS", b"MONOCHROME2"), "00280008": ("IS", b"1"), "00280301": ("CS", b"YES")}
    kinds |= {"00281050": ("DS", b"120"), "00281051": ("DS", b"255"), "00281056": ("CS", b"LINEAR")}
    kinds |= {"00280030": ("DS", b"1\\2")}
    found = [numbers(0x00280002, 1), numbers(0x00280010, rows), numbers(0x00280011, columns)]
    found += [numbers(0x00280100, 8), numbers(0x00280101, 8), numbers(0x00280102, 7), numbers(0x00280103, 0)]
    for tag, (kind, value) in kinds.items():
        found.append(element(int(tag, 16), kind, texts.get(f"t{tag}", value)))
    return b"".join(found)


def native(**texts: bytes) -> bytes:
    return described(**texts) + element(0x7FE00010, "OW", SMOOTH.tobytes())


def commented() -> bytes:
    """A JPEG with the name as a comment, before its pixels and behind them."""
    jpeg = jpeg_of(SMOOTH)
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(NAME)) + NAME.encode()
    return jpeg[:2] + comment + jpeg[2:] + NAME.encode()


def rows(table: str) -> list[dict[str, str]]:
    """Those of a CSV file, in which a value does not begin as a formula does."""
    found = csv.DictReader(io.StringIO(table))
    return [{name: value.lstrip("'") for name, value in row.items()} for row in found]


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that is logged, by whichever library, and every warning."""
    said: list[str] = []
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
        said += [f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records]
        said += [str(warning.message) for warning in caught]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a cache and temporary files of its own."""
    for name in ("cache", "temporary", "scans"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(place: Path) -> list[Path]:
    scans = place / "scans"
    return [path for path in place.rglob("*") if scans not in path.parents]


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    """In the files themselves, and where this tool could have put it."""
    from PIL import Image, PngImagePlugin

    scan = planted_file(tmp_path / "a.dcm", native())
    assert scan.read_bytes().count(NAME.encode()) > 2_500
    text = PngImagePlugin.PngInfo()
    text.add_text("xai-cam", f"of {NAME}", zip=True)
    Image.new("L", (9, 9)).save(tmp_path / "a.png", pnginfo=text)
    assert NAME.encode() not in (tmp_path / "a.png").read_bytes()
    assert found_in([scan, tmp_path / "a.png"]) == [str(scan), str(tmp_path / "a.png")]
    assert holds(NAME.upper().encode("utf-16")) and not holds(b"nothing")


def test_no_text_of_a_file_is_written_or_said(
    model_files: Callable[..., Files], place: Path, heard: list[str]
) -> None:
    planted_file(Path("scans/IM000001"), native())
    fragments = encapsulate([commented()])
    pixels = element(0x7FE00010, "OB", fragments, 0xFFFFFFFF) + element(0xFFFEE0DD, "", b"")
    planted_file(Path("scans/b.dcm"), described() + pixels, JPEG)
    model, scans = model_of(model_files()), ["scans/IM000001", "scans/b.dcm"]
    (place / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    (place / "truth.csv").write_text("image,class\nIM000001,ant\nb.dcm,bee\n", encoding="utf-8")
    runs = [
        run("explain", *model, *scans, "-o", "a", "--save", "overlay,figure,animation,heatmap,raw", "-v",
            "--report", "page.html", "--sheet", "sheet.pdf", "--results", "a.jsonl"),
        run("explain", *model, *scans, "-o", "b", "--format", "jpg", "--animation", "gif",
            "--save", "overlay,animation", "--results", "b.parquet"),
        run("compare", *model, *scans, "-o", "c", "--method", "grad-cam", "--method", "layer-cam",
            "--steps", 2, "--report", "compare.html", "--results", "c.csv"),
        run("evaluate", *model, "scans", "--truth", "truth.csv", "--labels", "labels.txt",
            "--charts", "evaluation", "--results", "d.csv"),
        run("features", *model, *scans, "-o", "e", "-l", "conv_1", "--save", "grid,npy", "--results", "-"),
        run("kernels", "apply", *scans, "-o", "f", "--fir", "sobel-x", "--save", "picture,figure,raw"),
        run("sanity", *model, *scans, "-o", "g", "--method", "grad-cam", "--draws", 1),
        run("explain", *model, *scans, "-o", "a", "--dry-run"),
    ]  # fmt: skip
    for result in runs:
        assert result.exit_code == 0, result.stderr
        assert not holds(f"{result.stdout}\n{result.stderr}".encode())
    assert counted(runs[0], 2) and "BurnedInAnnotation" in runs[0].stderr
    for table in (runs[4].stdout, Path("c.csv").read_text("utf-8"), Path("d.csv").read_text("utf-8")):
        assert {(row["frame"], row["window"]) for row in rows(table)} == {("1", "-7.5:246.5")}
    files = written(place)
    assert {path.suffix for path in files} >= {".png", ".jpg", ".webp", ".gif", ".npy", ".pdf", ".html"}
    assert {path.suffix for path in files} >= {".jsonl", ".parquet", ".csv"}
    assert found_in(files) == []
    assert not holds("\n".join(heard).encode())


READ = ("00280004", "00280008", "00280030", "00280301", "00281050", "00281051", "00281056")
"""Tags of text that are read, each of which a file may have filled with anything."""


def test_errors_do_not_repeat_what_a_file_holds(
    model_files: Callable[..., Files], place: Path, heard: list[str]
) -> None:
    name = NAME.encode()
    for tag in READ:
        planted_file(Path(f"scans/{tag}.dcm"), native(**{f"t{tag}": name}))
    for tag in (0x00281052, 0x00281053, 0x00180050):
        planted_file(Path(f"scans/{tag:08X}.dcm"), element(tag, "DS", name) + native())
    planted_file(Path("scans/syntax.dcm"), native(), NAME)
    planted_file(Path("scans/kinds.dcm"), element(0x00280010, "LO", name) + native())
    planted_file(Path("scans/cut.dcm"), native()[:-700])
    planted_file(Path("scans/none.dcm"), b"")
    planted_file(Path("scans/jpeg.dcm"), described() + element(0x7FE00010, "OB", name * 9), JPEG)
    planted_file(Path("scans/set.dcm"), named(0x00080005, "CS") + native())
    result = run(
        "explain", *model_of(model_files()), *sorted(map(str, Path("scans").iterdir())), "-o", "a",
        "--results", "-", "-v",
    )  # fmt: skip
    assert result.exit_code == 1 and result.stderr.count("Failed: scans/") >= 10
    assert not holds(f"{result.stdout}\n{result.stderr}".encode())
    assert found_in(written(place)) == []
    assert any("broken.txt" in name for name in tree(place / "cache")), "what is broken is remembered"
    assert not holds("\n".join(heard).encode())


def test_python_logs_no_text_of_a_file(place: Path, heard: list[str], tiny_model: object) -> None:
    import xai_cam

    scan = planted_file(Path("scans/IM000001"), native())
    images = xai_cam.prepare(tiny_model, scan)
    assert not holds(repr(vars(images)).encode())
    bad = planted_file(Path("scans/bad"), native(t00281050=NAME.encode()))
    with pytest.raises(xai_cam.XaiCamError) as caught:
        xai_cam.prepare(tiny_model, bad)
    error: BaseException | None = caught.value
    while error is not None:  # what a traceback shows
        assert not holds(str(error).encode())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert not holds("\n".join(heard).encode())
