"""What options ask for, and what is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xai_cam.cli.groups import (
    ComputeOptions,
    MapOptions,
    ModelOptions,
    PictureOptions,
    PreprocessingOptions,
)
from xai_cam.cli.requests import check_computing, labels_in, make_request
from xai_cam.drawing.overlay import OverlayStyle
from xai_cam.errors import InputError, XaiCamError

MODEL = ModelOptions(Path("model.json"), None, (8, 9))
MAPS = MapOptions(("a", "b", "a"), ("score-cam",), None, None, 12, None, "scores", ("top2",), "mean")
FED = PreprocessingOptions("caffe", "bgr", "crop")
PICTURE = PictureOptions("viridis", "constant", 0.25, 3, ("raw",), "jpg")


def test_a_request_says_all_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\n", encoding="utf-8")
    maps = replace(MAPS, labels=tmp_path / "labels.txt")
    found = make_request(MODEL, maps, FED, PICTURE, "bf16")
    assert (found.layers, found.methods, found.classes) == (("a", "b"), ("score-cam",), ("top2",))
    assert (found.labels, found.max_channels, found.fuse) == (("cat", "dog"), 12, "mean")
    assert (found.preprocess, found.channel_order, found.fit, found.size) == ("caffe", "bgr", "crop", (8, 9))
    assert (found.style, found.enlarge) == (OverlayStyle("viridis", "constant", 0.25), 3)
    assert (found.saves, found.file_format, found.precision) == (("raw",), "jpg", "bf16")


def test_classes_between_commas_are_several() -> None:
    found = make_request(MODEL, replace(MAPS, classes=("0,1", "2+3")), FED)
    assert found.classes == ("0", "1", "2+3")


def test_without_layers_the_default_one_is_asked_for() -> None:
    found = make_request(MODEL, replace(MAPS, layers=(), fuse=None), FED)
    assert found.layers == (None,) and found.saves == ("overlay",)


@pytest.mark.parametrize(
    ("maps", "precision", "message"),
    [
        (replace(MAPS, layers=("a",)), "f32", "--fuse makes one map of several layers"),
        (replace(MAPS, methods=("grad-cam",)), "f32", "`max_channels` is for methods that score each"),
        (replace(MAPS, methods=("grad-cam",), max_channels=None), "f16", "`precision` is for methods that"),
        (replace(MAPS, classes=("cat",)), "f32", "cat"),
        (
            replace(MAPS, methods=("grad-cam",), max_channels=None, tolerance=0.1),
            *("f32", "`tolerance` is for methods that score each"),
        ),
        (
            replace(MAPS, max_channels=None, channels_by="spread"),
            *("f32", "says which channels `max_channels` leaves"),
        ),
        (replace(MAPS, tolerance=0.1, channels_by="spread"), "f32", "chosen by their spread nobody knows"),
    ],
)
def test_what_cannot_be_meant(maps: MapOptions, precision: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_request(MODEL, maps, FED, precision=precision)


def test_labels_where_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("猫\n犬\n", "utf-8")
    elsewhere, beside = tmp_path / "m" / "model.keras", tmp_path / "model.keras"
    assert labels_in(None, elsewhere) is None
    assert labels_in(tmp_path / "labels.txt", elsewhere) == ("猫", "犬")
    assert labels_in(None, beside) == ("猫", "犬") and labels_in(Path("none"), beside) is None
    with pytest.raises(InputError):
        labels_in(tmp_path / "nowhere.txt", beside)


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    check_computing(ComputeOptions("cpu"))
    with pytest.raises(InputError, match="Unknown device"):
        check_computing(ComputeOptions("tpu"))
    monkeypatch.setattr("xai_cam.extras.is_there", lambda _: False)
    for options in (ComputeOptions("cpu", engine="openvino"), ComputeOptions("cpu", precision="bf16")):
        with pytest.raises(XaiCamError, match="OpenVINO"):
            check_computing(options)
