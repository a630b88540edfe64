"""`explain --report`: what the page says agrees with the rows and the files on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, fresh, named, sha256, tree

Files = tuple[Path, Path]
Photo = Callable[..., Path]
EVIL = '"><img src=x onerror=alert(1)>'


def data_of(page: Path) -> dict[str, Any]:
    """What the page's script reads."""
    return json.loads(re.findall(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)[0])


def asset(page: Path, url: str) -> np.ndarray:
    """Pixels of a picture that a page refers to; the names in these tests need no quoting."""
    return np.asarray(Image.open(page.parent / url)).astype(int)


@pytest.fixture
def photos(tmp_path: Path, make_photo: Photo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`photos`: two classes and another folder, one broken file, one hostile name."""
    monkeypatch.chdir(tmp_path)
    folder = Path("photos")
    for number, name in enumerate(("ant/1.png", f"bee/{EVIL}.png", "other/3.png")):
        make_photo(folder / name, seed=number, size=(130, 200))
    (folder / "ant" / "broken.jpg").write_text("no picture", encoding="utf-8")
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    return folder


def test_the_page_says_what_the_rows_say(tiny_files: Files, photos: Path) -> None:
    asked = ("--method", "grad-cam", "--method", "layer-cam", "--labels", "labels.txt", "-r")
    more = ("--report", "out/page.html", "--results", "rows.jsonl", "-o", "maps")
    result = explain(tiny_files, *asked, *more, photos, "gone.jpg")
    assert result.exit_code == 1 and "Report: out/page.html" in result.stderr.splitlines()
    page = Path("out/page.html")
    data = data_of(page)
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert data["contenders"] == ["grad-cam", "layer-cam"]
    shown = {item["image"]: item for item in data["items"]}
    assert list(shown) == list(dict.fromkeys(row["image"] for row in rows))
    for row in rows:
        item = shown[row["image"]]
        assert item["outcome"] == row["outcome"]
        if row["outcome"] == "failed":
            assert (item["message"], item["maps"]) == (row["message"], [])
            continue
        one = next(m for m in item["maps"] if m["contender"] == row["method"])
        assert item["predicted"] == row["predicted_name"]
        said = {"layer": "layer", "score": "score", "probability": "probability", "file": "overlay"}
        assert {key: one[key] for key in said} == {key: row[name] for key, name in said.items()}
        assert one["provenance"]["image sha256"] == sha256(Path(row["image"]))
        drawn = np.asarray(Image.open(row["overlay"])).astype(int)
        for kind, original in (("overlay", drawn), ("picture", np.asarray(Image.open(row["image"])))):
            url = (one if kind == "overlay" else item)[kind]["full"]
            assert np.abs(asset(page, url) - original).mean() < 10, "others differ by 30"
    assert data["common"]["model sha256"] == sha256(tiny_files[0])


def test_truth_is_what_folders_are_named_after(tiny_files: Files, photos: Path) -> None:
    explain(tiny_files, "--labels", "labels.txt", "-r", "--report", "page.html", photos)
    items = data_of(Path("page.html"))["items"]
    by_name = {item["name"]: item for item in items}
    assert [by_name[n]["truth"] for n in ("1.png", f"{EVIL}.png", "3.png")] == ["ant", "bee", None]
    for item in items:
        known = item["truth"] is not None
        assert item["right"] == ((item["predicted"] == item["truth"]) if known else None)


def test_without_labels_nothing_is_right_or_wrong(tiny_files: Files, photos: Path) -> None:
    explain(tiny_files, "-r", "--report", "page.html", photos)
    assert {item["right"] for item in data_of(Path("page.html"))["items"]} == {None}
    assert "name of its folder" not in Path("page.html").read_text("utf-8")


def test_a_second_run_loads_no_model_and_makes_no_picture_twice(tiny_files: Files, photos: Path) -> None:
    (photos / "ant" / "broken.jpg").unlink()
    asked = ("-r", "-c", "top2", "--report", "page.html", photos)
    explain(tiny_files, *asked)
    first, pictures = data_of(Path("page.html")), tree(Path("page_files"))
    times = {path: path.stat().st_mtime_ns for path in Path("page_files").iterdir()}
    done = fresh("-X", "importtime", "-m", "xai_cam", "explain", *named(tiny_files), *asked)
    assert done.returncode == 0 and "0 written, 3 up to date, 0 failed" in done.stderr
    assert "tensorflow" not in done.stderr, "everything is read from the files"
    again = data_of(Path("page.html"))
    assert {item.pop("outcome") for item in again["items"]} == {"up to date"}
    assert {item.pop("outcome") for item in first["items"]} == {"written"}
    assert again == first and [len(item["maps"]) for item in again["items"]] == [2, 2, 2]
    assert tree(Path("page_files")) == pictures
    assert {path: path.stat().st_mtime_ns for path in Path("page_files").iterdir()} == times


def test_pictures_of_a_report_are_not_explained(tiny_files: Files, photos: Path) -> None:
    (photos / "ant" / "broken.jpg").unlink()
    report = photos / "page.html"
    explain(tiny_files, "-r", "--report", report, photos)
    assert len(list((photos / "page_files").iterdir())) == 6
    result = explain(tiny_files, "-r", "--report", report, photos)
    assert counted(result, 0, 3) and "Skipped 9 pictures written by xai-cam." in result.stderr


def test_tiny_images_are_enlarged_as_their_overlays_are(
    tiny_files: Files, tmp_path: Path, make_photo: Photo
) -> None:
    make_photo(tmp_path / "tiny.png", size=(20, 30))
    explain(tiny_files, "--report", tmp_path / "page.html", tmp_path / "tiny.png")
    item = data_of(tmp_path / "page.html")["items"][0]
    sizes = [(one["width"], one["height"]) for one in (item["picture"], item["maps"][0]["overlay"])]
    assert sizes == [(240, 160)] * 2, "8 times, so that the longer side has at least 224"


def test_layers_are_told_apart(tiny_files: Files, tmp_path: Path, make_photo: Photo) -> None:
    photo = make_photo(tmp_path / "a.png")
    explain(tiny_files, "-l", "conv_1", "-l", "conv_2", "--report", tmp_path / "page.html", photo)
    assert data_of(tmp_path / "page.html")["contenders"] == ["grad-cam at conv_1", "grad-cam at conv_2"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--report", "page.html", "--save", "raw,heatmap"), "Add overlay to --save"),
        (("--report", "page.pdf"), "does not end in .html"),
        (("--report", "mine.html"), "was not written by xai-cam"),
        (("--report", "labels.html", "--labels", "labels.html", "--overwrite"), "one of the inputs"),
    ],
)
def test_reports_that_cannot_be_made(
    tiny_files: Files, photos: Path, options: tuple[str, ...], words: str
) -> None:
    Path("mine.html").write_text("<html>mine</html>", encoding="utf-8")
    Path("labels.html").write_text("ant\nbee\ncat\n", encoding="utf-8")
    before = tree(Path.cwd())
    for more in ((), ("--dry-run",)):
        result = explain(tiny_files, *options, *more, photos / "ant")
        assert result.exit_code == 2 and words in " ".join(result.stderr.split())
        assert tree(Path.cwd()) == before, "before anything is done"


def test_a_dry_run_writes_no_report(tiny_files: Files, photos: Path) -> None:
    before = tree(Path.cwd())
    assert explain(tiny_files, "--dry-run", "--report", "new/page.html", photos / "ant").exit_code == 0
    assert tree(Path.cwd()) == before and not Path("new").exists()


def test_a_report_that_cannot_be_written_in_the_end(
    tiny_files: Files, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The maps are there all the same, and the count is told."""
    from xai_cam.errors import OutputError
    from xai_cam.report import assets

    def full(path: Path, data: bytes, option: str) -> None:
        raise OutputError(
            f"Cannot write {path}: No space left on device. Free space or use another {option}."
        )

    monkeypatch.setattr(assets, "write_whole", full)
    (photos / "ant" / "broken.jpg").unlink()
    result = explain(tiny_files, "--report", "page.html", "-o", "maps", photos / "ant")
    assert result.exit_code == 1 and "1 written, 0 up to date, 0 failed" in result.stderr
    assert "No space left on device. Free space or use another --report" in " ".join(result.stderr.split())
    assert Path("maps/1_grad-cam.png").is_file()
    assert data_of(Path("page.html"))["items"][0]["maps"][0]["overlay"] is None
