"""Names of outputs that tell more than the class: the sign of a map, and the output of the model."""

from __future__ import annotations

from pathlib import Path

from support.runs import plan_of


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
