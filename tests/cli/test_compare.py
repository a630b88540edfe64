"""`xai-cam compare`: panels, rows, the summary; what is done already, and what cannot be done."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from support.commands import counted, fresh, provenance, strict, tree
from support.small_models import save_model
from xai_cam.cli import main
from xai_cam.drawing.panels import LINE, MARGIN
from xai_cam.runs.compare_rows import COLUMNS

Files = tuple[Path, Path]


@pytest.fixture
def photos(make_photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three photos in `p`, below the current folder."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("a", "b", "c")):
        make_photo(tmp_path / "p" / f"{name}.png", seed=number)
    return Path("p")


def run(files: Files, *arguments: Any) -> Result:
    command = ["compare", "-m", str(files[0]), "-w", str(files[1]), "--steps", "2", *map(str, arguments)]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def rows(path: str = "compare.csv") -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- What is written ---------------------------------------------------------------------------------


def test_a_panel_an_image_and_a_row_a_map(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos)
    assert result.exit_code == 0 and counted(result, written=3)
    assert sorted(p.name for p in photos.iterdir() if "compare" in p.name) == [
        f"{n}_compare.png" for n in "abc"
    ]
    table = rows()
    assert tuple(table[0]) == COLUMNS
    assert [(Path(r["image"]).name, r["method"]) for r in table] == [
        (f"{n}.png", m) for n in "abc" for m in ("grad-cam", "score-cam")
    ]
    for row in table:
        y, o = float(row["probability"]), float(row["masked_probability"])
        assert float(row["drop"]) == pytest.approx(100 * max(0, y - o) / y, rel=1e-5, abs=1e-5)
        assert row["increase"] == ("100.0" if o > y else "0.0")
        assert 0 <= float(row["deletion"]) <= 1 and row["energy_pointing"] == ""


def test_the_summary_holds_the_means_of_the_rows(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "--json", "--baselines")
    found, table = strict(result.stdout), rows()
    assert found["contenders"] == ["grad-cam", "score-cam", "random", "gaussian", "mean-activation"]
    for variant in found["contenders"]:
        for metric in ("drop", "increase", "deletion", "insertion"):
            values = [float(r[metric]) for r in table if r["method"] == variant]
            assert found["means"][variant][metric]["value"] == pytest.approx(np.mean(values), rel=1e-5)
    pairs = {(d["first"], d["second"]) for d in found["differences"] if d["metric"] == "drop"}
    assert len(pairs) == 10


def test_the_table_on_the_terminal(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos)
    out = result.stdout
    assert out.startswith("means over 3 images, 95 % intervals in brackets\n")
    for text in ("average drop, %", "lower is better", "rank correlation of the maps", "first is better"):
        assert text in out
    assert "Rows: compare.csv" in result.stderr and "Rows:" not in out


def test_layers_and_classes_are_rows_of_the_panel(tiny_files: Files, photos: Path):
    asked = ["-l", "conv_1", "-l", "conv_2", "-c", "top2", "--method", "grad-cam"]
    one = run(tiny_files, photos / "a.png", "--method", "grad-cam", "-o", "one")
    four = run(tiny_files, photos / "a.png", *asked, "-o", "four")
    assert one.exit_code == four.exit_code == 0
    with Image.open("one/a_compare.png") as small, Image.open("four/a_compare.png") as large:
        note = 2 * MARGIN + 3 * LINE  # once, below all rows
        assert large.height - note == 4 * (small.height - note) and large.width == small.width
    table = rows("four/compare.csv")
    assert len({(r["layer"], r["class_index"]) for r in table}) == 4 == len(table)
    assert "grad-cam at conv_1" in four.stdout


def test_fused_layers_are_one_contender(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "-l", "conv_1", "-l", "conv_2", "--fuse", "max", "--baselines", "--json")
    assert strict(result.stdout)["contenders"][:2] == ["grad-cam", "score-cam"]
    assert {r["layer"] for r in rows()} == {"max of conv_1, conv_2"}


def test_panels_say_what_made_them(tiny_files: Files, photos: Path):
    run(tiny_files, photos, "--max-channels", "3")
    said = provenance(photos / "b_compare.png")
    assert said["tool"].startswith("xai-cam") and len(said["model_sha256"]) == 64
    assert [m["method"] for m in said["compared"]["maps"]] == ["grad-cam", "score-cam"]
    assert len(said["compared"]["maps"][0]["curves"]["deletion"]) == 3


def test_masks(tiny_files: Files, photos: Path):
    """The mask of `a` is its left half: energy and peak are those of the map at the photo's size."""
    Path("masks").mkdir()
    mask = np.zeros((24, 30), np.uint8)
    mask[:, :15] = 255
    Image.fromarray(mask).save("masks/a.png")
    result = run(tiny_files, photos, "--masks", "masks")
    assert result.exit_code == 0
    assert "b.png: there is no mask for it." in result.stderr
    by_name = {(Path(r["image"]).stem, r["method"]): r for r in rows()}
    assert by_name["b", "grad-cam"]["energy_pointing"] == ""
    row = by_name["a", "grad-cam"]
    explained = ["explain", "-m", str(tiny_files[0]), "-w", str(tiny_files[1]), "--save", "raw", "p/a.png"]
    CliRunner().invoke(main, explained, catch_exceptions=False)
    cam = np.load("p/a_grad-cam.npy")
    from oracle.resize import resize

    placed = resize(cam, (24, 30))
    assert float(row["energy_pointing"]) == pytest.approx(placed[:, :15].sum() / placed.sum(), rel=1e-3)
    _, column = np.unravel_index(placed.argmax(), placed.shape)
    assert float(row["pointing_game"]) == (100 if column < 15 else 0)


@pytest.mark.parametrize("scale", ["own", "method", "all"])
def test_scales_change_the_colours_alone(tiny_files: Files, photos: Path, scale: str):
    run(tiny_files, photos / "a.png", "-c", "0", "-c", "1", "-o", "plain")
    run(tiny_files, photos / "a.png", "-c", "0", "-c", "1", "-o", "scaled", "--scale", scale)
    same = tree(Path("plain"))["a_compare.png"] == tree(Path("scaled"))["a_compare.png"]
    assert same == (scale == "own")
    drop_panel = [
        [{k: v for k, v in r.items() if k not in ("panel", "seconds")} for r in rows(f"{d}/compare.csv")]
        for d in ("plain", "scaled")
    ]
    assert drop_panel[0] == drop_panel[1]


# --- Again, and what fails ---------------------------------------------------------------------------


def test_a_second_run_loads_no_model_and_tells_the_same(tiny_files: Files, photos: Path):
    first = run(tiny_files, photos, "--json")
    before, table = tree(photos), rows()
    command = ["-m", "xai_cam", "compare", "-m", *map(str, (tiny_files[0], "-w", tiny_files[1]))]
    again = fresh("-X", "importtime", *command, "--steps", "2", "--json", "-q", "p")
    assert again.returncode == 0 and "0 written, 3 up to date, 0 failed" in again.stderr
    assert "tensorflow" not in again.stderr
    one, other = strict(first.stdout), strict(again.stdout)
    for variant, means in one["means"].items():
        for metric, estimate in means.items():
            assert other["means"][variant][metric] == pytest.approx(estimate, rel=1e-5, abs=1e-5)
    assert tree(photos) == before
    for old, new in zip(table, rows(), strict=True):
        assert new["outcome"] == "up to date"
        assert float(new["insertion"]) == pytest.approx(float(old["insertion"]), rel=1e-5)


@pytest.mark.parametrize(
    "changed",
    [["--steps", "3"], ["--method", "grad-cam"], ["--baselines"], ["--scale", "all"], ["--opacity", "0.9"]],
)
def test_what_was_asked_for_otherwise_is_done_anew(tiny_files: Files, photos: Path, changed: list[str]):
    run(tiny_files, photos)
    assert counted(run(tiny_files, photos, *changed), written=3)


def test_a_mask_that_changed_is_measured_anew(tiny_files: Files, photos: Path):
    Path("masks").mkdir()
    for value in (255, 0):
        Image.fromarray(np.full((24, 30), value, np.uint8)).save("masks/a.png")
        assert counted(run(tiny_files, photos / "a.png", "--masks", "masks"), written=1)
    assert rows()[0]["energy_pointing"] == ""  # an empty mask


def test_a_damaged_panel_is_drawn_anew(tiny_files: Files, photos: Path):
    from PIL import PngImagePlugin

    run(tiny_files, photos / "a.png")
    said = provenance(photos / "a_compare.png")
    said["compared"]["maps"][0].pop("values")
    text = PngImagePlugin.PngInfo()
    text.add_itxt("xai-cam", json.dumps(said))
    Image.new("RGB", (4, 4)).save(photos / "a_compare.png", pnginfo=text)
    assert counted(run(tiny_files, photos / "a.png"), written=1)


def test_failures_are_told_and_the_others_done(tiny_files: Files, photos: Path):
    (photos / "b.png").write_bytes(b"no picture")
    Path("masks").mkdir()
    Image.new("L", (9, 9)).save("masks/c.png")
    result = run(tiny_files, photos, "nowhere.png", "--masks", "masks")
    assert result.exit_code == 1 and counted(result, written=1, failed=3)
    told = {Path(r["image"]).name: (r["outcome"], r["message"]) for r in rows()}
    assert told["b.png"][0] == "failed" and "not an image file" in told["b.png"][1]
    assert "9 x 9" in told["c.png"][1] and "no such file" in told["nowhere.png"][1]
    assert not (photos / "c_compare.png").exists()


def test_own_panels_are_no_inputs(tiny_files: Files, photos: Path):
    run(tiny_files, photos)
    result = run(tiny_files, photos)
    assert "Skipped 3 pictures" in result.stderr and counted(result, written=0, up_to_date=3)


def test_maps_that_are_not_finite_fail_their_image(photos: Path, tmp_path: Path):
    from support.small_models import build_tiny

    model = build_tiny()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([np.full_like(kernel, np.inf), bias])
    result = run(save_model(model, tmp_path / "broken"), photos)
    assert result.exit_code == 1 and counted(result, written=0, failed=3)
    assert "not finite" in rows()[0]["message"] and result.stdout == ""


def test_a_run_that_cannot_begin_leaves_the_older_table(tiny_files: Files, photos: Path):
    run(tiny_files, photos)
    before = Path("compare.csv").read_bytes()
    assert run(tiny_files, photos, "-l", "conv_9").exit_code == 3
    assert Path("compare.csv").read_bytes() == before
    run(tiny_files, photos / "a.png")
    assert len(rows()) == 2


def test_json_of_nothing_is_json(tiny_files: Files, photos: Path):
    for photo in photos.iterdir():
        photo.write_bytes(b"no picture")
    result = run(tiny_files, photos, "--json")
    assert result.exit_code == 1 and strict(result.stdout)["images"] == 0


def test_the_summary_does_not_need_the_report(tiny_files: Files, photos: Path, monkeypatch: Any):
    from xai_cam.errors import OutputError
    from xai_cam.report import compare_page as album

    def full(*_: Any) -> None:
        raise OutputError("Cannot write report.html: No space left. Free space or use another --report.")

    monkeypatch.setattr(album, "write_report", full)
    result = run(tiny_files, photos, "--report", "report.html")
    assert result.exit_code != 0 and "No space left" in result.stderr
    assert "average drop" in result.stdout and "3 written" in result.stderr


def test_dry_run(tiny_files: Files, photos: Path):
    run(tiny_files, photos / "a.png")
    before = tree(Path())
    result = run(tiny_files, photos, "--dry-run")
    assert result.stdout.splitlines() == [
        f"p/{n}.png -> p/{n}_compare.png ({'up to date' if n == 'a' else 'to do'})" for n in "abc"
    ]
    assert tree(Path()) == before


def test_rows_on_standard_output(tiny_files: Files, photos: Path):
    result = run(tiny_files, photos, "--results", "-")
    assert result.stdout.startswith("image,outcome,") and len(result.stdout.splitlines()) == 7
    assert "average drop" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--masks", "nowhere"], "--masks nowhere is not a folder"),
        (["--json", "--results", "-"], "both write to standard output"),
        (["--results", "rows.txt"], "must end in .csv, .tsv, .jsonl or .parquet"),
        (["--results", "mine.csv"], "was not written by compare"),
        (["--results", "p/a.png"], "must end in"),
        (["--steps", "-1"], "not in the range"),
        (["--method", "score-cam", "--score", "probability"], "nearly equal"),
        (["--scale", "log"], "'log' is not one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(tiny_files: Files, photos: Path, arguments: list[str], message: str):
    Path("mine.csv").write_text("name,price\nx,1\n", encoding="utf-8")
    before = tree(Path())
    result = run(tiny_files, photos, *arguments)
    assert result.exit_code == 2 and message in result.stderr
    assert tree(Path()) == before
