"""Names of outputs that tell more than the class: the sign of a map, and the output of the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from support.runs import MAP, plan_of
from xai_cam.files.provenance import encode_array


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


OUTPUTS = ("kind of animal", "other")


def test_the_output_of_a_model_with_several_is_part_of_the_names(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(b"pixels")
    plan = plan_of(tmp_path, [image], classes=("top2",), saves=("raw",), output_names=OUTPUTS)
    task = plan.tasks[0]
    asked = {"class": 2, "output_name": "kind of animal", "outputs": list(OUTPUTS)}
    path = plan.output(task, None, "grad-cam", asked, "raw")
    assert path.name == "a_grad-cam_kind-of-animal_2.npy"
    said = {
        **MAP,
        "output_name": "kind of animal",
        "outputs": list(OUTPUTS),
        "class_name": "2",
        "predicted_name": "2",
    }
    said["request"] = plan.digest(task, None, "grad-cam", "raw")
    path.parent.mkdir(exist_ok=True)
    for name, found in ((path, True), (path.with_name("a_grad-cam_other_2.npy"), False)):
        name.write_bytes(encode_array(np.zeros((2, 2), np.float32), said))
        fresh = replace(plan, _listings={})  # a plan lists a folder once
        assert (fresh.done(task, None, "grad-cam") is not None) == found
        name.unlink()
