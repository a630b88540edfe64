"""`--shard` of all commands, and `merge` of what they wrote: as one run, byte for byte."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, named, run, tree
from xai_cam.files.rows import SHARD
from xai_cam.files.shard import number_of

Files = tuple[Path, Path]

PICTURES = [f"{folder}/{n}.png" for folder in ("ant", "bee") for n in range(1, 6)]
SHARDS = 3


@pytest.fixture(autouse=True)
def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every image takes no time, so that `seconds` are the same in two runs."""

    class Still:
        perf_counter = staticmethod(lambda: 0.0)

    monkeypatch.setattr("xai_cam.runs.image_state.time", Still)


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    for number, name in enumerate(PICTURES):
        make_photo(tmp_path / "photos" / name, seed=number)
    (tmp_path / "photos" / "ant" / "broken.jpg").write_text("no picture", encoding="utf-8")
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("photos")


def rows_of(path: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


COMMANDS = {
    "explain": ("explain", "-r", "--method", "grad-cam,layer-cam"),
    "compare": ("compare", "-r", "--method", "grad-cam,layer-cam", "--steps", 3),
    "evaluate": ("evaluate",),
    "features": ("features", "-r", "-l", "conv_1"),
    "kernels apply": ("kernels", "apply", "-r", "--fir", "sharpen:1"),
}


def arguments_of(name: str, files: Files) -> list[object]:
    model = [] if name == "kernels apply" else [*named(files), "--labels", "labels.txt"]
    folder = [] if name == "evaluate" else ["-o", "out"]
    return [*COMMANDS[name], *model, *folder, "photos", "gone.png"]


@pytest.mark.parametrize("name", COMMANDS)
def test_merged_rows_and_outputs_are_those_of_one_run(name: str, tiny_files: Files, photos: Path) -> None:
    arguments = arguments_of(name, tiny_files)
    assert run(*arguments, "--results", "whole.csv").exit_code == 1, "one is broken, one is missing"
    whole = tree(Path("out")) if Path("out").is_dir() else {}
    shutil.rmtree("out", ignore_errors=True)
    failed = []
    for number in range(1, SHARDS + 1):
        result = run(*arguments, "--shard", f"{number}/{SHARDS}", "--results", f"rows-{number}.csv")
        assert f"Shard {number}/{SHARDS}: {len(places(number))} of 12 images." in result.stderr.splitlines()
        failed += [line for line in result.stderr.splitlines() if line.startswith("Failed: ")]
        rows = rows_of(f"rows-{number}.csv")
        assert list(rows[0])[-len(SHARD) :] == list(SHARD)
        told = [f"{number}/{SHARDS}", str(len(places(number))), "12"]
        assert all([row["shard"], row["shard_images"], row["all_images"]] == told for row in rows)
        assert list(dict.fromkeys(int(row["position"]) for row in rows)) == places(number)
    assert len(failed) == 2, "each by one shard"
    assert (tree(Path("out")) if Path("out").is_dir() else {}) == whole
    result = run("merge", "rows-*.csv", "-o", "rows.csv")
    assert result.exit_code == 0, result.stderr
    assert Path("rows.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert result.stderr.splitlines()[-1].endswith("rows of 12 images, 2 failed, from 3 files")


def places(number: int) -> list[int]:
    """Places of a shard's images in the plan, of which the missing one is the first."""
    names = [*(n for n in PICTURES if n[0] == "a"), "ant/broken.jpg", *(n for n in PICTURES if n[0] == "b")]
    found = [place for place, name in enumerate(names, 2) if number_of(name, SHARDS) == number]
    return [1, *found] if number == 1 else found


def test_a_run_without_a_shard_has_no_columns_of_shards(tiny_files: Files, photos: Path) -> None:
    run(*arguments_of("explain", tiny_files), "--results", "whole.csv")
    assert not set(rows_of("whole.csv")[0]) & set(SHARD)


@pytest.mark.parametrize("ending", ["tsv", "jsonl", "parquet"])
def test_all_kinds_of_tables_are_merged(ending: str, tiny_files: Files, photos: Path) -> None:
    arguments = arguments_of("explain", tiny_files)
    run(*arguments, "--results", f"whole.{ending}")
    shutil.rmtree("out")
    for number in range(1, SHARDS + 1):
        run(*arguments, "--shard", f"{number}/{SHARDS}", "--results", f"rows-{number}.{ending}")
    result = run("merge", f"rows-*.{ending}", "-o", f"rows.{ending}")
    assert result.exit_code == 0, result.stderr
    assert Path(f"rows.{ending}").read_bytes() == Path(f"whole.{ending}").read_bytes()


def test_a_shard_again_has_nothing_to_do_and_other_shards_are_no_inputs_to_it(
    tiny_files: Files, photos: Path
) -> None:
    arguments = [*arguments_of("explain", tiny_files)[:-1], "--exclude", "broken.jpg"]
    for attempt in ("first", "again"):
        for number in (1, 2):
            result = run(*arguments, "--shard", f"{number}/2", "--results", f"rows-{number}.csv")
            assert result.exit_code == 0, result.stderr
            count = sum(number_of(name, 2) == number for name in PICTURES)
            assert counted(result, count, 0) if attempt == "first" else counted(result, 0, count)
    assert run("merge", "rows-1.csv", "rows-2.csv", "-o", "rows.csv").exit_code == 0
    assert {row["outcome"] for row in rows_of("rows.csv")} == {"up to date"}


def test_an_empty_shard_ends_well_with_an_empty_table(tiny_files: Files, photos: Path) -> None:
    name, number = PICTURES[0], next(n for n in (1, 2) if n != number_of("1.png", 2))
    for command in ("explain", "compare"):
        arguments = [*COMMANDS[command], *named(tiny_files), "-o", "out", "photos/ant", "--include", "1.png"]
        result = run(*arguments, "--shard", f"{number}/2", "--results", f"{command}-0.csv")
        assert result.exit_code == 0, result.stderr
        line = f"Shard {number}/2: 0 of 1 images: there is nothing to do."
        assert line in result.stderr.splitlines() and name in str(photos / name)
        assert rows_of(f"{command}-0.csv") == []
        run(*arguments, "--shard", f"{3 - number}/2", "--results", f"{command}-1.csv")
        run(*arguments, "--results", f"{command}-whole.csv")
        merged = run("merge", f"{command}-0.csv", f"{command}-1.csv", "-o", f"{command}.csv")
        assert merged.exit_code == 0, merged.stderr
        whole = Path(f"{command}-whole.csv").read_bytes().replace(b"up to date", b"written")
        assert Path(f"{command}.csv").read_bytes() == whole


def test_a_dry_run_tells_the_shard_and_shows_its_images_alone(tiny_files: Files, photos: Path) -> None:
    for number in (1, 2):
        result = run(*arguments_of("explain", tiny_files), "--shard", f"{number}/2", "--dry-run")
        mine = [name for name in PICTURES if number_of(name, 2) == number]
        shown = [line for line in result.stdout.splitlines() if "/broken.jpg" not in line and "->" in line]
        assert len(shown) == 2 * len(mine)
        assert {line.split(" -> ")[0] for line in shown} == {f"photos/{name}" for name in mine}
        assert ("gone.png" in result.stdout) == (number == 1)
        assert f"Shard {number}/2: " in result.stderr and " of 12 images." in result.stderr


def test_only_selects_within_a_shard(judges: Callable[..., Files], painted: Path) -> None:
    """Of all images 2 are wrong; each is explained by one shard, and merged rows are those of one run."""
    base = ["explain", *named(judges()), "--labels", "labels.txt", "-c", "folder", "-r", "-o", "out"]
    arguments = [*base, "--only", "wrong", painted]
    run(*arguments, "--results", "whole.csv")
    shutil.rmtree("out")
    for number in range(1, 5):
        result = run(*arguments, "--shard", f"{number}/4", "--results", f"rows-{number}.csv")
        assert result.exit_code == 0, result.stderr
    assert len(rows_of("whole.csv")) == 2
    empty = [f"rows-{n}.csv" for n in range(1, 5) if not rows_of(f"rows-{n}.csv")]
    assert len(empty) >= 2
    assert run("merge", "rows-*.csv", "-o", "rows.csv").exit_code == 0
    assert Path("rows.csv").read_bytes() == Path("whole.csv").read_bytes()
    Path(empty[0]).unlink()
    result = run("merge", "rows-*.csv", "-o", "rows.csv")
    assert result.exit_code == 2 and "Missing shard" in result.stderr, "nobody knows how many it had"


def test_evaluate_takes_the_order_of_classes_from_all_images(
    judges: Callable[..., Files], painted: Path
) -> None:
    """Also a shard that has no image of some class; and its figures of all are those of one run."""
    Path("labels.txt").unlink()
    arguments = ["evaluate", *named(judges()), painted]
    whole = run(*arguments, "--results", "whole.csv")
    shards = 6
    for number in range(1, shards + 1):
        run(*arguments, "--shard", f"{number}/{shards}", "--results", f"rows-{number}.csv")
    classes = [{row["truth_name"] for row in rows_of(f"rows-{n}.csv")} for n in range(1, shards + 1)]
    assert any(len(found) < 3 for found in classes)
    result = run("merge", "rows-*.csv", "-o", "rows.csv")
    assert Path("rows.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert result.stdout == whole.stdout
    as_json = run("merge", "rows-*.csv", "-o", "rows.csv", "--json")
    told = json.loads(run(*arguments, "--json").stdout)
    assert json.loads(as_json.stdout).items() <= told.items()


def test_a_list_of_files_is_divided_by_the_names_in_it(tiny_files: Files, photos: Path) -> None:
    Path("list.txt").write_text("\n".join(f"photos/{name}" for name in PICTURES), encoding="utf-8")
    for number in (1, 2):
        arguments = ("explain", *named(tiny_files), "-o", "out", "--from-file", "list.txt")
        run(*arguments, "--shard", f"{number}/2", "--results", f"rows-{number}.csv")
        mine = [f"photos/{name}" for name in PICTURES if number_of(f"photos/{name}", 2) == number]
        assert [row["image"] for row in rows_of(f"rows-{number}.csv")] == mine


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0/4", "'0/4' is no shard: of 4 they are 1/4 to 4/4. Name one of these."),
        ("5/4", "'5/4' is no shard: of 4 they are 1/4 to 4/4. Name one of these."),
        ("a/b", "'a/b' is no shard. Write which of how many, such as 3/16."),
    ],
)
def test_what_is_no_shard_is_refused(text: str, says: str, tiny_files: Files, photos: Path) -> None:
    result = run(*arguments_of("explain", tiny_files), "--shard", text)
    assert result.exit_code == 2
    assert f"Error: Invalid value for '--shard': {says}" in result.stderr


def test_the_environment_may_name_the_shard(
    tiny_files: Files, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XAI_CAM_SHARD", "2/2")
    result = run(*arguments_of("explain", tiny_files), "--dry-run")
    assert "Shard 2/2: " in result.stderr


def test_what_only_a_run_over_all_images_can_make_is_refused(tiny_files: Files, photos: Path) -> None:
    result = run(
        *arguments_of("explain", tiny_files), "--shard", "1/2", "--save", "boxes", "--results", "regions.json"
    )
    assert result.exit_code == 2
    assert "`xai-cam merge rows-*.csv -o regions.json`" in result.stderr
    result = run("evaluate", *named(tiny_files), "--try-preprocess", "--shard", "1/2", photos)
    assert result.exit_code == 2 and "--shard would have no effect" in result.stderr


def test_boxes_of_all_shards_are_merged_to_one_file_of_coco(tiny_files: Files, photos: Path) -> None:
    arguments = [*arguments_of("explain", tiny_files), "--save", "boxes"]
    run(*arguments, "--results", "whole.json")
    for number in (1, 2):
        run(*arguments, "--shard", f"{number}/2", "--results", f"rows-{number}.csv")
    assert run("merge", "rows-*.csv", "-o", "regions.json").exit_code == 0
    assert Path("regions.json").read_bytes() == Path("whole.json").read_bytes()


def test_a_table_of_shards_may_take_the_place_of_one_of_all(tiny_files: Files, photos: Path) -> None:
    """`compare` refuses to replace other tables; its own it writes unasked, one for each shard."""
    arguments = arguments_of("compare", tiny_files)
    for shard in ((), ("--shard", "1/2"), ("--shard", "2/2")):
        assert "was not written by" not in run(*arguments, *shard).stderr
    assert run("merge", "out/compare-*-of-2.csv", "-o", "out/merged.csv").exit_code == 0
    whole = Path("out/compare.csv").read_bytes().replace(b"written", b"up to date")
    assert Path("out/merged.csv").read_bytes() == whole
    for shard in (("--shard", "1/2"), ()):
        run(*arguments, *shard, "--results", "out/merged.csv")
        assert bool(set(rows_of("out/merged.csv")[0]) & set(SHARD)) == bool(shard)
