"""What follows from what is known of a network; its parts are said, and nothing is computed."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from xai_cam.errors import ModelError
from xai_cam.models.activations import Largest
from xai_cam.models.entrance import Entrance
from xai_cam.models.facts import NetworkFacts, Numbered
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.known.network import FactsRecord, KnownNetwork
from xai_cam.models.known_layer import KnownLayer
from xai_cam.models.layers import LayerInfo
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput
from xai_cam.models.traced.placement import Placement

PLACED = Placement((4, 4, 2), (1, 2, 3), 0, 0, 8, 8)
FIRST, SECOND = (
    LayerInfo(name, KnownLayer(name, "Conv2D"), (4, 4, 2), i, placement=PLACED)
    for i, name in enumerate(("first", "second"))
)
FLAT = LayerInfo("flat", KnownLayer("flat", "Flatten"), (32,), 2)
INPUTS = ModelInput("picture", (8, 8, 3)), ModelInput("age", (1,))
RECORD = FactsRecord(
    *(Entrance(INPUTS, 0, (8, 8, 3)), None, (0,)),
    all_outputs=(ModelOutput("kind", 0, (2,), Head(2, "softmax")), ModelOutput("x", 1, (), None, "No head.")),
    channels_first=False,
    input_shape=(8, 8, 3),
    call=None,
    layers=(FIRST, SECOND, FLAT),
    reshape=None,
    grid_fits=True,
    ends=(FIRST, SECOND),
    deepest=FIRST,
    numbered=(Numbered("picture", "InputLayer", None),),
    memory=(Largest(10.0, (4, 4, 2), "float32", "first", 15.0, "second"), Largest()),
    scaling=None,
    scaling_of_bands=None,
)


def facts(**changed: object) -> NetworkFacts:
    record = replace(RECORD, **changed)  # type: ignore[arg-type]
    assert record.is_sound
    return KnownNetwork(record, None, lambda: pytest.fail("it was opened"))


def test_names_of_what_goes_in() -> None:
    assert facts().image_name == "picture" and [one.name for one in facts().extras] == ["age"]


def test_an_output_without_a_head_says_why() -> None:
    assert facts().head.kind == "softmax"
    with pytest.raises(ModelError, match=r"No head\."):
        facts(outputs=(1,)).head  # noqa: B018


def test_the_last_of_the_ends_is_the_default() -> None:
    assert facts().find() == SECOND and facts().side_by_side() == [FIRST]
    assert facts().spatial_layers() == [FIRST, SECOND]


def test_of_places_it_is_the_deepest() -> None:
    places = ModelOutput("mask", 0, (8, 8, 2), Head(2, "softmax", pixels=(8, 8)))
    found = facts(all_outputs=(places,))
    assert found.find() == FIRST == found.bottleneck and found.side_by_side() == []


def test_without_ends_there_is_no_default() -> None:
    with pytest.raises(ModelError, match="no convolution with maps"):
        facts(ends=()).default_layer()
    with pytest.raises(ModelError, match=r"No layer has 9 tokens.*reshape=\(3, 3\)"):
        facts(reshape=(3, 3), grid_fits=False).default_layer()


def test_layers_without_maps_are_refused() -> None:
    with pytest.raises(ModelError, match=r"'flat' has no spatial output .it gives 32"):
        facts().find("flat")


def test_calls_that_there_are_not_are_refused() -> None:
    with pytest.raises(ModelError, match="'first' is called once, so there is no call 2"):
        facts(call=2).find("first")


def test_as_many_images_as_there_is_memory_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("xai_cam.models.activations.largest_tensor", lambda: 100)
    monkeypatch.setattr("xai_cam.models.activations.most_at_once", lambda: 60)
    found = facts()
    assert [found.at_most(images) for images in (3, 9, 9)] == [3, 4, 4]  # 60 / 15
    (record,) = caplog.records  # said once
    assert record.levelno == logging.WARNING and "at once (at second)" in record.getMessage()
