"""Operations that give tensors by the million are refused before Keras makes one of them."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from keras import ops

from xai_cam.errors import ModelError
from xai_cam.models.loading.building import build
from xai_cam.models.loading.parts import MAX_PARTS, check_parts


def splitting(class_name: str, sections: int) -> dict[str, Any]:
    """A functional model that ends in an operation."""
    image = keras.Input((16, 16, 3))
    parts = getattr(ops, {"Split": "split", "ArraySplit": "array_split"}[class_name])(image, 3, axis=3)
    config: dict[str, Any] = json.loads(keras.Model(image, parts).to_json())
    (operation,) = (one for one in config["config"]["layers"] if one["class_name"] == class_name)
    operation["config"] |= {"name": "a", "indices_or_sections": sections}
    if sections > 3:
        operation["config"]["axis"] = 0  # that of the images, whose number is open
    return config


@pytest.mark.parametrize("class_name", ["Split", "ArraySplit"])
def test_too_many_sections(class_name: str) -> None:
    with pytest.raises(ModelError, match=r"^The operation 'a' gives 16,777,216 tensors, more than 10,000"):
        build(splitting(class_name, 2**24))


def test_wherever_it_is() -> None:
    for inner in ({"indices_or_sections": [0] * (MAX_PARTS + 1)}, {"num": MAX_PARTS + 1}):
        with pytest.raises(ModelError, match=r"The operation 'Odd' gives 10,001 tensors"):
            check_parts(
                {"config": {"layers": [{"config": {"layer": {"class_name": "Odd", "config": inner}}}]}}
            )


def test_others_are_built() -> None:
    assert len(build(splitting("Split", 3)).outputs) == 3
    check_parts(
        {"class_name": "Odd", "config": {"num": MAX_PARTS, "indices_or_sections": None, "units": 10**6}}
    )
    check_parts({"class_name": None, "config": {"num": 10**9}})
    check_parts([{"class_name": "Odd", "config": ["num"]}])
