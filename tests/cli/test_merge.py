"""`xai-cam merge`: what it takes, what it writes and refuses, and pages as those of one run."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import named, run, tree
from xai_cam.files.results import open_results
from xai_cam.files.rows import SHARD

Files = tuple[Path, Path]
COLUMNS = ("image", "outcome", "score", *SHARD)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, number: int, count: int = 2, columns: tuple[str, ...] = COLUMNS) -> None:
    """A table of a shard that has one image."""
    with open_results(name, columns) as writer:
        assert writer is not None
        told = (f"{number}.png", "failed" if number == 2 else "written", number / 4)
        of_shard = (f"{number}/{count}", number, 1, count, 1, 1, "123", "456")
        writer.write(dict(zip(COLUMNS, (*told, *of_shard), strict=True)))


MERGED = "image,outcome,score\n1.png,written,0.25\n2.png,failed,0.5\n"


@pytest.mark.parametrize(
    "names", [["rows-*.csv"], ["rows-2.csv", "rows-1.csv"], ["rows-1.csv", "rows-?.csv"]]
)
def test_names_and_globs_stand_for_each_file_once(names: list[str]) -> None:
    for number in (1, 2):
        write(f"rows-{number}.csv", number)
    result = run("merge", *names, "-o", "new/rows.csv")
    assert result.exit_code == 0, result.stderr
    assert Path("new/rows.csv").read_text("utf-8") == MERGED
    assert result.stderr.splitlines()[-1] == "2 rows of 2 images, 1 failed, from 2 files"


def test_a_file_with_a_name_like_a_glob_is_taken_as_it_is() -> None:
    write("rows[12].csv", 1, 1)
    assert run("merge", "rows[12].csv", "-o", "rows.csv").exit_code == 0


def test_rows_go_to_standard_output_alone() -> None:
    for number in (1, 2):
        write(f"rows-{number}.csv", number)
    result = run("merge", "rows-*.csv", "-o", "-")
    assert result.stdout == MERGED and "2 rows of 2 images" in result.stderr


@pytest.mark.parametrize(
    ("ending", "other"), [("csv", "tsv"), ("jsonl", "csv"), ("jsonl", "parquet"), ("parquet", "jsonl")]
)
def test_kinds_that_lose_nothing_are_converted(ending: str, other: str) -> None:
    for number in (1, 2):
        write(f"rows-{number}.{ending}", number)
    with open_results(f"whole.{other}", COLUMNS[:3]) as writer:
        assert writer is not None
        for row in (("1.png", "written", 0.25), ("2.png", "failed", 0.5)):
            writer.write(dict(zip(COLUMNS[:3], row, strict=True)))
    assert run("merge", f"rows-*.{ending}", "-o", f"rows.{other}").exit_code == 0
    assert Path(f"rows.{other}").read_bytes() == Path(f"whole.{other}").read_bytes()


def test_a_missing_shard_is_a_usage_error_and_nothing_is_written() -> None:
    write("rows-1.csv", 1)
    result = run("merge", "rows-*.csv", "-o", "rows.csv")
    assert result.exit_code == 2
    told = "Error: Missing shard: 2/2: 1 of 2 images are there. Name the file of the missing, too."
    assert result.stderr.splitlines() == [told]
    assert not Path("rows.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone-*.csv", "-o", "a.csv"], "There is no file gone-*.csv."),
        (["rows-1.csv", "gone.csv", "-o", "a.csv"], "There is no file gone.csv."),
        (["rows-1.csv", "-o", "a.txt"], "`--output 'a.txt'` must end|--output a.txt must end in .csv"),
        (["rows-1.csv", "-o", "mine.csv"], "or name another --output."),
        (["rows-1.csv", "-o", "rows-1.csv"], "rows-1.csv is one of the inputs."),
        (["rows-1.csv", "-o", "a.jsonl"], "--output a.jsonl tells numbers from text"),
        (["rows-1.csv", "-o", "a.csv", "--json"], "--json prints the figures of `evaluate`"),
        (["rows-1.csv", "-o", "-", "--json"], "--json and --output - both write to standard output."),
        (["rows-1.csv", "-o", "a.html"], "Pages (.html) are merged to a page"),
        (
            ["mine.html", "-o", "a.html"],
            "mine.html is no report of a shard. Name pages that runs with --shard",
        ),
        (
            ["mine.csv", "-o", "a.csv"],
            "mine.csv is not of a shard. Name tables that runs with --shard wrote.",
        ),
        (["sftp://ann:hunter2@host/rows-1.csv", "-o", "a.csv"], "holds more than a place"),
        (["folder", "-o", "a.csv"], "Cannot read folder: it cannot be read, because it is a folder"),
    ],
)
def test_what_cannot_be_merged_is_refused(arguments: list[str], says: str) -> None:
    write("rows-1.csv", 1, 1)
    Path("mine.csv").write_text("my,own\n", encoding="utf-8")
    Path("mine.html").write_text("<p>my own", encoding="utf-8")
    Path("folder").mkdir()
    result = run("merge", *arguments)
    assert result.exit_code == 2
    assert any(one in result.stderr for one in says.split("|")), result.stderr
    assert Path("mine.csv").read_text("utf-8") == "my,own\n"


@pytest.mark.parametrize("url", ["s3://ann:hunter2@bucket/a.csv", "simplecache::s3://ann:hunter2@b/a.csv"])
def test_credentials_are_not_repeated(url: str) -> None:
    result = run("merge", url, "-o", "a.csv")
    assert result.exit_code == 2 and "hunter2" not in result.output + result.stderr


def test_overwrite_replaces_what_another_program_wrote() -> None:
    write("rows-1.csv", 1, 1)
    Path("mine.csv").write_text("my,own\n", encoding="utf-8")
    assert run("merge", "rows-1.csv", "-o", "mine.csv", "--overwrite").exit_code == 0
    assert Path("mine.csv").read_text("utf-8").startswith("image,")


# --- Pages -------------------------------------------------------------------------------------------


@pytest.fixture
def photos(make_photo: Callable[..., Path]) -> list[str]:
    """Two folders of pictures, larger than thumbnails; one that is broken, and one that is missing."""
    for number in range(6):
        make_photo(
            Path("photos") / ("ant", "bee")[number % 2] / f"{number}.png", seed=number, size=(330, 200)
        )
    Path("photos/ant/broken.jpg").write_text("no picture", encoding="utf-8")
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    return ["--labels", "labels.txt", "-r", "-o", "out", "photos", "gone.png"]


PAGES = {
    "explain": ("explain", "--method", "grad-cam,layer-cam", "--save", "overlay,boxes"),
    "compare": ("compare", "--method", "grad-cam,layer-cam", "--steps", 4, "--baselines"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_merged_page_is_that_of_one_run(name: str, tiny_files: Files, photos: list[str]) -> None:
    """Byte for byte, with the pictures beside it; and so are the figures that are printed."""
    arguments = [*PAGES[name], *named(tiny_files), *photos]
    whole = run(*arguments, "--report", "whole/report.html")
    shutil.rmtree("out")
    for number in range(1, 5):  # of seven images, so that one may be without any
        shard = ("--shard", f"{number}/4", "--results", f"rows-{number}.csv")
        assert run(*arguments, *shard, "--report", f"report-{number}.html").exit_code in (0, 1)
    result = run("merge", "report-*.html", "-o", "merged/report.html")
    assert result.exit_code == 0, result.stderr
    assert tree(Path("merged")) == tree(Path("whole"))
    assert len(tree(Path("merged"))) > 12
    figures = [line for line in whole.stdout.splitlines() if name == "compare"]
    assert result.stdout.splitlines() == figures
    assert result.stderr.splitlines()[-1] == "8 images, 2 failed, from 4 pages"
    if name == "compare":
        Path("out/compare.csv").unlink(missing_ok=True)
        again = run(*arguments)
        assert again.stdout == whole.stdout, "the same command without --shard tells them as well"
        told = run("merge", "report-*.html", "-o", "merged/report.html", "--json")
        assert json.loads(told.stdout) == json.loads(run(*arguments, "--json").stdout)
    refused_pages(name)


def refused_pages(name: str) -> None:
    """Pages that are missing, doubled, changed, or whose pictures are gone."""
    pages = [f"report-{n}.html" for n in range(1, 5)]
    full = next(page for page in pages if len(tree(Path(f"{Path(page).stem}_files"))) > 3)
    others = [page for page in pages if page != full]
    shutil.copy(full, "copy.html")
    for files, says in (
        (others, "Missing shard"),
        ([*pages, "copy.html"], f"is doubled: it is in {full} and in copy.html."),
    ):
        result = run("merge", *files, "-o", "new/report.html")
        assert result.exit_code == 2 and says in result.stderr, result.stderr
    shutil.rmtree(f"{Path(full).stem}_files")
    result = run("merge", *pages, "-o", "new/report.html")
    assert result.exit_code == 2 and f"A picture of {full} is not in" in result.stderr
    text = Path(full).read_text("utf-8")
    before, _, data = text.partition('id="shard">')
    assert data.count("gone") or "photos" in data
    Path(full).write_text(f'{before}id="shard">{data.replace("photos", "fotos", 1)}', encoding="utf-8")
    result = run("merge", *pages, "-o", "new/report.html")
    assert result.exit_code == 2 and f"{full} was changed since xai-cam wrote it." in result.stderr
    assert not Path("new/report.html").exists()


def test_pages_of_different_commands_or_options_are_refused(tiny_files: Files, photos: list[str]) -> None:
    for number, method in ((1, "grad-cam"), (2, "layer-cam")):
        shard = ("--shard", f"{number}/2", "--report", f"report-{number}.html")
        run("explain", *named(tiny_files), "--method", method, *photos, *shard)
    result = run("merge", "report-1.html", "report-2.html", "-o", "report.html")
    assert result.exit_code == 2
    assert "report-1.html and report-2.html differ in methods (grad-cam and layer-cam)." in result.stderr
    with open("rows.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(COLUMNS)
    result = run("merge", "report-1.html", "rows.csv", "-o", "report.html")
    assert result.exit_code == 2 and "Merge each by itself." in result.stderr


def test_a_page_without_a_shard_has_nothing_to_merge(tiny_files: Files, photos: list[str]) -> None:
    run("explain", *named(tiny_files), *photos, "--report", "report.html")
    assert 'id="shard"' not in Path("report.html").read_text("utf-8")
    result = run("merge", "report.html", "-o", "merged.html")
    assert result.exit_code == 2 and "report.html is no report of a shard." in result.stderr
