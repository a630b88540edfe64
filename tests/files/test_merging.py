"""Rows of shards as those of one run; shards that are missing, doubled or of other runs are refused."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from support.held import exceeding
from xai_cam.errors import InputError
from xai_cam.files.merging import MergedRows
from xai_cam.files.results import open_results
from xai_cam.files.rows import SHARD
from xai_cam.files.table_rows import ParquetRows

COLUMNS = ("image", "outcome", "method", "score", "model_sha256", "tool", *SHARD)
OWNERS = [1, 3, 3, 1, 2, 1, 3]
"""The shard of each image of a plan, of three; place 1 is the first."""


def rows_of(shard: int, count: int = 3, owners: Iterable[int] = OWNERS, **more: Any) -> list[dict[str, Any]]:
    """Two rows for each image of a shard, as a run writes them."""
    owners = list(owners)
    places = [place for place, owner in enumerate(owners, 1) if owner == shard]
    told = {"shard": f"{shard}/{count}", "shard_images": len(places), "all_images": len(owners)}
    made = {"model_sha256": "abc", "tool": "xai-cam 1", "outcome": "written", "image_rows": 2}
    made |= {"options_hash": "123", "paths_hash": "456"}
    return [
        {"image": f"{place}.png", "method": method, "score": place / 8, "position": place, **made, **told}
        | {"image_row": row}
        | more
        for place in places
        for row, method in enumerate(("grad-cam", "layer-cam"), 1)
    ]


def write(path: Path, rows: Iterable[dict[str, Any]], columns: tuple[str, ...] = COLUMNS) -> Path:
    with open_results(str(path), columns) as writer:
        assert writer is not None
        for row in rows:
            writer.write(row)
    return path


def tables(folder: Path, ending: str = "csv", shards: Iterable[int] = (1, 2, 3)) -> list[Path]:
    return [write(folder / f"rows-{n}.{ending}", rows_of(n)) for n in shards]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_rows_come_in_the_order_of_the_plan(ending: str, order: tuple[int, ...], tmp_path: Path) -> None:
    paths = tables(tmp_path, ending)
    merged = MergedRows([paths[n] for n in order])
    assert merged.columns == list(COLUMNS[: -len(SHARD)])
    assert [(row["image"], row["method"]) for row in merged] == [
        (f"{place}.png", method) for place in range(1, 8) for method in ("grad-cam", "layer-cam")
    ]
    assert (len(merged), merged.images, merged.failed) == (14, 7, 0)
    assert all(set(row) == set(merged.columns) for row in merged)
    merged.close()
    open_still = [one for one in merged.sources if isinstance(one, ParquetRows) and not one._file.closed]
    assert not open_still, "on Windows they could not be deleted"


def test_a_shard_whose_images_came_in_another_order_is_merged_too(tmp_path: Path) -> None:
    """An image that another run was at comes last in its table."""
    paths = tables(tmp_path)
    rows = rows_of(3)
    write(paths[2], [*rows[2:], *rows[:2]])
    assert [row["image"] for row in MergedRows(paths)][::2] == [f"{n}.png" for n in range(1, 8)]


def test_shards_may_be_in_one_table(tmp_path: Path) -> None:
    path = write(tmp_path / "all.csv", [*rows_of(2), *rows_of(1), *rows_of(3)])
    assert [row["image"] for row in MergedRows([path])][::2] == [f"{n}.png" for n in range(1, 8)]


def test_rows_of_runs_that_added_to_one_table_together_may_be_mixed(tmp_path: Path) -> None:
    """Each adds row by row, so that those of an image need not be neighbours."""
    first, second = rows_of(1), rows_of(3)
    mixed = [row for pair in zip(first, second, strict=True) for row in pair]
    merged = MergedRows([write(tmp_path / "all.csv", mixed), write(tmp_path / "rows-2.csv", rows_of(2))])
    assert [(row["image"], row["method"]) for row in merged] == [
        (f"{place}.png", method) for place in range(1, 8) for method in ("grad-cam", "layer-cam")
    ]
    assert merged.images == 7


def test_failures_are_counted(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    write(paths[1], [{**rows_of(2)[0], "outcome": "failed", "image_rows": 1}])
    merged = MergedRows(paths)
    assert (len(merged), merged.images, merged.failed) == (13, 7, 1)


def test_a_shard_without_images_has_an_empty_table_or_none(tmp_path: Path) -> None:
    owners = [1, 1, 3]
    paths = [write(tmp_path / f"{n}.csv", rows_of(n, owners=owners)) for n in (1, 2, 3)]
    for some in (paths, [paths[0], paths[2]]):
        assert len(MergedRows(some)) == 6


def test_tables_without_any_row_are_merged_to_one(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.csv", []) for n in range(3)]
    merged = MergedRows(paths)
    assert (len(merged), list(merged), merged.columns) == (0, [], list(COLUMNS[: -len(SHARD)]))


def refused(paths: list[Path]) -> str:
    with pytest.raises(InputError) as error:
        MergedRows(paths)
    return str(error.value)


def test_missing_shards_are_named(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    assert refused([paths[0]]).startswith("Missing shards: 2/3, 3/3: 3 of 7 images are there. Name the files")
    assert refused(paths[1:]).startswith("Missing shard: 1/3: 4 of 7 images are there. Name the file of")


def test_many_missing_shards_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "1.csv", rows_of(1, 40))
    assert "2/40, 3/40, 4/40, 5/40, 6/40, 7/40, 8/40, 9/40, 10/40, 11/40 and 29 more" in refused([path])


def test_an_empty_table_does_not_stand_for_a_shard_with_images(tmp_path: Path) -> None:
    paths = [*tables(tmp_path, shards=(1, 3)), write(tmp_path / "rows-2.csv", [])]
    assert refused(paths).startswith("Missing shard: 2/3: 6 of 7 images are there.")


def test_where_only_some_images_have_rows_every_shard_needs_a_table(tmp_path: Path) -> None:
    """Nobody knows then how many rows a missing one had."""
    paths = [write(tmp_path / f"{n}.csv", rows_of(n, all_images=None)) for n in (1, 3)]
    empty = write(tmp_path / "2.csv", [])
    assert len(MergedRows([*paths, empty])) == 12
    assert refused(paths) == "Missing shard: 2/3. Name the file of the missing, too."


def test_a_doubled_shard_is_named(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    copy = write(tmp_path / "copy.csv", rows_of(2))
    assert (
        refused([*paths, copy])
        == f"Shard 2/3 is doubled: it is in {paths[1]} and in {copy}. Name one run of it."
    )


def test_a_shard_that_was_added_twice_to_one_table_is_named(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    write(paths[2], [*rows_of(3), *rows_of(3)])
    assert refused(paths).startswith(f"{paths[2]} has the image at place 2 of the plan twice.")


def test_an_image_that_was_added_twice_is_named_also_where_it_is_the_only_one(tmp_path: Path) -> None:
    """Then its rows are neighbours, as they are of an image with more of them."""
    paths = tables(tmp_path)
    write(paths[1], [*rows_of(2), *rows_of(2)])
    assert refused(paths) == (
        f"{paths[1]} has the image at place 5 of the plan twice. Run its command again, without `append`."
    )


@pytest.mark.parametrize("left", [0, 1])
def test_an_image_with_only_some_of_its_rows_is_not_finished(left: int, tmp_path: Path) -> None:
    """A run was killed between them."""
    paths = tables(tmp_path)
    write(paths[0], [*rows_of(1)[:-2], rows_of(1)[-2 + left]])
    assert refused(paths).startswith(f"Shard 1/3 is not finished: {paths[0]} has 2 of its 3 images.")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("options_hash", "had different options. Run all shards with the same."),
        ("paths_hash", "found different images. Run all shards over the same images."),
    ],
)
def test_shards_of_other_runs_are_refused(name: str, says: str, tmp_path: Path) -> None:
    """Also where all else fits: as many shards, as many images, each at its place."""
    paths = tables(tmp_path)
    write(paths[1], rows_of(2, **{name: "other"}))
    assert refused(paths) == f"The runs of {paths[0]} and {paths[1]} {says}"
    rest = [{**row, name: "other"} for row in rows_of(3)[2:]]
    write(paths[2], [*rows_of(3)[:2], *rest])
    assert refused([paths[2]]) == f"Two runs of {paths[2]} {says}"


def test_a_shard_that_is_not_finished_is_named(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    write(paths[0], rows_of(1)[:-2])
    assert refused(paths).startswith(f"Shard 1/3 is not finished: {paths[0]} has 2 of its 3 images.")


def test_shards_of_other_divisions_are_refused(tmp_path: Path) -> None:
    paths = [*tables(tmp_path, shards=(1, 2)), write(tmp_path / "x.csv", rows_of(3, 4))]
    assert refused(paths).startswith(f"{paths[0]} is of 3 shards and {paths[2]} of 4.")


def test_runs_over_other_images_are_refused(tmp_path: Path) -> None:
    paths = [*tables(tmp_path, shards=(1, 2)), write(tmp_path / "x.csv", rows_of(3, owners=[*OWNERS, 2]))]
    assert refused(paths).startswith(f"The run of {paths[0]} found 7 images, and that of {paths[2]} 8.")
    moved = [1, 1, 3, 3, 2, 3, 1]
    paths[2] = write(tmp_path / "y.csv", rows_of(3, owners=moved))
    assert refused(paths).startswith(f"{paths[0]} and {paths[2]} both have an image at place 4 of the plan")


@pytest.mark.parametrize("name", ["model_sha256", "tool"])
def test_other_models_and_versions_are_named(name: str, tmp_path: Path) -> None:
    paths = tables(tmp_path)
    write(paths[1], rows_of(2, **{name: "other"}))
    known = rows_of(1)[0][name]
    assert refused(paths).startswith(f"{paths[0]} and {paths[1]} differ in {name} ({known} and other).")


def test_rows_that_do_not_say_what_made_them_are_no_other_models(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    write(paths[0], rows_of(1, model_sha256=""))
    assert len(MergedRows(paths)) == 14


def test_other_columns_are_named(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    more = (*COLUMNS[:4], "extra", *COLUMNS[4:])
    write(paths[2], rows_of(3), more)
    assert refused(paths).startswith(f"{paths[0]} and {paths[2]} have other columns (extra).")
    write(paths[2], rows_of(3), (*COLUMNS[1:4], "image", *COLUMNS[4:]))
    assert refused(paths).startswith(f"{paths[0]} and {paths[2]} have other columns.")


def test_a_table_of_a_run_without_shards_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "whole.csv", rows_of(1), COLUMNS[: -len(SHARD)])
    assert refused([path]) == f"{path} is not of a shard. Name tables that runs with `shard` wrote."


def test_a_table_whose_run_did_not_begin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows-4.csv"
    path.write_bytes(b"")
    assert refused([*tables(tmp_path), path]).startswith(f"{path} is empty: its run did not begin.")


@pytest.mark.parametrize(
    "spoilt",
    [
        *({"shard": "0/3"}, {"shard": ""}, {"position": "x"}, {"shard_images": None}, {"all_images": "many"}),
        *({"position": 0}, {"image_row": 0}, {"image_row": 3}, {"image_rows": ""}),
    ],
)
def test_rows_that_were_changed_are_refused(spoilt: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", [row | spoilt for row in rows_of(1)])
    assert refused([path]).startswith(f"A row of {path} does not say of which shard it is.")


def test_tables_that_tell_numbers_are_not_mixed_with_others(tmp_path: Path) -> None:
    paths = [*tables(tmp_path, shards=(1, 2)), *tables(tmp_path, "jsonl", (3,))]
    assert refused(paths).startswith(f"{paths[0]} and {paths[2]} are tables of different kinds: one tells")


def test_memory_holds_places_and_no_rows(tmp_path: Path) -> None:
    """20,000 rows of 1,000 letters: 20 MB of text, of which less than a tenth is ever held."""
    owners = [random.Random(place).randint(1, 4) for place in range(10_000)]
    paths = [
        write(tmp_path / f"{n}.csv", (row | {"method": "m" * 1000} for row in rows_of(n, 4, owners)))
        for n in range(1, 5)
    ]

    def merge() -> None:
        assert sum(1 for _ in MergedRows(paths)) == 20_000

    assert not exceeding(merge, peak=2_000_000)
