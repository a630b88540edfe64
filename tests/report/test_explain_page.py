"""The page of `explain`, made of rows and of overlays on disk, without a model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import sha256
from support.report_pages import flat
from support.runs import Recorder, plan_of
from xai_cam.errors import OutputError
from xai_cam.files.provenance import encode_picture
from xai_cam.files.rows import Row
from xai_cam.images.labels import Labels
from xai_cam.report import assets, explain_page
from xai_cam.report.explain_page import ExplainPage

SIZE = 300, 400
LABELS = Labels(("ant", "bee"))


def make(tmp_path: Path, **options: Any) -> tuple[ExplainPage, Recorder]:
    """A page of two images of 300 x 400, `ant/1.png` and `bee/2.png`, both grey."""
    images = [tmp_path / "ant" / "1.png", tmp_path / "bee" / "2.png"]
    for path in images:
        path.parent.mkdir()
        Image.fromarray(flat(20, SIZE)).save(path)
    recorder = Recorder()
    return ExplainPage(tmp_path / "page.html", plan_of(tmp_path, images, **options), recorder), recorder


def failed(message: str) -> dict[str, Any]:
    """The row of an image that is not there."""
    return asdict(Row("gone.png", "failed", message=message))


def row_of(image: Path, method: str = "grad-cam", **more: Any) -> dict[str, Any]:
    """A row whose overlay is there: grey, and it says what made it."""
    overlay = image.with_name(f"{image.stem}_{method}.png")
    provenance = {
        "tool": "xai-cam 0",
        "image_sha256": sha256(image),
        "request": f"{method}{image.stem}",
        "rank": 1,
        "layer": "conv",
    }
    overlay.write_bytes(encode_picture(flat(200, SIZE), provenance, "png"))
    row = Row(
        image=str(image),
        outcome="written",
        status="ok",
        layer="conv",
        method=method,
        class_index=0,
        class_name="ant",
        predicted_index=0,
        predicted_name="ant",
        score=2.5,
        score_name="logit",
        probability=0.75,
        preprocessing="unit rgb",
        overlay=str(overlay),
    )
    return {**asdict(row), **more}


def test_everything_is_handed_on(tmp_path: Path) -> None:
    page, recorder = make(tmp_path)
    row = failed("no such file")
    page.notice("a")
    page.row(row)
    page.progress(1, 2)
    assert recorder.calls == [("notice", "a"), ("row", row), ("progress", 1, 2)]


def test_messages_are_worded_for_the_page_alone(tmp_path: Path) -> None:
    page, recorder = make(tmp_path)
    page.worded = str.upper
    row = asdict(Row("gone.png", "failed", message="no such file"))
    page.row(row)
    assert page.page.items[0].message == "NO SUCH FILE"
    assert recorder.calls == [("row", row)]


def test_a_row_becomes_a_map(tmp_path: Path) -> None:
    page, _ = make(tmp_path, labels=LABELS)
    row = row_of(tmp_path / "ant" / "1.png")
    page.row(row)
    (item,) = page.page.items
    assert (item.image, item.outcome) == (row["image"], "written")
    assert (item.predicted, item.truth, item.right) == ("ant", "ant", True)
    (shown,) = item.maps
    assert (shown.variant, shown.layer, shown.method) == ("grad-cam", "conv", "grad-cam")
    assert (shown.class_index, shown.class_name, shown.probability) == (0, "ant", 0.75)
    assert (shown.score, shown.score_name, shown.status, shown.file) == (2.5, "logit", "ok", row["overlay"])
    assert shown.provenance == {"tool": "xai-cam 0", "image_sha256": sha256(tmp_path / "ant" / "1.png")}
    assert ("preprocessing", "unit rgb") in page.page.facts


def test_pictures_are_those_on_disk(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    page.row(row_of(tmp_path / "ant" / "1.png"))
    (item,) = page.page.items
    for asset, grey in ((item.picture, 20), (item.maps[0].overlay, 200)):
        assert asset is not None and (asset.height, asset.width) == SIZE
        np.testing.assert_allclose(np.asarray(Image.open(tmp_path / asset.full)), flat(grey, SIZE), atol=2)


def test_two_maps_share_one_image(tmp_path: Path) -> None:
    page, _ = make(tmp_path, methods=("grad-cam", "layer-cam"))
    for method in ("grad-cam", "layer-cam"):
        page.row(row_of(tmp_path / "ant" / "1.png", method))
    (item,) = page.page.items
    assert [shown.variant for shown in item.maps] == ["grad-cam", "layer-cam"]
    assert len({asset.key for asset in page.page.assets}) == 3


def test_with_several_layers_variants_name_theirs(tmp_path: Path) -> None:
    page, _ = make(tmp_path, layers=("conv", "other"))
    page.row(row_of(tmp_path / "ant" / "1.png"))
    assert page.page.variants == ("grad-cam at conv",)


def test_a_page_with_parts_says_what_its_peak_is(tmp_path: Path) -> None:
    page, _ = make(tmp_path, saves=("overlay", "boxes"), threshold="otsu")
    (note,) = page.page.notes
    assert (
        "the largest part at or above otsu in a box" in note and "peak, the middle of the map's high" in note
    )


def test_an_image_may_be_wrong(tmp_path: Path) -> None:
    page, _ = make(tmp_path, labels=LABELS)
    page.row(row_of(tmp_path / "bee" / "2.png"))
    assert [(item.truth, item.right) for item in page.page.items] == [("bee", False)]
    assert page.page.notes == ("The true class of an image is the name of its folder.",)


def test_without_labels_nothing_is_right_or_wrong(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    page.row(row_of(tmp_path / "bee" / "2.png"))
    assert [(item.truth, item.right) for item in page.page.items] == [(None, None)]
    assert not page.page.notes


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        (("up to date", "up to date"), "up to date"),
        (("up to date", "written"), "written"),
        (("written", "up to date"), "written"),
    ],
)
def test_an_image_is_up_to_date_if_all_its_maps_are(
    tmp_path: Path, outcomes: tuple[str, str], outcome: str
) -> None:
    page, _ = make(tmp_path)
    for method, one in zip(("grad-cam", "layer-cam"), outcomes, strict=True):
        page.row(row_of(tmp_path / "ant" / "1.png", method, outcome=one))
    assert page.page.items[0].outcome == outcome


def test_a_failure_keeps_its_first_reason(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    for message in ("first", "second"):
        page.row(failed(message))
    (item,) = page.page.items
    assert (item.outcome, item.message, item.maps) == ("failed", "first", ())


def test_an_overlay_that_has_gone_is_left_out(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    row = row_of(tmp_path / "ant" / "1.png")
    Path(row["overlay"]).unlink()
    page.row(row)
    (item,) = page.page.items
    assert item.picture is None and item.maps[0].overlay is None and item.maps[0].provenance == {}


def test_an_image_that_has_gone_is_left_out(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    row = row_of(tmp_path / "ant" / "1.png")
    Path(row["image"]).unlink()
    page.row(row)
    (item,) = page.page.items
    assert item.picture is None and item.maps[0].overlay is not None


def test_an_image_that_the_run_hands_on_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = make(tmp_path)
    row = row_of(tmp_path / "ant" / "1.png")
    page.add_picture(sha256(tmp_path / "ant" / "1.png"), flat(20, SIZE))
    read: list[Path] = []
    real = explain_page.read_image

    def watched(path: Path, **limits: Any) -> Any:
        read.append(path)
        return real(path, **limits)

    monkeypatch.setattr(explain_page, "read_image", watched)
    page.row(row)
    assert read == [Path(row["overlay"])]
    (item,) = page.page.items
    assert item.picture is not None
    np.testing.assert_allclose(np.asarray(Image.open(tmp_path / item.picture.full)), flat(20, SIZE), atol=2)


def test_pictures_of_an_earlier_run_are_not_made_again(tmp_path: Path) -> None:
    page, _ = make(tmp_path)
    row = row_of(tmp_path / "ant" / "1.png")
    page.row(row)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "page_files").iterdir()}
    again = ExplainPage(page.path, page.plan, page.reporter)
    again.row({**row, "outcome": "up to date"})
    assert [a.key for a in again.page.assets] == [a.key for a in page.page.assets]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "page_files").iterdir()} == times


def test_a_full_disk_ends_the_run_only_after_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OutputError("No space left on device.")

    page, _ = make(tmp_path)
    row = row_of(tmp_path / "ant" / "1.png")
    monkeypatch.setattr(assets, "write_whole", full)
    page.row(row)
    pytest.importorskip("jinja2")
    with pytest.raises(OutputError, match="No space left"):
        page.write()
    assert page.path.is_file() and page.page.items[0].maps[0].overlay is None
