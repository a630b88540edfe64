"""Which images are explained together, by what, and what is said of the first; explainers are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xai_cam.runs.batch_explainer
from support.made_networks import network_of
from support.tabled import FEEDING, LABELS
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.images.finding import ImageFile
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.network import LayerInfo
from xai_cam.models.output.head import Head
from xai_cam.models.traced.placement import Placement
from xai_cam.runs.batch_explainer import BatchExplainer
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.plan import Request
from xai_cam.runs.tasks import Task

Asked = tuple[str | None, list[int], list[str], list[Any]]
"""Layer, the images' pixels, methods, classes."""


class Conv2D:
    """A layer's kind is its class's name."""


@pytest.fixture
def together() -> list[list[str]]:
    """Which layers were asked together, in turn."""
    return []


@pytest.fixture
def asked(together: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What was asked of explainers, in turn; their maps tell image and method."""
    calls: list[Asked] = []

    class MadeUp:
        def __init__(self, layer: str | None) -> None:
            self.layer, self.engine = layer, f"engine of {layer}"
            maps = Placement((8, 8, 8), (1, 2, 3), 0, 0, 1, 1)
            self.target_layer = LayerInfo(layer or "last", Conv2D(), (8, 8, 8), 1, placement=maps)
            self.target_layers = [self.target_layer]

        @classmethod
        def of(
            cls, network: object, layer: str | None, computing: Computing, targets: Targets, how: MapSettings
        ) -> MadeUp:
            calls.append((layer, [], [], [how.score, how.limits.max_channels]))
            return cls(layer)

        def explain(
            self,
            images: Inputs,
            methods: list[str],
            classes: list[Any],
            baselines: tuple[str, ...],
        ) -> list[list[Explanation]]:
            pixels = [int(image.item()) for image in images.images]
            calls.append((self.layer, pixels, list(methods), classes))
            return [[self.map_of(pixel, method) for method in (*methods, *baselines)] for pixel in pixels]

        def map_of(self, pixel: int, method: str) -> Explanation:
            cam, ranking = np.full((1, 1), pixel, np.float32), ((1, 0.75), (0, 0.25))
            return Explanation(cam, method, str(self.layer), 0, 1, 1.0, "logit", 0.25, ranking, "ok", "")

    class MadeUpLayers(LayersExplainer):
        def at_layers(self, *given: Any) -> Any:
            together.append([one.target_layer.path for one in self.explainers])
            return [one.explain(*given) for one in self.explainers]

    monkeypatch.setattr(xai_cam.runs.batch_explainer, "Explainer", MadeUp)
    monkeypatch.setattr(xai_cam.runs.batch_explainer, "LayersExplainer", MadeUpLayers)
    return calls


def state(pixel: int, folder: str = "ant", **todo: Any) -> ImageState:
    """An image with one pixel; `todo` by place, all of `conv` where nothing is said."""
    image = ImageFile(Path(folder, f"{pixel}.png"), Path(folder))
    found = ImageState(Task(image, Path(), str(pixel)), dict.fromkeys(("image", "outcome", "message")))
    found.todo = todo or {"conv": ["grad-cam"]}
    found.values = np.full((1, 1, 1), pixel, np.float32)
    return found


def explainer(said: list[str] | None = None, **request: Any) -> BatchExplainer:
    asked = Request(**{"layers": ("conv",), "labels": LABELS, **request})
    return BatchExplainer(asked, FEEDING, 3, ([] if said is None else said).append)


def maps(state: ImageState) -> dict[Any, list[tuple[int, str]]]:
    """Pixel and method of each map, by place."""
    return {p: [(int(e.cam.item()), e.method) for e in found] for p, found in state.explanations.items()}


def test_a_batch_is_explained_together_and_each_image_gets_its_own_maps(asked: list[Asked]) -> None:
    states = [state(5), state(7)]
    explainer(max_channels=4, score="logit").explain(states)
    assert asked == [("conv", [], [], ["logit", 4]), ("conv", [5, 7], ["grad-cam"], ["predicted"])]
    assert [maps(one) for one in states] == [{"conv": [(p, "grad-cam")]} for p in (5, 7)]


def test_at_each_place_those_that_need_it_with_the_methods_that_some_need(asked: list[Asked]) -> None:
    """In the order of the request, whatever the images' own."""
    states = [
        state(1, conv=["grad-cam"], last=["grad-cam"]),
        state(2, conv=["score-cam", "grad-cam"]),
        state(3, last=["score-cam"]),
    ]
    explainer(layers=("conv", "last"), methods=("score-cam", "hires-cam", "grad-cam")).explain(states)
    assert [call for call in asked if call[1]] == [
        ("conv", [1, 2], ["score-cam", "grad-cam"], ["predicted"]),
        ("last", [1, 3], ["score-cam", "grad-cam"], ["predicted"]),
    ]
    assert [set(one.explanations) for one in states] == [{"conv", "last"}, {"conv"}, {"last"}]


def test_places_that_the_same_is_asked_of_share_their_passes(
    asked: list[Asked], together: list[list[str]]
) -> None:
    """Not those that other images need, or other methods."""
    both, one = {"conv": ["grad-cam"], "last": ["grad-cam"]}, {"last": ["grad-cam"]}
    made = explainer(layers=("conv", "last"), methods=("grad-cam", "score-cam"))
    first, second = [state(1, **both), state(2, **both)], [state(3, **both), state(4, **one)]
    third = [state(5, conv=["grad-cam"], last=["grad-cam", "score-cam"])]
    for states in (first, second, third):
        made.explain(states)
    assert together == [["conv", "last"], ["conv"], ["last"], ["conv"], ["last"]]
    assert maps(first[1]) == {"conv": [(2, "grad-cam")], "last": [(2, "grad-cam")]}
    assert maps(second[1]) == {"last": [(4, "grad-cam")]}


def test_images_that_are_asked_for_the_same_classes_go_together(asked: list[Asked]) -> None:
    states = [state(1, "ant"), state(2, "bee"), state(3, "ant")]
    explainer(classes=("folder", "top2")).explain(states)
    assert [call[1::2] for call in asked if call[1]] == [([1, 3], [0, "top2"]), ([2], [1, "top2"])]


def test_a_folder_that_is_no_class_fails_its_images_alone(asked: list[Asked]) -> None:
    states = [state(1, "7"), state(2, "1")]
    explainer(classes=("folder",), labels=None).explain(states)
    assert "no class 7" in states[0].failure and not states[0].explanations
    assert [call[1::2] for call in asked if call[1]] == [([2], [1])]


def test_stages_of_smooth_maps_are_six_times_as_many() -> None:
    methods = ("score-cam", "recipro-cam", "saliency", "smooth-grad", "grad-cam")
    assert explainer(methods=methods).counter.stages == 4
    smooth = explainer(methods=methods, smooth=True)
    assert smooth.counter.stages == 24 and smooth.counter.names["gradients at noisy inputs"] == "smooth-grad"


def test_explainers_are_made_once(asked: list[Asked]) -> None:
    one = explainer()
    for pixel in (1, 2):
        one.explain([state(pixel)])
    assert [call[1] for call in asked] == [[], [1], [2]]
    assert one.engine == "engine of conv"


def test_baselines_are_measured_beside_the_methods(asked: list[Asked]) -> None:
    one = explainer()
    one.baselines = ("centre",)
    found = state(1)
    one.explain([found])
    assert maps(found) == {"conv": [(1, "grad-cam"), (1, "centre")]}


def test_what_is_said_and_that_it_is_said_once(asked: list[Asked]) -> None:
    said: list[str] = []
    one = explainer(said, layers=(None,), methods=("score-cam",), max_channels=4)
    for pixel in (5, 7):
        found = state(pixel)
        found.todo = {None: ["score-cam"]}
        one.explain([found])
    assert said == [
        "Layer last (Conv2D, 8 x 8 x 8, the default).",
        "Score-CAM: 3 images x up to 4 channels = up to 12 forward passes.",
        "Preprocessing raw, grey (asked for); stretch, resized with bilinear. "
        "First image 5.png: input 5 to 5, predicted bee 0.75, ant 0.25.",
    ]


def test_one_layer_under_two_names_is_not_fused(asked: list[Asked]) -> None:
    network = network_of(Head(3, "softmax"), find=lambda name: LayerInfo("conv", Conv2D(), None, 1))
    request = Request(layers=("conv", "block/conv"), fuse="mean")
    one = BatchExplainer(request, Feeding(network, FEEDING.preprocessing), 1, [].append)
    with pytest.raises(InputError, match="one layer under two names"):
        one.explain([state(1)])


def test_what_all_maps_show_is_said_at_the_end(asked: list[Asked]) -> None:
    """One line each on one answer to all, and on maps that are the same everywhere; places count once."""
    said: list[str] = []
    rejected = ("tench", "shark", "ray", "hen")  # the feeding has the names that fit
    made = explainer(said, layers=("conv", "last"), labels=rejected)
    made.explain([state(n, conv=["grad-cam"], last=["grad-cam"]) for n in range(1, 6)])
    before = len(said)
    said += made.findings.describe(made.request)
    assert not any(name in " ".join(said[before:]) for name in rejected)
    assert [line.split(":")[0] for line in said[before:]] == [
        "All 5 images get one answer",
        "The maps of 5 images (1.png, 2.png, 3.png, …) are nearly the same everywhere",
    ]
