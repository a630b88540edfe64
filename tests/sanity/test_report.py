"""A sanity check on disk: table, JSON, figure and curves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import xai_cam.extras
from support.commands import provenance, strict, tree
from xai_cam.drawing.panels import GAP, LINE, MARGIN
from xai_cam.errors import InputError
from xai_cam.images.picture import Picture, Region
from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import Check, LeftOut
from xai_cam.sanity.report import (
    PANEL_HEIGHT,
    SANITY_FILES,
    Shown,
    check_folder,
    draw_sanity,
    image_to_show,
    shown_steps,
    write_sanity,
)

CAPTION = MARGIN + 2 * LINE
TOLD = [{"image": f"{n}.png", "predicted": 1, "predicted_name": "bee"} for n in range(3)]
MADE_BY = {"tool": "xai-cam 0", "head": "two"}


def made(method: str = "some-cam", images: tuple[int, ...] = (0, 2), steps: int = 2) -> Check:
    """Two draws of so many steps, the last at the target layer; `correlation` is (image + draw) / 10."""
    n = len(images)
    rng = np.random.default_rng(steps)
    correlation = np.broadcast_to(
        (np.array(images)[:, None, None] + np.arange(2)[:, None]) / 10, (n, 2, steps)
    )
    left = tuple(LeftOut(i, "blank", "dead") for i in range(3) if i not in images)
    return Check(
        layer="block/conv",
        method=method,
        stages=(*((f"dense_{s}", True) for s in range(steps - 1)), ("block/conv", False)),
        images=np.array(images, int),
        left_out=left,
        correlation=correlation,
        overlap=correlation / 2,
        lost=np.zeros((n, 2, steps), bool),
        class_correlation=np.full((n, 1), 0.25),
        class_overlap=np.full((n, 1), 0.5),
        class_lost=np.zeros((n, 1), bool),
        maps=rng.random((n, 1 + steps, 3, 3), np.float32),
    )


def whole(*checks: Check) -> Sanity:
    return Sanity(checks, np.ones(3, int), trials=2, seed=4)


def shown(number: int = 0, size: tuple[int, int] = (60, 90)) -> Shown:
    pixels = np.full((*size, 3), 100, np.uint8)
    return Shown(number, "0.png", "bee", Picture(pixels, pixels), Region(0, 0, *size))


# --- The table, and JSON ------------------------------


def test_the_table_has_every_step_and_draw(tmp_path: Path) -> None:
    write_sanity(tmp_path, whole(made(), made("other-cam", ())), TOLD, shown(), MADE_BY)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "sanity.csv").read_text())))
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


def test_json_tells_everything_without_nan(tmp_path: Path) -> None:
    write_sanity(tmp_path, whole(made(), made("other-cam", ())), TOLD, shown(), MADE_BY)
    said = strict((tmp_path / "sanity.json").read_text())
    assert list(said)[:2] == ["tool", "head"]
    assert (said["trials"], said["seed"], said["images"]) == (2, 4, TOLD)
    first, second = said["checks"]
    assert first["steps"][1]["randomised"] == "block/conv" and first["steps"][1]["above_target"] is False
    assert first["steps"][0]["correlation"]["value"] == pytest.approx(0.15)
    assert first["steps"][0]["draws"] == pytest.approx([0.1, 0.2])
    assert [p["image"] for p in first["per_image"]] == [0, 2]
    assert np.allclose(first["per_image"][1]["correlation"], [[0.2, 0.2], [0.3, 0.3]])
    assert first["left_out"] == [{"image": 1, "status": "blank", "cause": "dead"}]
    assert first["outcome"] == "not judged" and "2, and 5 are the fewest" in first["verdict"]
    assert second["steps"][0]["correlation"]["value"] is None and second["per_image"] == []


# --- The figure ------------------------------


@pytest.mark.parametrize("size", [(60, 90), (28, 28), (192, 100), (2000, 3000)])
def test_a_row_a_check_and_a_panel_a_step(size: tuple[int, int]) -> None:
    figure = draw_sanity(whole(made(), made("other-cam")), shown(size=size))
    width = round(PANEL_HEIGHT * size[1] / size[0])
    assert figure.shape[0] == 2 * (PANEL_HEIGHT + CAPTION)
    assert abs(figure.shape[1] - (4 * width + 3 * GAP)) <= 4  # picture, map, two steps
    picture, original = figure[:PANEL_HEIGHT, :width], figure[:PANEL_HEIGHT, width + GAP : 2 * width + GAP]
    assert (picture == 100).all() and (original != 100).any()


def test_an_image_without_a_map_and_a_blank_map_are_drawn_as_the_picture() -> None:
    blank = made()
    blank.maps[0, 1] = 0
    blank.maps[0, 2] = np.nan
    figure = draw_sanity(whole(blank, made("other-cam", (2,))), shown(size=(192, 192)))
    side = PANEL_HEIGHT + GAP
    panels = [figure[:PANEL_HEIGHT, n * side : n * side + PANEL_HEIGHT] for n in range(4)]
    assert [(panel == 100).all() for panel in panels] == [True, False, True, True]
    second = figure[PANEL_HEIGHT + CAPTION : 2 * PANEL_HEIGHT + CAPTION]
    assert set(np.unique(second)) == {100, 255}


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
    assert shown_steps(made(steps=steps).steps) == expected


def test_the_image_with_most_maps_is_shown() -> None:
    assert image_to_show(whole(made(images=(1, 2)), made(images=(0, 2)))) == 2
    assert image_to_show(whole(made(images=(1, 2)), made(images=(0, 2))), asked=1) == 1
    assert image_to_show(whole(made(images=()))) is None


# --- Files ------------------------------


def test_pictures_say_what_made_them_and_equal_checks_write_equal_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        write_sanity(tmp_path / name, whole(made(steps=40)), TOLD, shown(), MADE_BY)
    first = tree(tmp_path / "a")
    assert sorted(first) == sorted(SANITY_FILES) and first == tree(tmp_path / "b")
    assert provenance(tmp_path / "a" / "sanity.png") == MADE_BY | {"shown": "0.png"}
    assert provenance(tmp_path / "a" / "sanity_curves.png") == MADE_BY
    curves = np.asarray(Image.open(tmp_path / "a" / "sanity_curves.png").convert("RGB"))
    assert len(np.unique(curves.reshape(-1, 3), axis=0)) > 10


def test_without_matplotlib_there_are_no_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: False)
    write_sanity(tmp_path, whole(made()), TOLD, None, MADE_BY)
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
def test_files_of_others_are_kept(tmp_path: Path, name: str, content: str) -> None:
    write_sanity(tmp_path, whole(made()), TOLD, shown(), MADE_BY)
    check_folder(tmp_path, overwrite=False)
    (tmp_path / name).write_text(content)
    with pytest.raises(
        InputError, match=r"was not written by xai-cam. Use `overwrite=True`, or name another"
    ):
        check_folder(tmp_path, overwrite=False)
    check_folder(tmp_path, overwrite=True)


def test_numbers_of_numpy_do_not_stop_the_json() -> None:
    from xai_cam.sanity.report import as_figures

    said: Any = as_figures(whole(made()), TOLD, MADE_BY)
    assert json.loads(json.dumps(said, allow_nan=False)) == said
