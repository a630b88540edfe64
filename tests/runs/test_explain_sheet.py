"""The sheet of a run: every image with its maps in order, those that are up to date and those that failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain
from xai_cam.drawing.canvas import THEMES, Canvas
from xai_cam.drawing.sheet import GAP, HEAD, MARGIN, SIDE, SheetLayout, thumbnail
from xai_cam.files.names import as_told
from xai_cam.files.rows import Row
from xai_cam.runs.explain_sheet import _answer, names_of

Files = Callable[..., tuple[Path, Path]]
BOTH = ("--method", "grad-cam,layer-cam")


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for seed in range(14):  # more than a page of twelve
        make_photo(tmp_path / "photos" / f"{seed:02}.png", (30 + seed, 40), seed=seed)
    return tmp_path / "photos"


def opened(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def tile(sheet: np.ndarray, number: int, place: int) -> np.ndarray:
    layout = SheetLayout(3, 3)
    height, width = layout.cell
    row, column = divmod(number, layout.columns)
    top, left = MARGIN + HEAD + row * height, MARGIN + column * width + place * (SIDE + GAP)
    return sheet[top : top + SIDE, left : left + SIDE]


def holds(found: np.ndarray, picture: np.ndarray) -> bool:
    small = thumbnail(picture)
    top, left = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    return np.array_equal(found[top : top + small.shape[0], left : left + small.shape[1]], small)


def test_every_image_stands_beside_its_maps_in_order(
    photos: Path, model_files: Files, tmp_path: Path
) -> None:
    files, sheet = model_files(), tmp_path / "sheets" / "s.png"
    explain(files, photos, *BOTH, "--include", "0[0-4]*")  # five are up to date
    (photos / "05.png").write_bytes(b"no picture")
    result = explain(files, photos, *BOTH, "--sheet", sheet)
    assert f"Sheet: {sheet} to {sheet.with_name('s-2.png')} (2 pages)" in result.stderr.replace("\n", " ")
    assert counted(result, 8, up_to_date=5, failed=1)
    pages = [opened(sheet), opened(sheet.with_name("s-2.png"))]
    for number in range(14):
        page, place = pages[number // 12], number % 12
        if number == 5:
            assert (tile(page, place, 0) == 226).all() and (tile(page, place, 1) == 226).all()
            continue
        name = f"{number:02}"
        assert holds(tile(page, place, 0), opened(photos / f"{name}.png"))
        for i, method in enumerate(("grad-cam", "layer-cam"), 1):
            assert holds(tile(page, place, i), opened(photos / f"{name}_{method}.png"))
    assert (tile(pages[1], 2, 0) == 255).all()
    again = explain(files, photos.parent, "-r", *BOTH, "--sheet", sheet, "--exclude", "*05*")
    assert counted(again, 0, up_to_date=13), "the sheet is no image"


def test_a_dark_sheet_of_one_page_and_names_that_come_twice(
    photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(self: Canvas, text: str, *place: float, **how: Any) -> None:
        written.append(text)

    monkeypatch.setattr(Canvas, "write", write)
    (photos / "more").mkdir()
    (photos / "00.png").rename(photos / "more" / "01.png")
    sheet = tmp_path / "s.png"
    asked = ("-r", "--include", "0[1-3]*", "--sheet", sheet, "--theme", "dark")
    assert counted(explain(model_files(), photos, *asked), 4)
    assert {"01.png", "more/01.png", "02.png", "03.png"} <= set(written)
    assert not [text for text in written if text.startswith("page")], "there is one page alone"
    assert opened(sheet)[0, 0].tolist() == list(THEMES["dark"].paper)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ((None, ""), "predicted cat"),
        ((0, "cat"), "predicted cat, correct"),
        ((1, "dog"), "predicted cat, truth dog"),
    ],
)
def test_a_known_truth_stands_beside_the_prediction(truth: tuple[int | None, str], said: str) -> None:
    row = Row(
        image="a.png",
        outcome="written",
        predicted_index=0,
        predicted_name="cat",
        truth_index=truth[0],
        truth_name=truth[1],
    )
    assert _answer(row) == said


def test_names_of_pictures_are_told_apart() -> None:
    paths = [Path("p/a/x.png"), Path("p/b/x.png"), Path("p/b/y.png")]
    assert list(names_of(paths).values()) == ["a/x.png", "b/x.png", "y.png"]
    there = [as_told(f"s3://{name}") for name in ("b/p/a/x.png", "b/p/b/x.png", "b/p/y.png")]
    assert list(names_of(there).values()) == ["a/x.png", "b/x.png", "y.png"]
    apart = [as_told("s3://one/x.png"), as_told("s3://two/x.png"), as_told("s3://two/y.png")]
    assert list(names_of(apart).values()) == ["s3://one/x.png", "s3://two/x.png", "y.png"]
    assert list(names_of([there[0], Path("p/x.png")]).values()) == ["s3://b/p/a/x.png", "p/x.png"]
    assert names_of([]) == {} and names_of([Path("p/x.png")] * 2) == {Path("p/x.png"): "x.png"}


def test_a_further_page_replaces_no_photo(photos: Path, model_files: Files, tmp_path: Path) -> None:
    before = (photos / "01.png").rename(photos / "s-2.png").read_bytes()
    result = explain(
        model_files(),
        photos,
        "--method",
        "grad-cam,layer-cam",
        "-o",
        tmp_path / "out",
        "--sheet",
        photos / "s.png",
        "--overwrite",
    )
    assert result.exit_code == 2 and "s-2.png is one of the inputs" in result.stderr.replace("\n", "")
    assert (photos / "s-2.png").read_bytes() == before and not (photos / "s.png").exists()


def test_a_sheet_needs_overlays_and_is_no_input(photos: Path, model_files: Files) -> None:
    files = model_files()
    result = explain(files, photos, "--save", "raw", "--sheet", "s.png")
    assert result.exit_code == 2 and "--sheet shows overlays, which --save leaves out" in result.stderr
    result = explain(files, photos, "--sheet", photos / "01.png")
    assert result.exit_code == 2 and "is one of the inputs" in result.stderr
    result = explain(files, photos, "--sheet", "s.gif")
    assert result.exit_code == 2 and "--sheet" in result.stderr and ".png or .pdf" in result.stderr


def test_a_run_that_stops_leaves_no_sheet(
    photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xai_cam.runs.explain_run.ExplainWork.conclude", stop)
    result = explain(model_files(), photos, *BOTH, "--sheet", tmp_path / "s.png")
    assert result.exit_code == 130
    assert [path.name for path in tmp_path.iterdir() if "xai-cam" in path.name or path.suffix == ".png"] == []
