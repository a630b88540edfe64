"""`--results` and `--append` of all commands: the same columns, rows of earlier runs, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from support.commands import named, run, sha256
from xai_cam._version import __version__

Files = tuple[Path, Path]

PICTURES = {"ant/a.png": 1, "bee/b.png": 2, "other/c.png": 3}
SHARED = ("image_width", "image_height", "model_sha256", "weights_sha256", "tool", "seconds")
FED = {"scaling": "unit", "channel_order": "rgb", "fit": "crop", "resize_with": "nearest", "window": ""}
FEEDING = ("--preprocess", "unit", "--fit", "crop", "--resize-with", "nearest")


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, seed in PICTURES.items():
        make_photo(tmp_path / "photos" / name, seed=seed)
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("photos")


def read(path: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


COMMANDS = {
    "explain": ("explain", "-r", "-o", "out", "--labels", "labels.txt", *FEEDING),
    "compare": ("compare", "-r", "-o", "out", "--labels", "labels.txt", "--steps", 0, *FEEDING),
    "evaluate": ("evaluate", "--labels", "labels.txt", *FEEDING, "--exclude", "c.png"),
    "features": ("features", "-r", "-o", "out", "-l", "conv_1", "--labels", "labels.txt", *FEEDING),
    "kernels edit": ("kernels", "edit", "-r", "--zero", "conv_1:0", "--labels", "labels.txt", *FEEDING),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_row_says_what_made_it(name: str, tiny_files: Files, photos: Path) -> None:
    """Also that of an image whose outputs an earlier run has written."""
    arguments = (*COMMANDS[name], *named(tiny_files), photos, "--results", "rows.csv")
    for attempt in ("first", "again"):
        result = run(*arguments)
        assert result.exit_code == 0, result.stderr
        for row in read("rows.csv"):
            with Image.open(row["image"]) as picture:
                size = row["image_width"], row["image_height"]
                assert tuple(map(int, size)) == picture.size
            known = {"ant": "0", "bee": "1"}.get(Path(row["image"]).parent.name, "")
            assert row["truth_index"] == known
            assert row["truth_name"] == (Path(row["image"]).parent.name if known else "")
            assert {name: row[name] for name in FED} == FED
            assert (row["input_width"], row["input_height"], row["depth"]) == ("16", "16", "")
            assert (row["model_sha256"], row["weights_sha256"]) == tuple(map(sha256, tiny_files))
            assert row["tool"] == f"xai-cam {__version__}"
            made = row["outcome"] != "up to date"
            assert made == bool(row["seconds"]) and (not made or 0 < float(row["seconds"]) < 60)
            if attempt == "again" and "out" in arguments:
                assert row["outcome"] == "up to date"


def test_a_folder_that_is_asked_for_as_the_class_is_the_truth(
    tiny_files: Files, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    """Numbers name classes then, and only then."""
    make_photo(tmp_path / "2" / "a.png")
    for options, truth in ((["-c", "folder"], "2"), ([], "")):
        table = str(tmp_path / "rows.csv")
        run("explain", *named(tiny_files), tmp_path / "2", "-o", tmp_path / "o", "--results", table, *options)
        assert [row["truth_index"] for row in read(table)] == [truth]


def test_a_ranking_says_what_made_it(tiny_files: Files, photos: Path) -> None:
    run("kernels", "edit", "-r", "--rank", *named(tiny_files), *FEEDING, photos, "--results", "rows.csv")
    rows = read("rows.csv")
    assert rows and all({name: row[name] for name in FED} == FED for row in rows)
    assert {row["model_sha256"] for row in rows} == {sha256(tiny_files[0])}


# --- Added -------------------------------------------------------------------------------------------


def blur(*arguments: object) -> tuple[int, str]:
    result = run("kernels", "apply", "--fir", "box", *arguments)
    return result.exit_code, result.stderr


def test_rows_are_added_run_by_run(photos: Path) -> None:
    """As by `xargs -n 1`."""
    for name in PICTURES:
        assert blur(photos / name, "--results", "rows.csv", "--append")[0] == 0
    assert [row["image"] for row in read("rows.csv")] == [str(photos / name) for name in PICTURES]
    assert blur(photos / "ant", "--results", "rows.csv")[0] == 0
    assert len(read("rows.csv")) == 1, "without it the table is replaced"


def test_what_cannot_be_added_to_is_refused_at_once(tiny_files: Files, photos: Path) -> None:
    blur(photos / "ant", "--results", "rows.csv")
    before = Path("rows.csv").read_bytes()
    result = run("explain", *named(tiny_files), "-r", photos, "--results", "rows.csv", "--append")
    assert result.exit_code == 2 and "only there: kernel, combine" in result.stderr
    assert "only here: status, layer" in result.stderr and "or leave out --append" in result.stderr
    assert Path("rows.csv").read_bytes() == before
    for options in (["--append"], ["--append", "--results", "-"]):
        code, said = blur(photos, *options)
        assert code == 2 and said.startswith("Error: --append adds rows to a file. Name one in --results.")


def test_compare_adds_to_its_own_table(tiny_files: Files, photos: Path) -> None:
    for name in ("ant/a.png", "bee/b.png"):
        arguments = ("--method", "grad-cam", "--steps", 0, photos / name, "-o", "out", "--append")
        assert run("compare", *named(tiny_files), *arguments).exit_code == 0
    assert [Path(row["image"]).name for row in read("out/compare.csv")] == ["a.png", "b.png"]
