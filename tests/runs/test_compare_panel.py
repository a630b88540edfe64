"""The panel of one image: scales, captions, colour bar, and which map stands where."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.colour_bar import draw_colour_bar
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay
from xai_cam.drawing.panels import GAP
from xai_cam.images.picture import Region
from xai_cam.metrics.image_metrics import ImageMetrics, with_truth
from xai_cam.metrics.measuring import measure_images
from xai_cam.runs.compare_panel import HEIGHT, PanelStyle, caption_of, draw_comparison, scale_maps

PANEL = "xai_cam.runs.compare_panel"
PHOTO = np.random.default_rng(1).integers(0, 255, (HEIGHT, 300, 3), np.uint8)
WHOLE = Region(0, 0, HEIGHT, 300)


def explained(method: str, top: float, target: int = 0, layer: str = "conv") -> Explanation:
    cam = np.array([[0, 0.25], [0.5, 1]], np.float32) * np.float32(top)
    status = "ok" if top else "blank"
    known = ((0, 0.75), (1, 0.25))
    return Explanation(cam, method, layer, target, 0, 2.5, "logit", 0.75, known, status, "")


def measured(*explanations: Explanation) -> ImageMetrics:
    """Without a model: of the figures only what a test adds."""
    return measure_images(None, np.zeros((1, 8, 8, 3), np.float32), [explanations])[0]


@pytest.mark.parametrize(
    ("scale", "tops"), [("own", [1, 1, 1, 0]), ("method", [0.25, 1, 1, 0]), ("all", [0.125, 0.5, 1, 0])]
)
def test_scales(scale: str, tops: list[float]):
    """Two classes of one method with the maxima 1 and 4, another method with 8, and a blank map."""
    maps = [explained("a", 1), explained("a", 4, target=1), explained("b", 8), explained("c", 0)]
    assert [float(m.max()) for m in scale_maps(maps, scale)] == tops


@pytest.mark.parametrize(("scale", "ends"), [("own", [-1, 0.5]), ("all", [-0.5, 0.25])])
def test_scales_of_both_signs_are_as_far_on_either_side(scale: str, ends: list[float]):
    """The first map reaches from -4 to 2, the largest value of all is 8."""
    maps = [replace(explained("a", 1), cam=np.float32([[-4, 2]]), sign="both"), explained("b", 8)]
    found = scale_maps(maps, scale)[0]
    assert [float(found.min()), float(found.max())] == ends


def test_a_panel_of_another_sign_says_so(monkeypatch: pytest.MonkeyPatch):
    """In its note, and at its bar, which has 0 in the middle where the maps have both signs."""
    notes, bars = [], []
    monkeypatch.setattr(f"{PANEL}.add_note", lambda figure, text: notes.append(text) or figure)

    def draw(*args: Any) -> np.ndarray:
        bars.append(args[1])
        return draw_colour_bar(*args)

    monkeypatch.setattr(f"{PANEL}.draw_colour_bar", draw)
    for sign, scale in (("positive", "own"), ("negative", "own"), ("both", "own"), ("both", "all")):
        cam = np.float32([[-4 if sign == "both" else 0, 2]])
        one, style = replace(explained("a", 1), cam=cam, sign=sign), OverlayStyle(signed=sign == "both")
        look = PanelStyle(style, scale, sign=sign)
        draw_comparison("p.png", PHOTO, WHOLE, [one], measured(one), None, look)
    assert notes[0].startswith("Colours: each map from 0 to its own maximum.")
    assert notes[1].startswith("Colours: each map from 0 to its own maximum. Shown is what speaks against it")
    assert "maximum on either side. Red speaks for it, blue against it" in notes[2]
    assert [[text for _, text in ticks] for ticks in bars] == [
        *(["0", "maximum"],) * 2,
        ["−maximum", "0", "maximum"],
        ["−4", "0", "4"],
    ]


def test_figures_of_what_speaks_against_a_class_have_no_better_direction():
    (one,) = with_truth(measured(explained("a", 1)), [({"drop": 12.0, "deletion": 0.25}, {})]).maps
    turned = replace(one, sign="negative")
    assert caption_of(one, None).splitlines()[2:] == ["drop ↓ 12.0 %", "deletion ↓ 0.250"]
    assert caption_of(turned, None).splitlines()[2:] == ["drop 12.0 %", "deletion 0.250"]


def test_a_panel_draws_the_region_explained_and_names_the_rivals():
    half = np.zeros((6, 6), bool)
    half[:, 3:] = True
    one = replace(explained("a", 0), region=half, against=(1,), output_name="kind")
    (with_it, without) = (
        draw_comparison("p", PHOTO, WHOLE, [one], measured(one), None, PanelStyle(outline=drawn))
        for drawn in (True, False)
    )
    place = slice(300 + GAP, 300 + GAP + 300)
    assert (with_it[:HEIGHT, place] != PHOTO).any() and (without[:HEIGHT, place] == PHOTO).all()
    assert (
        caption_of(measured(one).maps[0], ("cat", "lynx"))
        .splitlines()[1]
        .startswith("kind: cat, not lynx, p")
    )


def test_a_method_has_a_scale_for_each_layer():
    maps = [explained("a", 1, layer="one"), explained("a", 4, layer="two")]
    assert [float(m.max()) for m in scale_maps(maps, "method")] == [1, 1]


def test_each_map_stands_in_its_place():
    """A row a class: the photo, then the maps in their order, as overlays that fit pixel by pixel."""
    maps = [explained("a", 1), explained("b", 1), explained("a", 1, target=1), explained("b", 0, target=1)]
    maps[1] = replace(maps[1], cam=maps[1].cam[::-1].copy())
    look = PanelStyle(OverlayStyle("jet", "constant", 0.4))
    panel = draw_comparison("p.png", PHOTO, WHOLE, maps, measured(*maps), ("cat", "dog"), look)
    for row in (0, 1):
        top = int(np.flatnonzero((panel[:, :300] == PHOTO[0]).all(axis=(1, 2)))[row])
        pictures = [panel[top : top + HEIGHT, i * (300 + GAP) : i * (300 + GAP) + 300] for i in range(3)]
        np.testing.assert_array_equal(pictures[0], PHOTO)
        for found, explanation in zip(pictures[1:], maps[2 * row : 2 * row + 2], strict=True):
            drawn = draw_overlay(PHOTO, explanation.saliency_map, WHOLE, look.overlay)
            np.testing.assert_array_equal(found, drawn)
    np.testing.assert_array_equal(pictures[2], PHOTO)  # a blank map paints nothing


def test_captions_tell_class_score_and_faithfulness():
    (one,) = measured(explained("grad-cam", 1)).maps
    assert caption_of(one, ("cat", "dog")) == "grad-cam\ncat, p 0.750, logit 2.5"
    figures = {"drop": 12.34, "increase": 0.0, "deletion": 0.25, "insertion": 0.5, "pointing_game": 100.0}
    (full,) = with_truth(measured(explained("grad-cam", 1)), [(figures, {})]).maps
    assert caption_of(full, None).splitlines()[1:] == [
        "0, p 0.750, logit 2.5",
        "drop ↓ 12.3 %, p does not rise",
        "deletion ↓ 0.250, insertion ↑ 0.500",
        "peak on the object",
    ]
    unknown = replace(one, probability=math.nan, status="blank")
    assert caption_of(unknown, ("cat", "dog")) == "grad-cam (blank)\ncat, logit 2.5"


def test_measures_whose_names_begin_alike_have_their_whole_names():
    (one,) = measured(explained("grad-cam", 1)).maps
    one = replace(one, values={**one.values, "drop": 4.0, "road": 0.5, "road_morf": 0.25, "road_lerf": 0.75})
    lines = caption_of(one, None)
    assert "drop ↓ 4.0 %" in lines and "ROAD ↑ 0.500" in lines
    assert "ROAD MoRF ↓ 0.250, ROAD LeRF ↑ 0.750" in lines


def test_a_probability_that_is_the_score_stands_there_once():
    (one,) = measured(replace(explained("rise", 1), score=0.75, score_name="probability")).maps
    assert caption_of(one, ["cat"]).splitlines()[1] == "cat, p 0.750"


def test_a_narrow_photo_gets_white_sides_for_its_caption():
    narrow = PHOTO[:, :20]
    panel = draw_comparison(
        "p.png",
        narrow,
        Region(0, 0, HEIGHT, 20),
        [explained("a", 1)],
        measured(explained("a", 1)),
        None,
        PanelStyle(enlarge=1),
    )
    assert (panel[:HEIGHT, :90] == 255).all() and not (panel[:HEIGHT, 98:118] == 255).all()


def draw(pixels: np.ndarray, count: int, style: PanelStyle) -> np.ndarray:
    maps = [explained(f"method-{i}", 1) for i in range(count)]
    region = Region(0, 0, *pixels.shape[:2])
    return draw_comparison("p.png", pixels, region, maps, measured(*maps), None, style)


@pytest.mark.parametrize("style", [OverlayStyle(), OverlayStyle("turbo", "constant", 0.5)])
def test_the_bar_has_the_colours_of_the_overlays(style: OverlayStyle) -> None:
    """Over a plain picture every colour of the overlay stands in the bar, as that of its value."""
    plain = np.full((HEIGHT, HEIGHT, 3), (90, 140, 60), np.uint8)
    panel = draw(plain, 1, PanelStyle(style))
    overlay, bar = panel[:HEIGHT, HEIGHT + GAP : 2 * HEIGHT + GAP], panel[12:276, 2 * (HEIGHT + GAP) + 12]
    distance = np.abs(overlay[::8, ::8, None].astype(int) - bar.astype(int)).max(axis=-1).min(axis=-1)
    assert distance.max() <= 4
    highest = overlay.reshape(-1, 3)[-1]
    assert np.abs(bar[0].astype(int) - highest).max() <= 4, "the maximum at the top"


@pytest.mark.parametrize(
    ("shape", "count", "lines"), [((288, 288), 5, 1), ((288, 288), 6, 2), ((60, 600), 2, 3)]
)
def test_a_panel_is_no_wider_than_a_screen(shape: tuple[int, int], count: int, lines: int) -> None:
    photo = np.full((*shape, 3), 77, np.uint8)
    panel = draw(photo, count, PanelStyle(OverlayStyle("jet", "constant", 0.0), enlarge=1))
    assert panel.shape[1] <= 1920
    pictured = (panel == 77).all(axis=-1).sum(axis=1) >= 200  # some pixels of letters are as grey
    assert (np.diff(pictured.astype(int), prepend=0) == 1).sum() == lines
    assert (panel == 77).all(axis=-1).sum() >= (count + 1) * 96 * 288, "no map is left out"


def test_a_note_says_what_the_colours_mean() -> None:
    notes = {scale: draw(PHOTO, 1, PanelStyle(scale=scale))[-40:] for scale in ("own", "method", "all")}
    assert all((note < 160).any() for note in notes.values())
    assert not np.array_equal(notes["own"], notes["all"])


@pytest.mark.parametrize(
    ("method", "scale", "told"), [("saliency", "own", True), ("saliency", "all", False), ("a", "own", False)]
)
def test_a_note_tells_where_full_colour_begins(
    method: str, scale: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(f"{PANEL}.add_note", lambda figure, text: notes.append(text) or figure)
    one, region = explained(method, 1), Region.whole(PHOTO.shape[:2])
    draw_comparison("p", PHOTO, region, [one], measured(one), None, PanelStyle(scale=scale))
    assert ("of gradients at the input full colour from the map's 99th percentile on" in notes[0]) is told


@pytest.mark.parametrize(("baseline", "words"), [("", None), ("zero", "not there yet, are 0 in what")])
def test_a_note_says_what_took_the_place_of_pixels(
    baseline: str, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(f"{PANEL}.add_note", lambda figure, text: notes.append(text) or figure)
    one = explained("a", 1)
    found = with_truth(measured(one), [({"deletion": 0.25}, {})])
    region = Region.whole(PHOTO.shape[:2])
    draw_comparison("p", PHOTO, region, [one], replace(found, baseline=baseline), None, PanelStyle())
    assert "Deletion: area under the probability" in notes[0]
    assert (words in notes[0]) if words else ("not there yet" not in notes[0])
