"""`--sign`: what speaks for a class, against it, or both; its files and rows, and what it is not drawn in."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, named, provenance, run
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay

Files = Callable[..., tuple[Path, Path]]
MakePhoto = Callable[..., Path]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_sign_has_its_files_and_rows(model_files: Files, make_photo: MakePhoto, tmp_path: Path) -> None:
    """The logit of class 0 of one unit is that of class 1 turned round: its map is what speaks against 1."""
    files, photo = model_files(units=1, activation="sigmoid"), make_photo(tmp_path / "a.png")
    common = ("--save", "overlay,raw", "--results", tmp_path / "rows.csv", "--append")
    for sign in ("positive", "negative", "both"):
        asked = ("--method", "grad-cam,layer-cam", "-c", "1", "--sign", sign)
        assert counted(explain(files, photo, *asked, *common), 1)
    assert counted(explain(files, photo, "-c", "0", "-o", tmp_path / "other", *common), 1)
    plus, minus, both = (np.load(tmp_path / f"a_grad-cam{end}.npy") for end in ("", "-negative", "-both"))
    np.testing.assert_allclose(minus, np.load(tmp_path / "other" / "a_grad-cam.npy"), atol=1e-5)
    np.testing.assert_allclose(both, plus - minus, atol=1e-5)
    assert np.abs(both).max() > 0
    pixels, drawn = (
        np.asarray(Image.open(path).convert("RGB")) for path in (photo, tmp_path / "a_grad-cam-both.png")
    )
    assert provenance(tmp_path / "a_grad-cam-both.png")["sign"] == "both"
    large = pixels.repeat(drawn.shape[0] // pixels.shape[0], 0).repeat(drawn.shape[0] // pixels.shape[0], 1)
    style = OverlayStyle(signed=True)
    np.testing.assert_array_equal(drawn, draw_overlay(large, both / np.abs(both).max(), None, style))
    rows = rows_of(tmp_path / "rows.csv")
    assert [row["sign"] for row in rows] == ["", "", "negative", "negative", "both", "both", ""]
    one_sided = next(row for row in rows if (row["method"], row["sign"]) == ("layer-cam", "negative"))
    assert one_sided["status"] == "blank"
    assert one_sided["message"].startswith("all weights of layer-cam are positive")
    again = explain(files, photo, "-c", "1", "--sign", "both", "--save", "overlay,raw")
    assert "1 up to date" in again.stderr


def test_colours_that_run_one_way_are_refused(
    model_files: Files, make_photo: MakePhoto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But those of a file of settings, which may be meant for all other maps, are left aside."""
    monkeypatch.chdir(tmp_path)
    asked = (*named(model_files()), make_photo(tmp_path / "a.png"), "--sign", "both", "--dry-run")
    for command in ("explain", "compare"):
        refused = run(command, *asked, "--colormap", "viridis")
        assert refused.exit_code == 2
        assert "colours of viridis run one way" in refused.stderr and "Leave --colormap out" in refused.stderr
        refused = run(command, *asked, "--blend", "spotlight")
        assert refused.exit_code == 2 and "Use another --blend" in refused.stderr
    Path("xai-cam.toml").write_text('colormap = "viridis"\n', encoding="utf-8")
    assert run("explain", *asked).exit_code == 0


def test_a_comparison_has_a_panel_for_each_sign(
    model_files: Files, make_photo: MakePhoto, tmp_path: Path
) -> None:
    files, photo = model_files(), make_photo(tmp_path / "a.png")
    asked = (*named(files), photo, "-o", tmp_path / "out", "--method", "grad-cam", "--steps", "2")
    for sign, more in (("both", ("--baselines", "--report", tmp_path / "r.html")), ("negative", ())):
        result = run("compare", *asked, "--sign", sign, *more)
        assert result.exit_code == 0, result.stderr
        rows = rows_of(tmp_path / "out" / "compare.csv")
        assert [row["sign"] for row in rows] == [sign, *([""] * (len(rows) - 1))], "of baselines none"
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {
        "a_compare-both.png",
        "a_compare-negative.png",
    }
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "against the class" in page and "both: red speaks for it, blue against it" in page
    kept = run("compare", *asked, "--sign", "both", "--baselines", "--report", tmp_path / "again.html")
    assert kept.exit_code == 0 and "1 up to date" in kept.stderr, "pictures are drawn of the panel's maps"
