"""Where outputs go, and which are done already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.runs import MAP
from support.systems import link
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.provenance import encode_array, encode_picture
from xai_cam.images.extras import read_extras
from xai_cam.images.finding import find_images
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.plan import SAVES, Plan, Request, make_plan

LABELS = ("cat", "wild cat", "dog")
MakePlan = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePlan:
    """Writes files of different content and plans for what find_images finds of the arguments."""
    monkeypatch.chdir(tmp_path)
    Path("m.json").write_text("{}", encoding="utf-8")
    Path("m.h5").write_bytes(b"weights")

    def plan(*arguments: str, output: str | None = None, overwrite: bool = False, **request: Any) -> Plan:
        images = find_images(arguments, recursive=True).images
        files = ModelFiles(Path("m.json"), Path("m.h5"))
        return make_plan(Request(**request), files, images, Path(output) if output else None, overwrite)

    return plan


def touch(*names: str) -> None:
    for path in map(Path, names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.as_posix().encode())


def outputs(plan: Plan, target_class: int = 1) -> list[str]:
    """Every output, in order."""
    return [
        plan.output(task, layer, method, target_class, save).as_posix()
        for task in plan.tasks
        for layer in plan.request.layers
        for method in plan.request.methods
        for save in plan.request.saves
    ]


# --- Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ["p/a_grad-cam.png"]),
        ({"classes": ("top1",)}, ["p/a_grad-cam.png"]),
        ({"classes": ("2",), "labels": LABELS}, ["p/a_grad-cam.png"]),
        ({"classes": ("top2",)}, ["p/a_grad-cam_1.png"]),
        ({"classes": ("0", "predicted"), "labels": LABELS}, ["p/a_grad-cam_wild-cat.png"]),
        ({"methods": ("grad-cam", "score-cam"), "outline": False}, ["p/a_grad-cam.png", "p/a_score-cam.png"]),
        ({"layers": ("x/conv",)}, ["p/a_grad-cam.png"]),
        ({"layers": ("x/conv:0", None)}, ["p/a_x.conv-0_grad-cam.png", "p/a_default_grad-cam.png"]),
        (
            {"saves": ("overlay", "heatmap", "raw"), "file_format": "jpg", "classes": ("top2",)},
            ["p/a_grad-cam_1.jpg", "p/a_grad-cam_1_heatmap.jpg", "p/a_grad-cam_1.npy"],
        ),
    ],
)
def test_names(planned: MakePlan, request_: dict[str, Any], expected: list[str]) -> None:
    touch("p/a.jpg")
    assert outputs(planned("p/a.jpg", **request_)) == expected


def test_a_class_that_is_not_known_yet(planned: MakePlan) -> None:
    touch("a.jpg")
    plan = planned("a.jpg", classes=("top2",))
    assert plan.output(plan.tasks[0], None, "grad-cam", None, "raw") == Path("a_grad-cam_{class}.npy")


def test_a_request_is_tidied() -> None:
    tidy = Request(methods=("b", "a", "b"), layers=(), classes=("0", "0")).tidy()
    assert (tidy.methods, tidy.layers, tidy.classes) == (("b", "a"), (None,), ("0",))


# --- Places ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "output", "expected"),
    [
        (["p"], None, ["p/a", "p/b.jpg", "p/b.png", "p/q/a"]),  # one stem: the whole name
        (["p"], "out", ["out/a", "out/b.jpg", "out/b.png", "out/q/a"]),  # the tree
        (["p/a.jpg", "p/q/a.jpg"], None, ["p/a", "p/q/a"]),
        (["p/a.jpg", "p/q/a.jpg"], "out", ["out/a", "out/q/a"]),  # both would be out/a
        (["p/a.jpg", "r/b.jpg"], "out", ["out/a", "out/b"]),
        (["p/a.jpg", "r/a.png"], "out", ["out/a.jpg", "out/a.png"]),
        (["p", "r"], "out", [*("out/p/a", "out/p/b.jpg", "out/p/b.png"), "out/p/q/a", "out/r/a", "out/r/b"]),
        (["p/a.jpg", "r/A.JPG"], "out", ["out/p/a", "out/r/A"]),  # differ in case alone
        (["a.jpg.png", "a.jpg"], None, ["a.jpg", "a"]),
        (["c"], None, ["c/a.jpg", "c/a.jpg.bmp", "c/a.png"]),  # a whole name that is another's stem
        (["d"], None, ["d/A.JPG", "d/a.jpg"]),  # differ in case alone, on a disk that tells them apart
    ],
)
def test_places(planned: MakePlan, arguments: list[str], output: str | None, expected: list[str]) -> None:
    touch("p/a.jpg", "p/b.jpg", "p/b.png", "p/q/a.jpg", "r/a.png", "r/b.jpg", "a.jpg", "a.jpg.png")
    touch("c/a.jpg", "c/a.png", "c/a.jpg.bmp", "d/a.jpg", "d/A.JPG", *["r/A.JPG"] * ("r" not in arguments))
    if "d" in arguments and len(list(Path("d").iterdir())) == 1:
        pytest.skip("this disk takes a.jpg and A.JPG for one")
    plan = planned(*arguments, output=output)
    assert outputs(plan) == [f"{place}_grad-cam.png" for place in expected]


@pytest.mark.parametrize(
    ("names", "request_"),
    [
        (("p/a.jpg", "p/a_b.jpg"), {"layers": ("b_c", "c")}),
        (("p/a.jpg",), {"layers": ("b/c", "b.c")}),
    ],
)
def test_two_outputs_of_one_name_are_refused(
    planned: MakePlan, names: tuple[str, ...], request_: dict[str, Any]
) -> None:
    touch(*names)
    with pytest.raises(InputError, match="the same name"):
        planned("p", **request_)


def test_one_input_is_never_two(planned: MakePlan) -> None:
    """Whatever way it is named: one of the outputs would replace the other."""
    touch("p/a.jpg")
    link(Path("link"), "p")
    assert len(planned("p", "link", "p/../link/a.jpg", "link/*").tasks) == 1


def test_targets(planned: MakePlan) -> None:
    """Own outputs may be replaced; others only when asked; inputs and the model never."""
    touch("a.jpg", "foreign.png")
    Path("own.png").write_bytes(encode_picture(np.zeros((2, 2, 3), np.uint8), {"a": 1}, "png"))
    link(Path("link.png"), "a.jpg")
    plan = planned("a.jpg")
    for fine in ("new.png", "own.png"):
        plan.check_target(Path(fine))
    with pytest.raises(XaiCamError, match=r"foreign\.png exists"):
        plan.check_target(Path("foreign.png"))
    replacing = planned("a.jpg", overwrite=True)
    replacing.check_target(Path("foreign.png"))
    for taken in ("a.jpg", "m.json", "m.h5", "link.png", "../" + Path.cwd().name + "/a.jpg"):
        with pytest.raises(InputError, match="one of the inputs"):
            replacing.check_target(Path(taken))
        with pytest.raises(InputError, match="one of the inputs"):
            plan.check_not_input(Path(taken))


# --- Up to date --------------------------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    **{"classes": ("0",), "labels": LABELS, "score": "logit", "preprocess": "raw"},
    **{"channel_order": "bgr", "fit": "crop", "size": (8, 8), "head": "softmax", "sign": "both"},
    **{"colormap": "jet", "opacity": 0.4, "blend": "spotlight", "file_format": "jpg"},
    **{"saves": ("overlay", "raw"), "methods": ("grad-cam", "score-cam"), "outline": False},
    **{"layers": (None, "conv"), "enlarge": 1, "fuse": "mean", "max_channels": 5, "precision": "bf16"},
    **{"resize_with": "nearest", "window": (0.0, 4095.0), "depth": 12, "call": 1, "reshape": (7, 7)},
    **{"output_names": ("kind",), "against": ("0",), "region": "all", "frame": 2, "show_bands": (1,)},
    **{"grid": True, "theme": "dark", "marks": ("peak",), "animation": "gif", "max_pixels": 99},
    **{"image_input": "left", "extra": (("age", "3"),), "extras": read_extras([("age", "3")], [])},
    **{"tolerance": 0.02, "channels_by": "spread", "shrink_on_load": True},
    **{"threshold": "otsu", "components": "all"},
    **{"samples": 7, "seed": 3, "smooth": True, "patch": 4, "stride": 2},
}
OF_FIGURES, OF_OVERLAYS = {"theme", "marks"}, {"opacity", "blend", "grid", "outline"}
PICTURE_ONLY = {"colormap", "file_format", "enlarge", "animation", *OF_OVERLAYS, *OF_FIGURES}
OF_CHANNELS = {"max_channels", "precision", "tolerance", "channels_by"}
OF_PARTS, OF_SAMPLES = {"threshold", "components"}, {"samples", "seed", "patch", "stride"}
NOT_THE_CONTENT = {"saves", "methods", "layers", "fuse", "max_pixels", *OF_SAMPLES, *OF_CHANNELS}
"""What else is written, beside the output looked at; or what only other methods heed."""


@pytest.mark.parametrize(("save", "name"), product(SAVES, CHANGES))
def test_the_digest_follows_what_is_asked_for(planned: MakePlan, name: str, save: str) -> None:
    touch("a.jpg")
    before, after = (
        plan.digest(plan.tasks[0], None, "grad-cam", save)
        for plan in (planned("a.jpg"), planned("a.jpg", **{name: CHANGES[name]}))
    )
    unchanged = (
        NOT_THE_CONTENT
        | {
            "overlay": {"animation", *OF_FIGURES, *OF_PARTS},
            "figure": {"enlarge", "animation", *OF_PARTS},
            "animation": {"file_format", *OF_FIGURES, *OF_PARTS},
            "heatmap": {"animation", *OF_OVERLAYS, *OF_FIGURES, *OF_PARTS},
            "raw": PICTURE_ONLY | OF_PARTS,
            "mask": PICTURE_ONLY,
            "boxes": PICTURE_ONLY,
        }[save]
    )
    assert (before == after) == (name in unchanged)


def test_every_field_of_a_request_is_covered() -> None:
    assert {*CHANGES, "masks", "like"} == set(Request.__dataclass_fields__)


def test_the_digest_follows_the_files(planned: MakePlan) -> None:
    """Content, method, layer and kind; not names, folders or times."""

    def digest(image: str, layer: str | None = None, method: str = "grad-cam", save: str = "raw") -> str:
        plan = planned(image)
        return plan.digest(plan.tasks[0], layer, method, save)

    touch("a.jpg", "b.jpg")
    Path("copy").mkdir()
    Path("copy/of.png").write_bytes(Path("a.jpg").read_bytes())
    assert digest("copy/of.png") == (first := digest("a.jpg"))
    others = {digest("b.jpg"), digest("a.jpg", "c"), digest("a.jpg", None, "score-cam")}
    others |= {digest("a.jpg", save="heatmap")}
    for changed in ("m.h5", "m.json"):
        Path(changed).write_bytes(b"other")
        others.add(digest("a.jpg"))
    assert len(others - {first}) == 6


def write_outputs(plan: Plan, classes: list[int]) -> None:
    """What a run would leave behind for the plan's first image."""
    task = plan.tasks[0]
    for rank, target in enumerate(classes):
        for save in plan.request.saves:
            said = {**MAP, "rank": rank, "classes": len(classes), "class": target, "class_name": str(target)}
            said["request"] = plan.digest(task, None, "grad-cam", save)
            path = plan.output(task, None, "grad-cam", target, save)
            pixels, form = np.zeros((2, 2, 3), np.uint8), plan.request.file_format
            raw = save == "raw"
            path.write_bytes(encode_array(pixels, said) if raw else encode_picture(pixels, said, form))


@pytest.mark.parametrize("saves", [("overlay",), ("raw",), ("overlay", "heatmap", "raw")])
@pytest.mark.parametrize(("spec", "found"), [("predicted", [2]), ("top3", [2, 0, 1]), ("top10", [2, 0, 1])])
def test_done(planned: MakePlan, saves: tuple[str, ...], spec: str, found: list[int]) -> None:
    """Done means every class and every kind, in the order of the ranks; `top10` of 3 classes has 3."""
    touch("a.jpg")
    asked: dict[str, Any] = {"classes": (spec,), "labels": LABELS, "saves": saves}
    plan = planned("a.jpg", **asked)
    assert plan.done(plan.tasks[0], None, "grad-cam") is None
    write_outputs(plan, found)
    plan = planned("a.jpg", **asked)
    done = plan.done(plan.tasks[0], None, "grad-cam")
    assert done is not None
    assert [said["class"] for said in done] == found
    for said in done:
        paths = [str(plan.output(plan.tasks[0], None, "grad-cam", said["class"], s)) for s in saves]
        assert said["paths"] == dict(zip(saves, paths, strict=True))
    assert plan.done(plan.tasks[0], None, "score-cam") is None
    assert replace(plan, overwrite=True).done(plan.tasks[0], None, "grad-cam") is None
    other = planned("a.jpg", **asked, fit="crop")
    assert other.done(other.tasks[0], None, "grad-cam") is None
    last = Path(done[-1]["paths"][saves[-1]])
    for damage in (b"", None):
        last.unlink() if damage is None else last.write_bytes(damage)
        plan = planned("a.jpg", **asked)
        assert plan.done(plan.tasks[0], None, "grad-cam") is None


def test_copies_of_outputs_count_for_nothing(planned: MakePlan) -> None:
    touch("a.jpg")
    plan = planned("a.jpg", classes=("top2",), labels=LABELS)
    write_outputs(plan, [0, 1])
    Path("a_grad-cam_cat copy.png").write_bytes(Path("a_grad-cam_cat.png").read_bytes())
    plan = planned("a.jpg", classes=("top2",), labels=LABELS)
    done = plan.done(plan.tasks[0], None, "grad-cam")
    assert done is not None
    assert [said["paths"]["overlay"] for said in done] == ["a_grad-cam_cat.png", "a_grad-cam_wild-cat.png"]
    Path("a_grad-cam_cat.png").unlink()
    assert plan.done(plan.tasks[0], None, "grad-cam") is None


def test_folder_classes_differ_by_folder(planned: MakePlan) -> None:
    touch("cat/a.jpg", "dog/b.jpg")
    plan = planned("cat", "dog", classes=("folder", "predicted"), labels=LABELS)
    found = [task.classes(plan.request.classes, plan.request.labels) for task in plan.tasks]
    assert found == [[0, "predicted"], [2, "predicted"]]


def test_the_nearest_folder_that_is_a_class_counts(planned: MakePlan) -> None:
    touch("set/dog/puppies/a.jpg", "set/dog/cat/b.jpg")
    plan = planned("set", classes=("folder",), labels=LABELS)
    asked = plan.request.classes, plan.request.labels
    said = {task.image.path.name: task.classes(*asked) for task in plan.tasks}
    assert said == {"a.jpg": [2], "b.jpg": [0]}
