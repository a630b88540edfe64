"""The files that show an explanation, what they say of themselves, and its row."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import sha256
from support.made_networks import network_of
from support.runs import plan_of
from xai_cam._version import __version__
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.marks import PlacedMask, draw_region
from xai_cam.drawing.overlay import draw_heatmap, draw_overlay
from xai_cam.files.provenance import read_provenance
from xai_cam.files.rows import TARGET
from xai_cam.images.picture import Picture, Region
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.output.head import Head
from xai_cam.runs.outputs import _in_strips as in_strips
from xai_cam.runs.outputs import describe, encode, limits, row_of
from xai_cam.runs.plan import Plan, Request

CAM = np.array([[0, 1], [2, 4]], np.float32)
EXPLANATION = Explanation(CAM, "score-cam", "conv", 1, 0, 2.5, "logit", 0.25, ((0, 0.75),), "ok", "", "tf")
PIXELS = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
WHOLE = Region(0, 0, 300, 400)
SAID = {"tool": "xai-cam 0", "rank": 0}


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_raw_is_the_map_itself() -> None:
    data = encode(EXPLANATION, "raw", Request(), SAID, PIXELS, WHOLE)
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), CAM)


def test_pictures_are_drawn_as_asked_for() -> None:
    request = Request(colormap="jet", blend="constant", opacity=0.25)
    overlay = decoded(encode(EXPLANATION, "overlay", request, SAID, PIXELS, WHOLE))
    np.testing.assert_array_equal(overlay, draw_overlay(PIXELS, CAM / 4, WHOLE, request.style))
    heatmap = decoded(encode(EXPLANATION, "heatmap", request, SAID, PIXELS, WHOLE))
    np.testing.assert_array_equal(heatmap, draw_heatmap(CAM / 4, WHOLE, (300, 400), "jet"))


def test_a_map_of_both_signs_is_drawn_and_kept_as_it_is() -> None:
    both = replace(EXPLANATION, cam=np.float32([[-4, 1], [2, 0]]), sign="both")
    request, scaled = Request(sign="both"), both.cam / 4
    assert request.style.signed and request.looks("heatmap")["colormap"] == "diverging"
    np.testing.assert_array_equal(
        np.load(io.BytesIO(encode(both, "raw", request, SAID, PIXELS, WHOLE))), both.cam
    )
    overlay = decoded(encode(both, "overlay", request, SAID, PIXELS, WHOLE))
    np.testing.assert_array_equal(overlay, draw_overlay(PIXELS, scaled, WHOLE, request.style))
    heatmap = decoded(encode(both, "heatmap", request, SAID, PIXELS, WHOLE))
    np.testing.assert_array_equal(heatmap, draw_heatmap(scaled, WHOLE, (300, 400), "diverging"))
    figure = decoded(encode(both, "figure", request, SAID, PIXELS, WHOLE))
    np.testing.assert_array_equal(figure, both.figure(PIXELS, WHOLE))


def test_the_region_explained_is_drawn_unless_it_is_not_wanted() -> None:
    """At what the model saw, though the map covers a part of that."""
    mask = np.zeros((6, 6), bool)
    mask[2:, :4] = True
    plain = replace(EXPLANATION, part=Region(0, 0, 0.5, 1), predicted_class=EXPLANATION.target_class)
    one, seen = replace(plain, region=mask), Region(0, 50, 300, 350)
    for save in ("overlay", "figure"):
        drawn, without, never = (
            decoded(encode(e, save, Request(outline=outline), SAID, PIXELS, seen))
            for e, outline in ((one, True), (one, False), (plain, True))
        )
        np.testing.assert_array_equal(without, never)
        assert (drawn != never).any(), save
    drawn = decoded(encode(one, "overlay", Request(), SAID, PIXELS, seen))
    expected = draw_overlay(PIXELS, CAM / 4, Region(0, 50, 150, 350))
    np.testing.assert_array_equal(drawn, draw_region(expected, PlacedMask(mask, seen)))


@pytest.mark.parametrize("region", [WHOLE, Region(-10, 50.5, 200, 390), Region(0, 400, 300, 500)])
@pytest.mark.parametrize(
    "asked",
    [
        *({"grid": True}, {"blend": "spotlight"}, {"file_format": "jpg"}),
        {"sign": "both", "outline": True},
    ],
)
@pytest.mark.parametrize("save", ["overlay", "heatmap"])
@pytest.mark.parametrize(
    "pixels", [PIXELS, np.broadcast_to(PIXELS[..., :1], PIXELS.shape)], ids=["rgb", "grey"]
)
def test_a_large_picture_is_drawn_strip_by_strip(
    save: str, asked: dict[str, Any], region: Region, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same to a level, by which sums of floats may round otherwise."""
    request = Request(**asked)
    explanation = replace(
        EXPLANATION, sign=request.sign, region=np.eye(5) > 0 if "outline" in asked else None
    )
    whole = decoded(encode(explanation, save, request, SAID, pixels, region))
    monkeypatch.setattr("xai_cam.files.strips.LARGE", 1000)
    monkeypatch.setattr("xai_cam.files.strips.STRIP_PIXELS", 7 * 400)
    drawn = []
    monkeypatch.setattr("xai_cam.runs.outputs._in_strips", lambda *args: drawn.append(1) or in_strips(*args))
    strips = decoded(encode(explanation, save, request, SAID, pixels, region))
    assert drawn and strips.shape == whole.shape
    np.testing.assert_allclose(strips.astype(int), whole, atol=1)


@pytest.mark.parametrize(("save", "ending"), [("overlay", "png"), ("overlay", "jpg"), ("raw", "npy")])
def test_a_file_says_what_made_it(save: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(encode(EXPLANATION, save, Request(file_format=ending), SAID, PIXELS, WHOLE))
    assert read_provenance(path) == SAID


def test_a_picture_that_is_enlarged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(EXPLANATION, "overlay", Request(enlarge=3), SAID, PIXELS, WHOLE))
    assert read_provenance(path) == {**SAID, "enlarged": 3}
    assert Image.open(path).size == (1200, 900)


# --- What is said of an explanation ------------------------------------------------------------------


def plan(tmp_path: Path, **options: Any) -> Plan:
    image = tmp_path / "a.png"
    image.write_bytes(b"pixels")
    return plan_of(tmp_path, [image], labels=("ant", "bee"), **options)


def described(plan: Plan, explanation: Explanation) -> dict[str, Any]:
    region = Region(1, 2, 3, 4)
    network = network_of(Head(2, "softmax"), input_shape=(16, 20, 3))
    request = plan.request
    feeding = Feeding(network, Preprocessing("unit", "bgr", "why"), request.fit, request.labels)
    pixels = np.zeros((300, 400, 3), np.uint8)
    return describe(plan, plan.tasks[0], explanation, feeding, region, Picture(pixels, pixels))


def test_everything_that_made_it(tmp_path: Path) -> None:
    asked = plan(tmp_path, fit="crop", max_channels=64, precision="bf16")
    said = described(asked, EXPLANATION)
    assert set(said.pop("libraries")) == {"tensorflow", "keras", "numpy", "pillow"}
    assert said == {
        "tool": f"xai-cam {__version__}",
        "model_sha256": sha256(asked.files.model),
        "weights_sha256": sha256(tmp_path / "weights.h5"),
        "image_sha256": sha256(tmp_path / "a.png"),
        **{"layer": "conv", "method": "score-cam", "engine": "tf", "status": "ok", "cause": ""},
        **{"class": 1, "class_name": "bee", "predicted": 0, "predicted_name": "ant"},
        **{"score": 2.5, "score_name": "logit", "probability": 0.25},
        **{"max_channels": 64, "precision": "bf16"},
        "head": "2 classes, softmax",
        **{"preprocessing": "unit bgr crop", "region": [1, 2, 3, 4]},
        **{"scaling": "unit", "channel_order": "bgr", "fit": "crop", "resize_with": "bilinear"},
        **{"input_width": 20, "input_height": 16, "input_channels": 3},
        **{"image_width": 400, "image_height": 300},
    }


def test_a_probability_that_there_is_not_is_none(tmp_path: Path) -> None:
    assert described(plan(tmp_path), replace(EXPLANATION, probability=math.nan))["probability"] is None


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("score-cam", {"max_channels": 8}, {"max_channels": 8}),
        ("ablation-cam", {"precision": "bf16"}, {"precision": "bf16"}),
        ("score-cam", {}, {}),
        ("grad-cam", {"max_channels": 8, "precision": "bf16"}, {}),  # it scores no channels
        ("centre", {"max_channels": 8}, {}),  # a map that is measured beside the methods
    ],
)
def test_limits_are_told_where_they_count(
    method: str, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert limits(Request(**request_), method) == expected


def test_a_row_is_what_its_files_say(tmp_path: Path) -> None:
    asked = plan(tmp_path, max_channels=64)
    said = described(asked, replace(EXPLANATION, status="blank", cause="dead"))
    row = row_of(asked.tasks[0], said, {"overlay": "o.png", "raw": "r.npy"}, "up to date")
    assert (row.image, row.outcome, row.status) == (str(tmp_path / "a.png"), "up to date", "blank")
    assert (row.layer, row.method, row.class_index, row.class_name) == ("conv", "score-cam", 1, "bee")
    assert (row.predicted_index, row.predicted_name, row.probability) == (0, "ant", 0.25)
    assert (row.score, row.score_name, row.preprocessing) == (2.5, "logit", "unit bgr stretch")
    assert (row.scaling, row.channel_order, row.fit, row.window) == ("unit", "bgr", "stretch", "")
    assert (row.image_width, row.image_height, row.input_width, row.input_height) == (400, 300, 20, 16)
    assert (row.tool, row.model_sha256) == (f"xai-cam {__version__}", sha256(asked.files.model))
    assert row.seconds is None, "files do not say how long they took: equal runs write equal files"
    assert (row.max_channels, row.precision, row.message) == (64, "", "dead")
    assert (row.overlay, row.heatmap, row.raw) == ("o.png", "", "r.npy")
    assert (row.output_name, row.against, row.sign) == ("", "", ""), "nothing to say"


def test_what_is_explained_besides_a_class_is_told(tmp_path: Path) -> None:
    asked = plan(tmp_path)
    part = np.array([[True, False]])
    more = {"sign": "both", "against": (0, "wasp"), "output_name": "kind", "direction": "up", "region": part}
    said = described(asked, replace(EXPLANATION, **more))
    assert {name: said[name] for name in TARGET} == {
        **{"output_name": "kind", "against": "ant, wasp", "sign": "both"},
        **{"direction": "up", "share_of_pixels": 0.5},
    }
    row = row_of(asked.tasks[0], said, {}, "written")
    assert (row.output_name, row.against, row.sign) == ("kind", "ant, wasp", "both")
