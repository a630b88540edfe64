"""What any engine is given for altered images: sizes, names, and the matrices of masks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_cam.cam.engines.altered import auto_chunk, beside_names, masking, riding_names
from xai_cam.cam.targets import Targets


def network(*sides: int, extras: int = 0) -> Any:
    return SimpleNamespace(input_shape=(*sides, 3), extras=[None] * extras)


@pytest.mark.parametrize(
    ("sides", "size"), [((224, 224), 16), ((600, 600), 16), ((32, 32), 64), ((160, 160), 31)]
)
def test_small_inputs_come_in_larger_chunks(sides: tuple[int, int], size: int) -> None:
    assert auto_chunk(network(*sides)) == size
    assert auto_chunk(network(*sides), on_gpu=True) == 4 * size


def test_what_rides_along_is_numbered_by_kind() -> None:
    targets: Any = SimpleNamespace(regions=[(4, 4)], held=[None, None])
    assert beside_names(network(8, 8, extras=2), targets) == ["beside_0", "beside_1", "beside_2"]
    assert riding_names(network(8, 8), targets) == ["beside_0", "held_0", "held_1"]


def test_the_matrices_resize_a_channel_as_its_mask_is(tiny_model: Any) -> None:
    """Rows and columns in half-pixel centres, one weight of two neighbours each."""
    from xai_cam.models.network import Network

    whole = Network(tiny_model)
    layer = whole.find("conv_2")
    activations = np.random.default_rng(3).normal(0, 1, (1, *(layer.maps_shape or ()))).astype(np.float32)
    images = np.zeros((1, 16, 16, 3), np.float32)
    given = masking(whole, layer, images, activations)
    assert list(given) == ["images", "maps", "rows", "columns"] and given["images"] is images
    found = given["rows"] @ given["maps"][0, 1] @ given["columns"]
    channel, part = activations[0, :, :, 1], layer.part((16, 16))
    assert part is None
    cells = len(channel)
    expected = np.empty((16, 16))
    for y in range(16):
        for x in range(16):
            at = [min(max((side + 0.5) * cells / 16 - 0.5, 0), cells - 1) for side in (y, x)]
            low = [min(int(one), cells - 2) for one in at]
            v, u = (one - first for one, first in zip(at, low, strict=True))
            a, b, c, d = (channel[low[0] + i, low[1] + j] for i in (0, 1) for j in (0, 1))
            expected[y, x] = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_names_are_those_of_the_graphs(tiny_model: Any) -> None:
    from xai_cam.cam.engines.graphs import Graphs
    from xai_cam.models.network import Network

    whole = Network(tiny_model)
    graphs = Graphs(whole, whole.find("conv_2"))
    named = [one.name for one in graphs.masked.get_concrete_function().inputs][:6]
    assert [name.partition(":")[0] for name in named] == [
        "images",
        "maps",
        "rows",
        "columns",
        "pairs",
        "classes",
    ]
    assert riding_names(whole, Targets(whole)) == []
