"""What a page says of a run: what was asked for, and what the images truly show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.commands import sha256
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import Labels
from xai_cam.models.loading.custom_code import read_code
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.report.facts import colours_of, facts_of, truth_of
from xai_cam.runs.plan import Plan, Request
from xai_cam.runs.tasks import Task

LABELS = Labels(("ant", "bee", "Café"))


def task_in(folder: str) -> Task:
    return Task(ImageFile(Path("photos", folder, "a.png"), Path(folder)), Path("out"), "a")


# --- Facts -------------------------------------------------------------------------------------------


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "model.json").write_text("model", encoding="utf-8")
    (tmp_path / "weights.h5").write_text("weights", encoding="utf-8")
    return Plan(Request(), ModelFiles(tmp_path / "model.json", tmp_path / "weights.h5"), [])


def test_facts_of_a_plain_run(plan: Plan, tmp_path: Path) -> None:
    *facts, tool = facts_of(plan, "unit rgb")
    assert facts == [
        ("model", str(tmp_path / "model.json")),
        ("SHA-256 of the model", sha256(tmp_path / "model.json")),
        ("weights", str(tmp_path / "weights.h5")),
        ("SHA-256 of the weights", sha256(tmp_path / "weights.h5")),
        ("preprocessing", "unit rgb"),
        ("methods", "grad-cam"),
        ("layers", "the default"),
        ("classes", "predicted"),
        ("score", "each method's own"),
        ("colours", "glow, alpha, opacity 0.75"),
    ]
    assert tool[0] == "tool" and tool[1].startswith("xai-cam ")


def test_the_code_of_custom_objects_is_a_fact(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("x = 1", encoding="utf-8")
    plan.files = replace(plan.files, code=read_code(str(tmp_path / "own.py")))
    facts = dict(facts_of(plan))
    assert facts["custom objects"] == str(tmp_path / "own.py")
    assert facts["SHA-256 of the custom objects"] == sha256(tmp_path / "own.py")


def test_everything_that_was_asked_for_is_a_fact(plan: Plan) -> None:
    plan.request = Request(
        methods=("grad-cam", "score-cam"),
        layers=("conv_1", None),
        classes=("top2", "ant"),
        score="logit",
        max_channels=8,
        precision="bf16",
        fuse="mean",
        preprocess="caffe",
        size=(24, 30),
        colormap="bone",
        blend="constant",
        opacity=0.25,
    )
    facts = dict(facts_of(plan))
    expected = {
        "preprocessing": "caffe",
        "size of the input": "24 x 30",
        "methods": "grad-cam, score-cam",
        "layers": "conv_1, the default",
        "fused": "mean",
        "classes": "top2, ant",
        "score": "logit",
        "channels": "8 at most",
        "precision": "bf16",
        "colours": "bone, constant, opacity 0.25",
    }
    assert {name: facts[name] for name in expected} == expected


def test_a_model_of_one_file_has_no_weights_of_its_own(plan: Plan) -> None:
    plan.files = replace(plan.files, weights=None)
    assert "weights" not in " ".join(name for name, _ in facts_of(plan))


def test_the_colours_of_a_sign_and_what_they_mean() -> None:
    plain, against, both = (colours_of(Request(sign=sign)) for sign in ("positive", "negative", "both"))
    assert (plain.low, plain.high, plain.note) == ("0", "maximum of each map", "")
    assert (against.shades, against.low, against.high) == (plain.shades, "0", "most against the class")
    assert (both.low, both.high) == ("against the class", "for it") and both.shades != plain.shades
    blue, red = both.shades[0], both.shades[-1]
    assert blue[5:] > blue[1:3] and red[1:3] > red[5:], "as #rrggbb"


def test_maps_that_are_brightened_are_named_below_the_colours() -> None:
    """Those of gradients at the input are, and those of patches of it are not."""
    request = Request(methods=("grad-cam", "saliency", "occlusion", "smooth-grad"))
    note = "saliency, smooth-grad: full colour from the map's 99th percentile on"
    assert colours_of(request).note == note
    assert colours_of(replace(request, sign="both")).note == note


# --- Truth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "truth"),
    [
        ("ant", 0),
        ("bee", 1),
        ("deep/bee", 1),
        ("Cafe\N{COMBINING ACUTE ACCENT}", 2),  # as some disks write it
        ("other", None),
        ("1", None),  # a number is a class only where the folder was asked for
    ],
)
def test_the_folder_names_the_class(folder: str, truth: int | None) -> None:
    assert truth_of(task_in(folder), Request(), LABELS) == truth


def test_a_name_that_two_classes_share_tells_nothing() -> None:
    assert truth_of(task_in("ant"), Request(), Labels(("ant", "ant"))) is None


def test_ids_of_the_labels_are_names_too() -> None:
    labels = Labels(("crane", "crane"))
    labels.ids = ("n1", "n2")
    assert truth_of(task_in("n2"), Request(), labels) == 1


def test_numbers_count_where_classes_were_asked_for_by_folder() -> None:
    request = Request(classes=("folder",))
    assert truth_of(task_in("1"), request, None) == 1
    assert truth_of(task_in("other"), request, None) is None
    assert truth_of(task_in("ant"), request, LABELS) == 0


def test_without_labels_nothing_is_known() -> None:
    assert truth_of(task_in("ant"), Request(), None) is None
