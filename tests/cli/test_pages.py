"""Before a run it is said that a page may show more images than anybody looks through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from support.commands import explain, named, run
from xai_cam.files.shard import number_of

Files = tuple[Path, Path]
TOLD = "may show 3 images: more than anybody looks through"


def compare(files: Files, *arguments: object) -> Result:
    return run("compare", *named(files), *arguments)


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures, where more than two are many."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xai_cam.cli.pages.MANY", 2)
    for number in range(3):
        make_photo(Path("photos") / f"{number}.png", seed=number)
    return Path("photos")


def test_each_page_of_many_images_is_told(tiny_files: Files, photos: Path) -> None:
    pages = ("--report", "page.html", "--sheet", "sheet.pdf")
    told = explain(tiny_files, photos, *pages, "--dry-run").stderr
    assert [f"{page} {TOLD}" in told for page in ("--report", "--sheet")] == [True, True]
    assert f"--report {TOLD}" in compare(tiny_files, photos, "--report", "page.html", "--dry-run").stderr


def test_nothing_is_told_of_few_images_nor_without_a_page_nor_quietly(
    tiny_files: Files, photos: Path
) -> None:
    page = ("--report", "page.html")
    for more in ((), (*page, "-q"), (*page, "--exclude", "0.png")):
        for command in (explain, compare):
            result = command(tiny_files, photos, "--dry-run", *more)
            assert result.exit_code == 0 and "anybody" not in result.stderr, more


def test_of_a_shard_its_own_images_count(tiny_files: Files, photos: Path) -> None:
    """Of two shards the first has all three; of four the first has one, and the third two."""
    assert [[number_of(f"{name}.png", count) for name in range(3)] for count in (2, 4)] == [
        *([1, 1, 1], [3, 3, 1])
    ]
    for shard, told in (("1/2", True), ("2/2", False), ("1/4", False), ("3/4", False)):
        more = ("--shard", shard, "--results", "r.csv", "--report", "p.html", "--dry-run")
        assert (TOLD in explain(tiny_files, photos, *more).stderr) == told


def test_a_page_is_no_input(tiny_files: Files, photos: Path) -> None:
    for command, page in ((explain, "--sheet"), (explain, "--report"), (compare, "--report")):
        result = command(tiny_files, photos, page, photos / "0.png", "--dry-run")
        assert result.exit_code == 2 and "0.png is one of the inputs" in result.stderr
