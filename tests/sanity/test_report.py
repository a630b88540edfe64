"""A sanity check on disk: table, JSON, figure and curves."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import xai_cam.extras
from support.commands import provenance, strict, tree
from support.sanity_checks import counted_check, image_shown, sanity_of
from xai_cam.drawing.panels import GAP, LINE, MARGIN, Panel
from xai_cam.errors import InputError
from xai_cam.sanity import report
from xai_cam.sanity.report import (
    PANEL_HEIGHT,
    SANITY_FILES,
    check_folder,
    draw_sanity,
    image_to_show,
    shown_steps,
    table_of,
    write_sanity,
)

CAPTION = MARGIN + 2 * LINE
IMAGES = [{"image": f"{n}.png", "predicted": 1, "predicted_name": "bee"} for n in range(3)]
MADE_BY = {"tool": "xai-cam 0", "head": "two"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of a check of two methods, the second without a map; no test may change them."""
    folder = tmp_path_factory.mktemp("sanity")
    sanity = sanity_of(counted_check(), counted_check("other-cam", ()))
    write_sanity(folder, sanity, IMAGES, image_shown(), MADE_BY)
    return folder


# --- The table, and JSON ------------------------------


def test_the_table_has_every_step_and_draw(written: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((written / "sanity.csv").read_text(encoding="utf-8"))))
    assert [(r["method"], r["step"], r["randomised"]) for r in rows] == [
        (method, *step)
        for method in ("some-cam", "other-cam")
        for step in (("1", "dense_0"), ("2", "block/conv"), ("", "(other classes)"))
    ]
    first, second, classes = rows[:3]
    assert (first["above_target"], second["above_target"], classes["above_target"]) == ("1", "0", "")
    # images 0 and 2: 0 and 0.2 in the first draw, 0.1 and 0.3 in the second
    assert float(first["correlation"]) == pytest.approx(0.15)
    assert float(first["overlap"]) == pytest.approx(0.075)
    assert (float(first["draw_1"]), float(first["draw_2"])) == pytest.approx((0.1, 0.2))
    assert 0.05 <= float(first["correlation_low"]) <= 0.15 <= float(first["correlation_high"]) <= 0.25
    assert (classes["correlation"], classes["overlap"], classes["draw_1"]) == ("0.25", "0.5", "")
    assert (rows[3]["images"], rows[3]["correlation"], rows[3]["lost"]) == ("0", "", "0")


def test_a_carriage_return_in_a_name_tears_no_row() -> None:
    table = table_of(sanity_of(counted_check("some\rcam")))
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["method"] for row in rows] == ["some\rcam"] * 3 and rows[2]["randomised"] == "(other classes)"


def test_json_holds_everything_without_nan(written: Path) -> None:
    reported = strict((written / "sanity.json").read_text(encoding="utf-8"))
    assert list(reported)[:2] == ["tool", "head"]
    assert (reported["trials"], reported["seed"], reported["images"]) == (2, 4, IMAGES)
    first, second = reported["checks"]
    assert first["steps"][1]["randomised"] == "block/conv" and first["steps"][1]["above_target"] is False
    assert first["steps"][0]["correlation"]["value"] == pytest.approx(0.15)
    assert first["steps"][0]["draws"] == pytest.approx([0.1, 0.2])
    assert [p["image"] for p in first["per_image"]] == [0, 2]
    assert np.allclose(first["per_image"][1]["correlation"], [[0.2, 0.2], [0.3, 0.3]])
    assert first["left_out"] == [{"image": 1, "status": "blank", "cause": "dead"}]
    assert first["outcome"] == "not judged" and "2; at least 5 are needed" in first["verdict"]
    assert second["steps"][0]["correlation"]["value"] is None and second["per_image"] == []


# --- The figure ------------------------------


@pytest.mark.parametrize("size", [(60, 90), (28, 28), (192, 100), (2000, 3000)])
def test_a_row_a_check_and_a_panel_a_step(size: tuple[int, int]) -> None:
    figure = draw_sanity(sanity_of(counted_check(), counted_check("other-cam")), image_shown(size=size))
    width = round(PANEL_HEIGHT * size[1] / size[0])
    note = figure.shape[0] - 2 * (PANEL_HEIGHT + CAPTION)
    assert 2 * MARGIN + LINE <= note <= 2 * MARGIN + 8 * LINE
    assert abs(figure.shape[1] - (4 * width + 3 * GAP)) <= 4  # picture, map, two steps
    picture, original = figure[:PANEL_HEIGHT, :width], figure[:PANEL_HEIGHT, width + GAP : 2 * width + GAP]
    assert (picture == 100).all() and (original != 100).any()
    inner = original[3:-3, 3:-3]
    assert (original[:2] == 0).all() and (original[:, -2:] == 0).all() and not (inner == 0).all()


def test_an_image_without_a_map_and_a_blank_map_are_drawn_as_the_picture() -> None:
    blank = counted_check()
    blank.maps[0, 1] = 0
    blank.maps[0, 2] = np.nan
    figure = draw_sanity(sanity_of(blank, counted_check("other-cam", (2,))), image_shown(size=(192, 192)))
    side = PANEL_HEIGHT + GAP
    panels = [figure[:PANEL_HEIGHT, n * side : n * side + PANEL_HEIGHT] for n in range(4)]
    assert [(panel == 100).all() for panel in panels] == [True, False, True, True]
    second = figure[PANEL_HEIGHT + CAPTION : 2 * PANEL_HEIGHT + CAPTION]
    assert set(np.unique(second)) == {100, 255}


def test_maps_of_both_signs_are_blue_where_they_speak_against_the_class() -> None:
    """The original is below 0 everywhere, the map after the first step above."""
    check = replace(counted_check(), sign="both")
    check.maps[0, 0], check.maps[0, 1] = -2, 3
    figure = draw_sanity(sanity_of(check), image_shown(size=(192, 192))).astype(int)
    side, middle = PANEL_HEIGHT + GAP, PANEL_HEIGHT // 2
    original, first = figure[middle, side + middle], figure[middle, 2 * side + middle]
    assert original[2] > 150 > original[0] and first[0] > 150 > first[2]


def test_maps_of_gradients_at_the_input_are_drawn_as_everywhere() -> None:
    """One pixel outshines the others, which are seen all the same."""
    figures = []
    for method in ("some-cam", "saliency"):
        check = counted_check(method)
        check = replace(check, maps=np.full((*check.maps.shape[:2], 20, 20), 0.1, np.float32))
        check.maps[:, :, 0, 0] = 1
        figures.append(draw_sanity(sanity_of(check), image_shown(size=(192, 192))).astype(int))
    middle, side = PANEL_HEIGHT // 2, PANEL_HEIGHT + GAP
    faint, bright = (np.abs(figure[middle, side + middle] - 100).max() for figure in figures)
    assert bright > 3 * faint


def test_the_numbers_below_the_maps_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    captions: list[str] = []

    def note(rows: list[list[Panel]], height: int) -> np.ndarray:
        captions.extend(panel.caption for row in rows for panel in row)
        return np.full((9, 600, 3), 255, np.uint8)

    monkeypatch.setattr(report, "draw_panels", note)
    draw_sanity(sanity_of(counted_check()), image_shown(size=(192, 192)))
    assert captions[1].endswith("learnt weights")
    assert captions[2] == "+ dense_0\nrank correlation 0.00"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (1, [0]),
        (8, [0, 1, 2, 3, 4, 5, 6, 7]),
        (15, [0, 2, 4, 6, 8, 10, 13, 14]),  # 12 gives way to 13, the last above the target
        (22, [0, 3, 6, 9, 12, 15, 20, 21]),
    ],
)
def test_of_many_steps_the_ends_and_the_last_above_are_shown(steps: int, expected: list[int]) -> None:
    assert shown_steps(counted_check(steps=steps).steps) == expected


def test_the_image_with_most_maps_is_shown() -> None:
    assert image_to_show(sanity_of(counted_check(images=(1, 2)), counted_check(images=(0, 2)))) == 2
    assert (
        image_to_show(sanity_of(counted_check(images=(1, 2)), counted_check(images=(0, 2))), requested=1) == 1
    )
    assert image_to_show(sanity_of(counted_check(images=()))) is None


# --- Files ------------------------------


def test_pictures_carry_their_provenance_and_equal_checks_write_equal_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        write_sanity(tmp_path / name, sanity_of(counted_check(steps=10)), IMAGES, image_shown(), MADE_BY)
    first = tree(tmp_path / "a")
    assert sorted(first) == sorted(SANITY_FILES) and first == tree(tmp_path / "b")
    found = provenance(tmp_path / "a" / "sanity.png")
    assert len(found.pop("file_sha256")) == 64 and found == MADE_BY | {"shown": "0.png"}
    assert provenance(tmp_path / "a" / "sanity_curves.png") == MADE_BY
    curves = np.asarray(Image.open(tmp_path / "a" / "sanity_curves.png").convert("RGB"))
    assert len(np.unique(curves.reshape(-1, 3), axis=0)) > 10


def test_without_matplotlib_there_are_no_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: False)
    write_sanity(tmp_path, sanity_of(counted_check()), IMAGES, None, MADE_BY)
    assert sorted(tree(tmp_path)) == ["sanity.csv", "sanity.json"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sanity.csv", "a,b\n1,2\n"),
        ("sanity.json", '{"tool": "other 1"}'),
        ("sanity.json", "[1]"),
        ("sanity.png", "no picture"),
        ("sanity_curves.png", ""),
    ],
)
def test_files_of_others_are_kept(written: Path, tmp_path: Path, name: str, content: str) -> None:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    check_folder(tmp_path, overwrite=False)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"was not written by xai-cam. Use `overwrite=True`, or name another"
    ):
        check_folder(tmp_path, overwrite=False)
    check_folder(tmp_path, overwrite=True)


def test_numbers_of_numpy_do_not_stop_the_json() -> None:
    from xai_cam.sanity.report import as_figures

    reported: Any = as_figures(sanity_of(counted_check()), IMAGES, MADE_BY)
    assert json.loads(json.dumps(reported, allow_nan=False)) == reported
