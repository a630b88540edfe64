"""One search for layers: by path, by name, by an inner name that is unambiguous; and why not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from xai_cam.errors import ModelError
from xai_cam.images.picture import Region
from xai_cam.models.layers import LayerInfo, Wanted, resolve
from xai_cam.models.traced.placement import Placement


def with_maps(path: str, shape: tuple[int, int, int], order: int) -> LayerInfo:
    placement = Placement(shape, (1, 2, 3), 0, 0, 32, 32)
    return LayerInfo(path, None, shape, order, placement=placement)


LAYERS = [
    with_maps("stem", (8, 8, 3), 0),
    with_maps("a/conv", (4, 4, 8), 1),
    with_maps("b/conv", (4, 4, 8), 2),
    with_maps("b/last", (2, 2, 8), 3),
    with_maps("conv", (2, 2, 4), 4),
    LayerInfo("head", None, (10,), 5),
]
MAPS = Wanted(lambda i: i.spatial, "Nearest", False, lambda i, path, names: f"{path} {i.shape} {names[0]}")


@pytest.mark.parametrize(("path", "order"), [("stem", 0), ("b/conv", 2), ("conv", 4), ("last", 3)])
def test_where_a_path_leads(path: str, order: int) -> None:
    """A whole path comes before the same name inside of another layer."""
    assert resolve(LAYERS, path, MAPS).order == order


def test_why_a_path_leads_nowhere() -> None:
    with pytest.raises(ModelError, match=r"no layer 'sten'. Nearest: stem, .*head"):
        resolve(LAYERS, "sten", MAPS)
    with pytest.raises(ModelError, match=r"Several layers are called 'conv': a/conv, b/conv"):
        resolve(LAYERS[:4], "conv", MAPS)
    with pytest.raises(ModelError, match=r"head \(10,\) "):
        resolve(LAYERS, "head", MAPS)


def test_names_of_accepted_layers_alone() -> None:
    only = Wanted(lambda i: i.spatial, "Nearest", True, lambda *_: "")
    with pytest.raises(ModelError) as error:
        resolve(LAYERS, "heat", only)
    assert "head" not in error.value.message and "stem" in error.value.message


def test_what_a_layer_is() -> None:
    assert [info.spatial for info in LAYERS] == [True] * 5 + [False]
    assert [info.maps_shape for info in LAYERS[-2:]] == [(2, 2, 4), None]
    assert LAYERS[0].part((32, 32)) is None and LAYERS[-1].part((32, 32)) is None
    assert LAYERS[0].part((64, 32)) == Region(0, 0, 0.5, 1)
    fixed = type("DepthwiseConv2D", (SimpleNamespace,), {})
    assert LayerInfo("x", fixed(trainable=False, use_bias=False), None, 0).fixed_filter
    assert not LayerInfo("x", fixed(trainable=True, use_bias=False), None, 0).fixed_filter
