"""What is asked of a run of features: order, names of files, and what contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.features.request import FeatureRequest
from xai_cam.images.finding import ImageFile
from xai_cam.runs.tasks import Task

TASK = Task(ImageFile(Path("photos/a.png"), Path()), Path("out"), "a")


@pytest.mark.parametrize(
    ("request_", "order"),
    [
        (FeatureRequest(), None),
        (FeatureRequest(top=3), "energy"),
        (FeatureRequest(target="1"), "weight"),
        (FeatureRequest(target="1", top=3), "weight"),
        (FeatureRequest(by="weight"), "weight"),
        (FeatureRequest(by="energy"), "energy"),
    ],
)
def test_channels_are_ordered_by_what_was_asked(request_: FeatureRequest, order: str | None) -> None:
    assert request_.order == order


def test_layers_are_named_once() -> None:
    assert FeatureRequest(layers=("a", "b", "a")).tidy().layers == ("a", "b")
    assert FeatureRequest(layers=()).tidy().layers == (None,)


@pytest.mark.parametrize(
    "request_",
    [
        FeatureRequest(by="energy", target="1"),
        FeatureRequest(target="top3"),
        FeatureRequest(target="walrus", labels=("cat", "dog")),
    ],
)
def test_what_contradicts_itself_is_refused(request_: FeatureRequest) -> None:
    with pytest.raises(InputError):
        request_.tidy()


@pytest.mark.parametrize("target", [None, "folder", "1", "dog", "top1"])
def test_one_class_is_taken(target: str | None) -> None:
    assert FeatureRequest(target=target, labels=("cat", "dog")).tidy().target == target


def test_names_of_files_say_layer_and_kind() -> None:
    assert FeatureRequest().names(TASK) == {"grid": "a_features.png"}
    both = FeatureRequest(layers=("conv", "pool"), saves=("grid", "npy"))
    assert both.names(TASK) == {
        "grid": "a_conv+pool_features.png",
        "npy0": "a_conv_features.npy",
        "npy1": "a_pool_features.npy",
    }
    assert both.stems(TASK) == list(both.names(TASK).values())


def test_layers_whose_names_meet_have_files_of_their_own() -> None:
    names = FeatureRequest(layers=("a/b", "a.b"), saves=("npy",)).names(TASK)
    assert len(set(names.values())) == 2 and names["npy0"] == "a_a.b_features.npy"
