"""What is written of an image's maps, what is up to date, and what fails alone; maps are made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from support.commands import provenance, sha256
from support.runs import plan_of
from support.tabled import FEEDING, LABELS
from xai_cam.cam.explanation import Explanation
from xai_cam.errors import OutputError, XaiCamError
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_image
from xai_cam.runs.explain_run import ExplainWork
from xai_cam.runs.image_state import ImageState

CAM = np.array([[0, 1], [2, 4]], np.float32)
METHODS = ("grad-cam", "score-cam")


def explained(method: str, target: int = 0, **more: Any) -> Explanation:
    known = ((0, 0.75), (1, 0.25))
    return replace(Explanation(CAM, method, "conv", target, 0, 2.5, "logit", 0.75, known, "ok", ""), **more)


class Page:
    """Notes the images that it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, tuple[int, ...]]] = []

    def add_picture(self, image_hash: str, pixels: np.ndarray) -> None:
        self.given.append((image_hash, pixels.shape))


class Made:
    """A work over one image, whose maps a test makes."""

    def __init__(self, folder: Path, image: Path, **options: Any) -> None:
        self.page = Page()
        options = {"methods": METHODS, "layers": ("conv",), "labels": LABELS, **options}
        plan = plan_of(folder, [image], **options)
        self.work = ExplainWork(plan, lambda: None, lambda text: None, page=self.page)
        made_up: Any = SimpleNamespace(feeding=FEEDING)
        self.work._explainer = made_up
        self.out = folder / "out"

    def look_up(self) -> ImageState:
        state = ImageState(self.work.plan.tasks[0], self.work.blank)
        self.work.look_up(state)
        return state

    def write(self, *maps: Explanation) -> ImageState:
        """Look the image up, and write these maps of it."""
        state = self.look_up()
        state.picture, state.region = read_image(state.task.image.path), Region(0, 0, 24, 30)
        state.explanations = {"conv": list(maps)}
        self.work.write(state)
        self.work.finish(state)
        return state


@pytest.fixture
def made(tmp_path: Path, make_photo: Callable[..., Path]) -> Callable[..., Made]:
    return lambda **options: Made(tmp_path, make_photo(tmp_path / "a.png"), **options)


def told(state: ImageState) -> list[tuple[str, str]]:
    return [(row["method"], row["outcome"]) for row in state.rows]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


BOTH = tuple(map(explained, METHODS))


def test_what_is_missing_is_to_do_with_its_digests(made: Callable[..., Made]) -> None:
    one = made(saves=("overlay", "raw"))
    state, plan = one.look_up(), one.work.plan
    task = plan.tasks[0]
    assert state.todo == {
        "conv": {m: {s: plan.digest(task, "conv", m, s) for s in ("overlay", "raw")} for m in METHODS}
    }
    assert state.rows == [] and state.pending and one.out.is_dir(), "whether it can be written to is known"


def test_all_outputs_are_written_and_say_what_made_them(made: Callable[..., Made]) -> None:
    one = made(saves=("overlay", "heatmap", "raw"))
    state = one.write(*BOTH)
    assert told(state) == [(method, "written") for method in METHODS] and not state.failure
    ends = (".npy", ".png", "_heatmap.png")
    assert names(one.out) == [f"a_{method}{end}" for method in METHODS for end in ends]
    for method in METHODS:
        np.testing.assert_array_equal(np.load(one.out / f"a_{method}.npy"), CAM)
        said = provenance(one.out / f"a_{method}.png")
        assert said["request"] == state.todo["conv"][method]["overlay"]
        assert (said["rank"], said["classes"], said["region"]) == (0, 1, [0, 0, 24, 30])
        assert (said["method"], said["preprocessing"]) == (method, "raw rgb stretch")
    row = state.rows[0]
    assert (row["overlay"], row["raw"]) == tuple(str(one.out / f"a_grad-cam.{end}") for end in ("png", "npy"))


def test_what_was_written_is_up_to_date_and_tells_the_same(made: Callable[..., Made]) -> None:
    one = made()
    written = one.write(*BOTH)
    again = one.look_up()
    assert not again.todo and not again.pending
    assert again.rows == [{**row, "outcome": "up to date"} for row in written.rows]


def test_only_the_map_that_is_gone_is_made_again(made: Callable[..., Made]) -> None:
    one = made()
    one.write(*BOTH)
    (one.out / "a_score-cam.png").unlink()
    state = one.look_up()
    assert list(state.todo["conv"]) == ["score-cam"] and told(state) == [("grad-cam", "up to date")]


def test_with_several_classes_files_have_their_names_and_ranks(made: Callable[..., Made]) -> None:
    one = made(methods=("grad-cam",), classes=("top2",))
    state = one.write(explained("grad-cam", 2), explained("grad-cam", 0))
    assert [row["class_name"] for row in state.rows] == ["cat", "ant"]
    assert names(one.out) == ["a_grad-cam_ant.png", "a_grad-cam_cat.png"]
    ranks = {name: provenance(one.out / f"a_grad-cam_{name}.png")["rank"] for name in ("cat", "ant")}
    assert ranks == {"cat": 0, "ant": 1}
    again = made(methods=("grad-cam",), classes=("top2",)).look_up()
    assert [row["class_name"] for row in again.rows] == ["cat", "ant"] and not again.todo


# --- Failures ----------------------------------------------------------------------------------------


def test_a_file_of_somebody_elses_fails_the_image_before_it_is_read(made: Callable[..., Made]) -> None:
    one = made()
    one.out.mkdir()
    (one.out / "a_score-cam.png").write_text("mine", encoding="utf-8")
    with pytest.raises(XaiCamError, match="was not written by xai-cam"):
        one.look_up()


def test_where_classes_name_the_files_it_fails_when_these_are_known(made: Callable[..., Made]) -> None:
    """The other class is written all the same."""
    one = made(methods=("grad-cam",), classes=("top2",))
    one.out.mkdir()
    (one.out / "a_grad-cam_cat.png").write_text("mine", encoding="utf-8")
    state = one.write(explained("grad-cam", 2), explained("grad-cam", 0))
    assert [row["outcome"] for row in state.rows] == ["failed", "written"]
    assert "was not written by xai-cam" in state.failure
    assert (one.out / "a_grad-cam_cat.png").read_text(encoding="utf-8") == "mine"


def test_a_map_that_is_not_finite_fails_alone(made: Callable[..., Made]) -> None:
    one = made()
    state = one.write(explained("grad-cam", status="non-finite", cause="NaN"), explained("score-cam"))
    assert [(row["outcome"], row["status"]) for row in state.rows] == [
        ("failed", "failed"),
        ("written", "ok"),
    ]
    assert state.failure == "the grad-cam map is not finite: NaN"
    assert names(one.out) == ["a_score-cam.png"]


def test_a_blank_map_is_written_and_told(made: Callable[..., Made]) -> None:
    one = made()
    state = one.write(explained("grad-cam", status="blank", cause="dead"), explained("score-cam"))
    assert state.notices == ["a.png: grad-cam is blank: dead."] and not state.failure
    assert [row["status"] for row in state.rows] == ["blank", "ok"] and len(names(one.out)) == 2


def test_what_is_told_of_a_map_names_its_class_where_there_are_several(made: Callable[..., Made]) -> None:
    one = made(methods=("grad-cam",), classes=("top2",))
    blank = {"status": "blank", "cause": "dead"}
    state = one.write(explained("grad-cam", 2, **blank), explained("grad-cam", 0, **blank))
    assert state.notices == [f"a.png: grad-cam of {LABELS[k]} is blank: dead." for k in (2, 0)]


def test_and_its_layer_where_there_are_several(made: Callable[..., Made]) -> None:
    one = made(methods=("grad-cam",), layers=("conv", "last"))
    shown = [one.work._shown_by(explained("grad-cam", layer=layer), False) for layer in ("conv", "last")]
    assert shown == ["grad-cam at conv", "grad-cam at last"]


def test_a_full_disk_fails_the_map(made: Callable[..., Made], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OutputError("No space left on device.")

    monkeypatch.setattr("xai_cam.runs.image_state.write_whole", full)
    state = made().write(*BOTH)
    assert state.failure == "No space left on device." and [o for _, o in told(state)] == ["failed"] * 2


# --- The page ----------------------------------------------------------------------------------------


def test_a_page_gets_the_picture_once_if_there_is_a_map_to_show(made: Callable[..., Made]) -> None:
    one = made()
    one.write(*BOTH)
    assert one.page.given == [(sha256(one.work.plan.tasks[0].image.path), (24, 30, 3))]
    other = made(methods=("hires-cam",))
    other.write(explained("hires-cam", status="non-finite", cause="NaN"))
    assert other.page.given == []
