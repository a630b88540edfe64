"""What a comparison makes of an image: its panel, rows and measures; maps are made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import provenance
from support.made_networks import network_of
from support.runs import plan_of
from support.tabled import FEEDING, LABELS
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.targets import Targets
from xai_cam.errors import XaiCamError
from xai_cam.files.provenance import encode_picture
from xai_cam.images.boxes.source import read_boxes
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_image
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.output.head import Head
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.compare_rows import COLUMNS
from xai_cam.runs.compare_run import CompareWork
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.kept_maps import KEY
from xai_cam.runs.passes import PassCounter

CAM = np.array([[0, 1], [2, 4]], np.float32)
METHODS = ("grad-cam", "score-cam")
NETWORK: Any = network_of(Head(3, "relu"), input_shape=(2, 2, 1))
"""Without probabilities: only agreement is measured."""


def explained(method: str, layer: str = "conv", **more: Any) -> Explanation:
    known = ((0, 0.75), (1, 0.25))
    return replace(Explanation(CAM, method, layer, 1, 0, 2.5, "logit", 0.25, known, "ok", ""), **more)


class Page:
    """Notes what it is given; whether it has an image's pictures is for the test to say."""

    def __init__(self) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.has, self.marks = True, list[Any]()

    def has_pictures(self, panel: str, maps: int) -> bool:
        self.log.append(("has", panel, maps))
        return self.has

    def add_pictures(
        self, panel: str, pixels: np.ndarray, region: Region, maps: list[Explanation], marks: Any = ()
    ) -> None:
        self.log.append(("pictures", panel, len(maps)))
        self.marks.append(marks)

    def fail(self, path: Path, reason: str) -> None:
        self.log.append(("fail", path.name, reason))

    def add(self, task: Any, file: Path, metrics: Any, panel: dict[str, Any], outcome: str) -> None:
        self.log.append(("add", file.name, len(metrics.maps), panel["request"], outcome))


class Made:
    """A work over one image; its explainer gives the maps that a test makes."""

    def __init__(self, folder: Path, image: Path, measures: dict[str, Any], **options: Any) -> None:
        options = {"methods": METHODS, "layers": ("conv",), "labels": LABELS, **options}
        self.plan = plan_of(folder, [image], **options)
        asked = Measures(**{"steps": 0, **measures})
        self.network, self.engine, self.counter, self.said = NETWORK, None, PassCounter(), list[str]()
        self.work = CompareWork(self.plan, lambda: None, self.said.append, measures=asked)
        self.panel = folder / "out" / "a_compare.png"

    def look_up(self) -> ImageState:
        state = ImageState(self.plan.tasks[0], self.work.blank)
        self.work.look_up(state)
        return state

    def run(self, *maps: Explanation) -> ImageState:
        """Take the image through all stages, as a run does."""
        state = self.look_up()
        state.picture, state.region = read_image(state.task.image.path), Region(0, 0, 24, 30)
        state.values = np.zeros((2, 2, 1), np.float32)

        def explain(states: list[ImageState]) -> None:
            states[0].explanations = {"conv": list(maps)}

        feeding = Feeding(self.network, FEEDING.preprocessing)
        made_up: Any = SimpleNamespace(feeding=feeding, explain=explain, engine=self.engine)
        made_up.counter, made_up.aimed = self.counter, Targets(self.network)
        self.work._explainer = made_up
        self.work.ask([state])
        if state.pending:
            self.work.write(state)
        state.release()
        self.work.finish(state)
        return state


@pytest.fixture
def made(tmp_path: Path, make_photo: Callable[..., Path]) -> Callable[..., Made]:
    def make(measures: dict[str, Any] | None = None, **options: Any) -> Made:
        return Made(tmp_path, make_photo(tmp_path / "a.png"), measures or {}, **options)

    return make


BOTH = tuple(map(explained, METHODS))


def test_a_panel_that_is_missing_is_to_do(made: Callable[..., Made]) -> None:
    one = made()
    state = one.look_up()
    assert state.todo == {"conv": list(METHODS)} and state.rows == []
    assert state.answer == {"request": one.work.digest(one.plan.tasks[0])}


def test_a_row_for_each_map_and_a_panel_that_says_what_was_measured(made: Callable[..., Made]) -> None:
    one = made()
    state = one.run(*BOTH)
    assert [(row["method"], row["outcome"]) for row in state.rows] == [(m, "written") for m in METHODS]
    row = state.rows[0]
    assert tuple(row) == COLUMNS and row["panel"] == str(one.panel)
    assert (row["class_index"], row["class_name"], row["predicted_name"]) == (1, "bee", "ant")
    assert (row["score"], row["probability"], row["preprocessing"]) == (2.5, 0.25, "raw rgb stretch")
    said = provenance(one.panel)
    assert said["request"] == one.work.digest(one.plan.tasks[0])
    assert [m["method"] for m in said["compared"]["maps"]] == list(METHODS)
    assert not {"layer", "method", "class", "score"} & said.keys(), "it shows several maps"
    assert len(one.work.comparison.images) == 1


def test_what_measuring_costs_is_said_once_and_before_it_is_done(made: Callable[..., Made]) -> None:
    """4 steps of one map, and the same map by another method: 1 + 2 x 3 inputs for both, and 2 ends."""
    one = made({"steps": 4})
    one.network = network_of(Head(3, "softmax"), input_shape=(2, 2, 1))
    asked: list[tuple[int, list[str]]] = []

    def score(perturbed: Any) -> np.ndarray:
        asked.append((len(perturbed.rows), one.said[:]))
        return np.full((len(perturbed.rows), 1), 0.5)

    one.engine = SimpleNamespace(perturbed_scores=score)
    for _ in range(2):
        one.run(*BOTH)
        one.panel.unlink()
    costs = [
        "Drop and increase: 1 image x 2 maps = up to 2 forward passes.",
        "Deletion and insertion: 1 image x 2 maps = up to 14 forward passes.",
    ]
    assert asked == [(9, costs), (9, costs)]
    assert one.counter.names == {"perturbed scores": "deletion and insertion"}


def test_what_was_written_is_up_to_date_and_tells_the_same(made: Callable[..., Made]) -> None:
    one = made()
    written = one.run(*BOTH)
    again = one.look_up()
    assert not again.todo
    assert KEY in provenance(one.panel) and KEY not in {*written.answer, *again.answer}, "no row needs it"
    one.work.finish(again)
    assert again.rows == [{**row, "outcome": "up to date"} for row in written.rows]
    assert len({str(image.as_dict()) for image in one.work.images}) == 1, (
        "the summary is that of the first run"
    )


def test_a_panel_is_up_to_date_if_it_has_all_that_is_asked_for(made: Callable[..., Made]) -> None:
    """And tells no more than that; one that lacks a measure is made anew."""
    written = made({"names": ("drop", "entropy", "complexity")}).run(*BOTH)
    assert [row["entropy"] is None for row in written.rows] == [False, False]
    fewer = made({"names": ("complexity",)})
    state = fewer.look_up()
    assert not state.todo
    fewer.work.finish(state)
    (image,) = fewer.work.images
    assert image.measures == ("complexity",) and fewer.work.comparison.metrics == ("complexity",)
    assert state.rows[0]["complexity"] == written.rows[0]["complexity"]
    assert made({"names": ("complexity", "sparseness")}).look_up().todo
    assert made().look_up().todo, "the usual ones are others"


@pytest.mark.parametrize("compared", [None, {}, {"maps": []}, {"maps": [{}], "agreement": {}}, 7])
def test_a_panel_that_somebody_wrote_into_is_drawn_again(compared: Any, made: Callable[..., Made]) -> None:
    one = made()
    one.run(*BOTH)
    said = {**provenance(one.panel), "compared": compared}
    one.panel.write_bytes(encode_picture(np.zeros((2, 2, 3), np.uint8), said, "png"))
    assert one.look_up().todo


@pytest.mark.parametrize("measures", [{"steps": 4}, {"scale": "all"}, {"baselines": ("centre",)}])
def test_the_digest_follows_what_is_measured(measures: dict[str, Any], made: Callable[..., Made]) -> None:
    task = made().plan.tasks[0]
    assert made(measures).work.digest(task) != made().work.digest(task) == made().work.digest(task)


def test_the_digest_follows_maps_and_mask(made: Callable[..., Made], tmp_path: Path) -> None:
    task, masks = made().plan.tasks[0], tmp_path / "masks"
    masks.mkdir()
    found = [made(methods=METHODS[:1]).work.digest(task), made(opacity=0.25).work.digest(task)]
    without = made({"masks": masks}).work.digest(task)
    assert without == made().work.digest(task)
    for grey in (0, 255):
        Image.new("L", (30, 24), grey).save(masks / "a.png")
        found.append(made({"masks": masks}).work.digest(task))
    assert len({without, *found}) == 5


# --- Failures ----------------------------------------------------------------------------------------


def test_a_map_that_is_not_finite_fails_the_image(made: Callable[..., Made]) -> None:
    one = made()
    state = one.run(BOTH[0], explained("score-cam", status="non-finite", cause="NaN"))
    assert state.failure == "the score-cam map is not finite: NaN" and not one.panel.exists()
    assert [row["outcome"] for row in state.rows] == ["failed"] and one.work.images == []


def test_a_file_of_somebody_elses_fails_the_image(made: Callable[..., Made]) -> None:
    one = made()
    one.panel.parent.mkdir()
    one.panel.write_text("mine", encoding="utf-8")
    with pytest.raises(XaiCamError, match="was not written by xai-cam"):
        one.look_up()


def test_a_blank_map_is_told(made: Callable[..., Made]) -> None:
    state = made().run(BOTH[0], explained("score-cam", status="blank", cause="dead"))
    assert state.notices == ["a.png: score-cam is blank: dead."] and not state.failure
    assert [row["message"] for row in state.rows] == ["", "dead"]


# --- Masks, and the page -----------------------------------------------------------------------------


def test_maps_are_measured_by_a_mask_where_there_is_one(made: Callable[..., Made], tmp_path: Path) -> None:
    """All of the picture is the object: the share of energy in it is 1, and 100 % of the peaks lie in it."""
    (tmp_path / "masks").mkdir()
    one = made({"masks": tmp_path / "masks"})
    state = one.run(*BOTH)
    assert state.notices == ["a.png: there is no mask for it."]
    assert [row["pointing_game"] for row in state.rows] == [None, None]
    Image.new("L", (30, 24), 255).save(tmp_path / "masks" / "a.png")
    for row in one.run(*BOTH).rows:
        assert (row["energy_pointing"], row["pointing_game"]) == (pytest.approx(1), 100)


def test_a_page_takes_in_images_that_are_through_and_those_that_fail(made: Callable[..., Made]) -> None:
    one = made()
    one.work.page = page = Page()
    asked = one.work.digest(one.plan.tasks[0])
    one.run(explained("grad-cam", status="non-finite", cause="NaN"))
    assert page.log == [("fail", "a.png", "the grad-cam map is not finite: NaN")]
    page.log.clear()
    one.run(*BOTH)
    assert page.log == [("pictures", asked, 2), ("add", "a_compare.png", 2, asked, "written")]
    page.log.clear()
    one.work.finish(one.look_up())
    assert page.log == [("has", asked, 2), ("add", "a_compare.png", 2, asked, "up to date")]
    page.has = False
    assert not one.look_up().todo, "the pictures of the page are gone, and the panel has its maps"
    assert page.log[-2:] == [("has", asked, 2), ("pictures", asked, 2)]


def test_boxes_on_a_page_are_those_that_the_figures_are_of(made: Callable[..., Made], tmp_path: Path) -> None:
    """The labels are not those of the output explained, so that no box is known to be of its class."""
    (tmp_path / "b.csv").write_text("image,x0,y0,x1,y1,class\na.png,0,0,9,9,bee\n", encoding="utf-8")
    one = made({"boxes": read_boxes(tmp_path / "b.csv", [made().plan.tasks[0].image])})
    one.work.page = page = Page()
    assert [row["iou"] for row in one.run(*BOTH).rows] == [None, None]
    assert [true for _, true in page.marks.pop()] == [[], []]
    said = {**provenance(one.panel), "outputs": ["", "other"], "heads": ["", ""], "labelled": "other"}
    one.panel.write_bytes(encode_picture(np.zeros((2, 2, 3), np.uint8), said, "png"))
    page.has = False
    assert not one.look_up().todo
    assert [true for _, true in page.marks.pop()] == [[], []], "as a second run draws them too"


@pytest.mark.parametrize(("threshold", "iou"), [("0.15", 1.0), ("0.6", 0.25)])
def test_a_threshold_draws_boxes(threshold: str, iou: float, made: Callable[..., Made]) -> None:
    one = made({"names": ("iou",)}, threshold=threshold)
    assert one.run(explained("grad-cam", region=np.eye(2, dtype=bool))).rows[0]["iou"] == iou
    assert one.work.comparison.as_figures()["threshold"] == threshold
