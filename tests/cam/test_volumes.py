"""Maps of volumes and of films, by every method and both engines, against loops and models cut by hand."""

from __future__ import annotations

import numpy as np
import pytest

from support.volume_models import CutModel, films_model, maps_by_hand, volumes_model
from xai_cam import Explainer
from xai_cam.cam.methods import METHODS

TARGET = 2
CAMS = [name for name, method in METHODS.items() if method.needs_layer]


@pytest.fixture(scope="module", params=[volumes_model, films_model])
def cut(request: pytest.FixtureRequest) -> CutModel:
    return request.param()


@pytest.fixture(scope="module")
def inputs(cut: CutModel) -> np.ndarray:
    shape = cut.model.input_shape[1:]
    return np.random.default_rng(2).normal(0, 1, (2, *shape)).astype(np.float32)


@pytest.fixture(scope="module")
def by_hand(cut: CutModel, inputs: np.ndarray) -> list[dict[str, np.ndarray]]:
    return [maps_by_hand(cut, inputs[i : i + 1], TARGET) for i in range(len(inputs))]


@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
def test_every_method(engine: str, cut: CutModel, inputs: np.ndarray, by_hand: list[dict[str, np.ndarray]]):
    if engine == "openvino":
        pytest.importorskip("openvino")
    explainer = Explainer(cut.model, engine=engine)
    assert explainer.target_layer.path.split("/")[-1] == cut.layer
    for i, of_image in enumerate(explainer.explain(inputs, CAMS, TARGET)):
        assert {one.method for one in of_image} == by_hand[i].keys()
        for one in of_image:
            right = by_hand[i][one.method]
            np.testing.assert_allclose(one.cam, right, rtol=1e-4, atol=1e-4 * right.max(), err_msg=one.method)
    assert explainer.engine.name == engine, "it fell back"


def test_what_is_compared_is_not_blank(by_hand: list[dict[str, np.ndarray]]):
    for method in CAMS:
        maps = [of_image[method] for of_image in by_hand]
        assert all(one.ndim == 3 for one in maps) and any(one.max() > one.min() for one in maps), method
