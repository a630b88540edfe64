"""Shards of different runs are never merged; those of one run are, wherever each machine has its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import named, run

Files = tuple[Path, Path]


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folders with as many pictures; one of them is called otherwise."""
    monkeypatch.chdir(tmp_path)
    for top, names in (("photos", "abcd"), ("others", "abcz")):
        for seed, name in enumerate(names):
            make_photo(Path(top) / f"{name}.png", seed=seed)
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")


def shard(number: int, *arguments: object) -> None:
    told = ("--shard", f"{number}/2", "--results", f"rows-{number}.csv")
    result = run(*arguments, *told)
    assert result.exit_code == 0, result.stderr


def refusal() -> str:
    """What merging the two says; nothing where it goes well."""
    result = run("merge", "rows-1.csv", "rows-2.csv", "-o", "rows.csv", "--overwrite")
    assert result.exit_code == (2 if "Error" in result.stderr else 0)
    return result.stderr if result.exit_code else ""


OPTIONS = "The runs of rows-1.csv and rows-2.csv had different options. Run all shards with the same."
IMAGES = "The runs of rows-1.csv and rows-2.csv found different images. Run all shards over the same images."


def test_explanations_of_other_options_or_images_are_refused(tiny_files: Files) -> None:
    base = ("explain", *named(tiny_files), "-o", "out")
    shard(1, *base, "photos")
    for other in (("--method", "layer-cam"), ("-c", "1"), ("--fit", "crop"), ("--preprocess", "raw")):
        shard(2, *base, "photos", *other)
        assert OPTIONS in refusal(), other
    shard(2, *base, "others")
    assert IMAGES in refusal()


def test_where_files_are_and_what_computes_may_differ(tiny_files: Files) -> None:
    """Of machines that have the folders in places of their own."""
    shutil.copytree("photos", "mnt/photos")
    shutil.copy("labels.txt", "mnt/labels.txt")
    base = ("explain", *named(tiny_files))
    shard(1, *base, "-o", "out", "photos", "--labels", "labels.txt", "-b", 1)
    shard(
        2, *base, "-o", "maps", "mnt/photos/*.png", "--labels", "mnt/labels.txt", "-q", "--report", "r.html"
    )
    assert refusal() == ""


def test_pictures_of_other_options_are_refused() -> None:
    base = ("kernels", "apply", "-o", "out", "photos")
    shard(1, *base, "--fir", "box")
    shard(2, *base, "--fir", "sharpen:1")
    assert OPTIONS in refusal()


def test_evaluations_of_other_options_are_refused(tiny_files: Files) -> None:
    for name in ("ant", "bee"):
        shutil.copytree("photos", f"known/{name}")
    base = ("evaluate", *named(tiny_files), "--labels", "labels.txt", "known")
    shard(1, *base, "--preprocess", "raw")
    shard(2, *base, "--preprocess", "unit")
    assert OPTIONS in refusal()


def test_pages_of_other_options_are_refused_that_they_do_not_tell(tiny_files: Files) -> None:
    for number, scaling in ((1, "raw"), (2, "unit")):
        arguments = ("explain", *named(tiny_files), "-o", "out", "photos", "--preprocess", scaling)
        run(*arguments, "--shard", f"{number}/2", "--report", f"report-{number}.html")
    result = run("merge", "report-1.html", "report-2.html", "-o", "report.html")
    assert result.exit_code == 2
    assert "The runs of report-1.html and report-2.html had different options." in result.stderr


def test_a_shard_that_was_sent_off_twice_to_one_table_is_refused(tiny_files: Files) -> None:
    """As a queue does; each of its images is there twice then."""
    base = ("explain", *named(tiny_files), "-o", "out", "photos", "--method", "grad-cam,layer-cam")
    shard(1, *base)
    for _ in range(2):
        shard(2, *base, "--append")
    assert "twice. Run its command again, without --append." in refusal()


def test_a_run_that_was_killed_within_an_image_is_not_finished(tiny_files: Files) -> None:
    base = ("explain", *named(tiny_files), "-o", "out", "photos", "--method", "grad-cam,layer-cam,hires-cam")
    for number in (1, 2):
        shard(number, *base)
    assert refusal() == ""
    lines = Path("rows-2.csv").read_bytes().splitlines(keepends=True)
    Path("rows-2.csv").write_bytes(b"".join(lines[:-2]))
    assert "Shard 2/2 is not finished: rows-2.csv has " in refusal()
