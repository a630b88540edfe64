"""A graph of whole images: any batch, any order of inputs, answers that stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.engines.openvino.whole import WholeGraph, compared

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def graph() -> WholeGraph:
    """Inputs times a factor each, and their sums."""
    import openvino.opset13 as ops
    from openvino import Model, PartialShape, Type

    images = ops.parameter(PartialShape([-1, 3]), Type.f32, name="images")
    factors = ops.parameter(PartialShape([-1, 1]), Type.f32, name="factors")
    for one in (images, factors):
        one.output(0).set_names({one.friendly_name})
    scaled = ops.multiply(images, factors)
    return WholeGraph(Model([scaled, ops.reduce_sum(images, [1])], [factors, images]))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_batches_of_any_size(graph: WholeGraph, count: int) -> None:
    images = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    factors = np.arange(count, dtype=np.float32)[:, None]
    scaled, sums = graph({"images": images, "factors": factors, "unused": images})
    np.testing.assert_allclose(scaled, images * factors, rtol=1e-6)
    np.testing.assert_allclose(sums, images.sum(1), rtol=1e-5, atol=1e-6)


def test_inputs_as_they_lie_and_answers_that_stay(graph: WholeGraph) -> None:
    images = np.arange(12, dtype=np.float32).reshape(3, 4).T
    given: dict[str, Any] = {"images": images, "factors": np.full((4, 1), 2, np.float32)}
    first = graph(given)
    graph({**given, "images": np.zeros((4, 3), np.float32)})
    np.testing.assert_array_equal(first[0], 2 * images)


def test_gradients_and_what_is_predicted_are_not_compared() -> None:
    answers = [np.full(1, k) for k in range(7)]
    assert [int(one[0]) for one in compared(answers, 1)] == [0, 1, 2, 3]
    assert [int(one[0]) for one in compared(answers, 2)] == [0, 1, 2, 3, 4]
