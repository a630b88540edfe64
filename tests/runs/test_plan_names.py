"""Names of outputs that tell more than the class: a map's sign, the model's output; names within boxes."""

from __future__ import annotations

from pathlib import Path

from support.runs import plan_of
from xai_cam.images.finding import ImageFile
from xai_cam.runs.plan import make_plan


def test_a_sign_is_part_of_the_names(tmp_path: Path) -> None:
    """Behind a hyphen, so that no class of its name, as of a medical test, has the same files."""
    image, names = tmp_path / "a.png", set()
    image.write_bytes(b"pixels")
    for classes in (("predicted",), ("0", "1")):
        for sign in ("positive", "negative", "both"):
            plan = plan_of(tmp_path, [image], sign=sign, classes=classes, labels=("negative", "both"))
            names |= {plan.output(plan.tasks[0], None, "grad-cam", i, "overlay").name for i in (0, 1)}
    assert names == {
        *("a_grad-cam.png", "a_grad-cam-negative.png", "a_grad-cam-both.png"),
        *("a_grad-cam_negative.png", "a_grad-cam-negative_negative.png", "a_grad-cam-both_negative.png"),
        *("a_grad-cam_both.png", "a_grad-cam-negative_both.png", "a_grad-cam-both_both.png"),
    }


def test_the_output_of_a_model_with_several_is_part_of_the_names(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(b"pixels")
    outputs = ("kind of animal", "other")
    plan = plan_of(tmp_path, [image], classes=("top2",), saves=("raw",), output_names=outputs)
    names = [
        plan.output(plan.tasks[0], None, "grad-cam", told, "raw").name
        for told in ({"class": 2, "output_name": name, "outputs": list(outputs)} for name in outputs)
    ]
    assert names == ["a_grad-cam_kind-of-animal_2.npy", "a_grad-cam_other_2.npy"]


def test_boxes_follow_the_name_that_they_have_of_the_image(tmp_path: Path) -> None:
    """From another folder it is another one; masks name no image."""
    image = tmp_path / "q" / "a.png"
    image.parent.mkdir()
    image.write_bytes(b"pixels")
    plan = plan_of(tmp_path, [image])
    plans = [make_plan(plan.request, plan.files, [ImageFile(image, Path(below))]) for below in ("", "q")]
    masks, boxes = (
        {one.digest(one.tasks[0], None, "grad-cam", save) for one in plans} for save in ("mask", "boxes")
    )
    assert len(masks) == 1 and len(boxes) == 2
