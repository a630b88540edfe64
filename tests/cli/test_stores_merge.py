"""`xai-cam merge` of tables and pages in a store, by their names and by globs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import named, run, tree
from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.files.merging import MergedRows
from xai_cam.files.results import open_results
from xai_cam.files.rows import SHARD
from xai_cam.files.stores.paths import StorePath

Files = Callable[..., tuple[Path, Path]]
COLUMNS = ("image", "outcome", "score", *SHARD)


def write(name: str, number: int, count: int = 2) -> None:
    """A table of a shard that has one image."""
    with open_results(name, COLUMNS) as writer:
        assert writer is not None
        told = (f"{number}.png", "written", number / 4)
        of_shard = (f"{number}/{count}", number, 1, count, 1, 1, "123", "456")
        writer.write(dict(zip(COLUMNS, (*told, *of_shard), strict=True)))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("glob", [True, False])
def test_tables_of_a_store(s3: S3Server, tmp_path: Path, ending: str, glob: bool) -> None:
    names = [f"rows-{number}.{ending}" for number in (1, 2)]
    for number, name in enumerate(names, 1):
        write(f"s3://bucket/run/{name}", number)
        write(str(tmp_path / name), number)
    s3.put(f"bucket/run/older/rows-3.{ending}", b"no table of this run")
    run("merge", *(tmp_path / name for name in names), "-o", tmp_path / f"whole.{ending}")
    named_there = [f"s3://bucket/run/rows-*.{ending}"] if glob else [f"s3://bucket/run/{n}" for n in names]
    for _ in range(2):  # the second replaces what the first wrote
        result = run("merge", *named_there, "-o", f"s3://bucket/run/whole.{ending}")
        assert result.exit_code == 0 and "2 rows of 2 images" in result.stderr, result.stderr
    assert s3.get(f"bucket/run/whole.{ending}") == (tmp_path / f"whole.{ending}").read_bytes()
    s3.forget()
    assert run("merge", *named_there, "-o", "-").stdout.startswith("image,outcome,score\n1.png,written,0.25")
    assert s3.count("GET") == 2  # each table once
    assert s3.count("LIST") <= (1 if glob else 2)


def test_tables_are_here_as_long_as_they_are_read(s3: S3Server) -> None:
    paths = [StorePath("s3:", f"bucket/run/rows-{number}.csv") for number in (1, 2)]
    for number, path in enumerate(paths, 1):
        write(str(path), number)
    merged = MergedRows(paths)
    assert [row["image"] for row in merged] == ["1.png", "2.png"] and all(path.is_held for path in paths)
    merged.close()
    assert not any(path.is_held for path in paths)


def test_what_is_not_there_or_nobodys_to_replace(s3: S3Server) -> None:
    result = run("merge", "s3://bucket/run/rows-*.csv", "-o", "s3://bucket/run/whole.csv")
    assert result.exit_code == 2 and "There is no file s3://bucket/run/rows-*.csv" in result.stderr
    for number in (1, 2):
        write(f"s3://bucket/run/rows-{number}.csv", number)
    s3.put("bucket/run/whole.csv", b"my,own\n1,2\n")
    result = run("merge", "s3://bucket/run/rows-*.csv", "-o", "s3://bucket/run/whole.csv")
    assert result.exit_code == 2 and "s3://bucket/run/whole.csv exists" in result.stderr
    result = run("merge", "s3://bucket/run/rows-1.csv", "-o", "s3://bucket/run/rows-1.csv")
    assert result.exit_code == 2
    missing = run("merge", "s3://bucket/run/rows-1.csv", "-o", "s3://bucket/run/new.csv")
    assert missing.exit_code == 2 and "Missing shard: 2/2" in missing.stderr
    assert "run/new.csv" not in s3.names() and s3.get("bucket/run/whole.csv") == b"my,own\n1,2\n"


def test_pages_of_shards_become_the_page_of_one_run(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    command = ["explain", *named(model_files()), "-r", "s3://bucket/photos/", "-o", "s3://bucket/maps"]
    for number in (1, 2):
        page = f"s3://bucket/shards/page-{number}.html"
        assert run(*command, "--shard", f"{number}/2", "--report", page).exit_code == 0
    run(*command, "--report", "s3://bucket/whole/page.html")  # finds all up to date
    result = run("merge", "s3://bucket/shards/page-*.html", "-o", "s3://bucket/merged/page.html")
    assert result.exit_code == 0 and "4 images, 0 failed, from 2 pages" in result.stderr, result.stderr
    merged, whole = stored(s3, "merged"), stored(s3, "whole")
    assert merged.keys() == whole.keys() and len(merged) == 9
    for name in merged.keys() - {"page.html"}:
        assert merged[name] == whole[name]
    local = run("merge", "s3://bucket/shards/page-*.html", "-o", tmp_path / "merged/page.html")
    assert local.exit_code == 0 and tree(tmp_path / "merged") == merged
