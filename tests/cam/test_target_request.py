"""What a caller asks, checked."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from support.target_networks import X, network
from xai_cam.cam.explain import explain
from xai_cam.cam.target_request import TargetRequest
from xai_cam.errors import InputError
from xai_cam.images.picture import Region
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.network import Network
from xai_cam.models.output.model_output import EVERY

LABELS = ["cat", "dog", "lynx", "fox", "owl"]


def first(y: Any) -> Any:
    return y[:, 0]


def second(y: Any) -> Any:
    return y[:, 1]


def test_outputs() -> None:
    assert TargetRequest().outputs == () and TargetRequest("kind").outputs == ("kind",)
    assert TargetRequest([0, "kind"]).outputs == (0, "kind")
    assert TargetRequest(target=first).outputs == EVERY and TargetRequest(1, target=first).outputs == (1,)


def test_rivals_by_name_and_number() -> None:
    for against in ("lynx", 2, ["lynx", 2], np.int64(2)):
        assert TargetRequest(against=against).targets(network("classes"), LABELS).aim.against == (2,)
    assert TargetRequest(against="similar").targets(network("classes")).aim.against == "similar"
    named = ["similar", *LABELS[1:]]  # a class may be called so
    assert TargetRequest(against="similar").targets(network("classes"), named).aim.against == (0,)
    with pytest.raises(InputError, match=r"not among the labels. Nearest: lynx"):
        TargetRequest(against="linx").targets(network("classes"), LABELS)


def test_a_function_for_each_image() -> None:
    asked = TargetRequest(target=[first, second, first])
    assert asked.functions == (first, second)
    assert asked.classes("predicted", 3).tolist() == [[0], [1], [0]]
    with pytest.raises(InputError, match=r"3 functions for 2 images"):
        asked.classes("predicted", 2)
    assert TargetRequest(target=first).classes("predicted", 2) == "predicted"


@pytest.mark.parametrize("target_class", [2, "cat", ["top2"], np.array([[1], [2]])])
def test_a_number_without_classes_takes_none(target_class: Any) -> None:
    for options in ({"target": first}, {"target": [first, second]}, {"like": X[0]}):
        with pytest.raises(InputError, match=r"has no classes. Leave out `target_class`"):
            TargetRequest(**options).classes(target_class, 2)


def test_masks_at_the_size_of_the_output() -> None:
    asked = TargetRequest(masks=np.kron(np.eye(12), np.ones((2, 2)))[None].repeat(3, 0) * 255)
    targets = asked.targets(network("places"))
    (found,) = asked.with_regions(targets, Inputs(X)).regions
    assert found.dtype == np.uint8 and np.array_equal(found, np.eye(12)[None].repeat(3, 0))


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"region": "some"}, "places", "`region` is 'some'"),
        ({"region": "all"}, "classes", "`region` is for a segmentation"),
        ({"masks": np.ones((3, 12, 12))}, "classes", "`masks` is for a segmentation"),
        ({"against": 1, "like": X[0]}, "classes", "exclude each other"),
        ({"like": X[0][:5]}, "embedding", "^`like`: "),
        ({"target": "cat"}, "classes", "`target` is no function"),
        ({"target": []}, "classes", "`target` is no function"),
        ({"against": []}, "classes", "Name classes"),
        ({"masks": np.ones((3, 12, 12)), "region": "all"}, "places", "exclude each other"),
        ({"against": 1.5}, "classes", "Name classes"),
    ],
)
def test_what_makes_no_sense(options: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TargetRequest(**options).targets(network(kind))


def test_masks_may_judge_the_maps_of_whole_images() -> None:
    masks = np.ones((3, 5, 5))
    assert TargetRequest(masks=masks, judging=True).targets(network("classes")).aim.region == "predicted"


def test_masks_of_another_number() -> None:
    asked = TargetRequest(masks=np.ones((2, 12, 12)))
    with pytest.raises(InputError, match=r"shape \(2, 12, 12\) for 3 images"):
        asked.with_regions(asked.targets(network("places")), Inputs(X))


def test_masks_of_an_output_that_covers_the_middle() -> None:
    """Convolutions without padding take a pixel from each side: a mask is cropped, not squeezed."""
    image = keras.Input((12, 12, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu")(image)
    made = keras.Model(image, keras.layers.Conv2D(2, 1, activation="softmax")(maps))
    masks = np.zeros((3, 12, 12))
    masks[:, 1, 3] = masks[:, 0, 0] = 1
    asked = TargetRequest(masks=masks)
    targets = asked.targets(Network(made))
    (found,) = asked.with_regions(targets, Inputs(X)).regions
    assert found.shape == (3, 10, 10) and np.argwhere(found[0]).tolist() == [[0, 2]]
    explained = explain(made, X, target_class=0, masks=masks)[0]
    placed = explained.placed_region(Region(0, 0, 24, 24))
    assert placed is not None and np.allclose(placed.region.spans, ((2, 22), (2, 22)))
    assert np.argwhere(explained.region_on_input((12, 12))).tolist() == [[1, 3]]
