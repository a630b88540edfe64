"""Models and inputs as callers bring them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.target_networks import AGES, X, model, network
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.opening import Places, names_for, open_both, opened, pictured_by
from xai_cam.cam.target_request import TargetRequest
from xai_cam.errors import InputError
from xai_cam.models.input.inputs import Inputs


@pytest.mark.parametrize("given", ["dict", "list", "extra", "inputs"])
def test_several_inputs(given: str) -> None:
    images: Any = {
        "dict": {"photo": X, "age": AGES},
        "list": [X, AGES],
        "extra": X,
        "inputs": Inputs(X, (AGES,)),
    }[given]
    found, batch = open_both(model("several"), images, extra={"age": AGES} if given == "extra" else None)
    assert found is not None and found.image_name == "photo"
    np.testing.assert_array_equal(batch.images, X)
    np.testing.assert_array_equal(batch.extras[0], AGES)
    assert pictured_by(found, images) is X


def test_a_list_of_images_is_none_of_inputs() -> None:
    _, batch = open_both(model("several"), list(X[:2]), extra={"age": AGES[:2]})
    np.testing.assert_array_equal(batch.images, X[:2])
    assert network("several", "kind").image_name == "photo"
    assert pictured_by(network("several", "kind"), [X, AGES]) is X


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="besides the image, for which nothing is given: age"):
        open_both(model("several"), X)
    with pytest.raises(InputError, match=r"not among the inputs given .picture, age.. Name them 'photo'"):
        open_both(model("several"), {"picture": X, "age": AGES})


def test_no_images() -> None:
    assert (
        opened(model("classes"), X[:0], Computing(), Places(), TargetRequest(), "predicted", None, None)
        is None
    )


def test_all_that_is_needed() -> None:
    asked = TargetRequest("mask", masks=np.ones((3, 12, 12)))
    found = opened(
        *(model("several"), {"photo": X, "age": AGES}, Computing(), Places(), asked),
        *("sky+sea", ["sky", "sea"], None),
    )
    assert found is not None and found.targets.aim.region == "masks" and found.names == ["sky", "sea"]
    assert found.inputs.regions[0].shape == (3, 12, 12) and found.classes == "0+1"


def test_labels_are_those_of_the_first_output() -> None:
    assert names_for(network("several", "mask"), ["sky", "sea"]) == ["sky", "sea"]
    with pytest.raises(InputError):
        names_for(network("several", "mask"), ["sky", "sea", "land"])
