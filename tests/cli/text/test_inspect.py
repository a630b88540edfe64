"""Layers and methods as text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from xai_cam.cam.methods import METHODS
from xai_cam.cli.text.inspect import describe_layers, describe_methods, rows_of_layers, rows_of_methods
from xai_cam.models.layers import LayerInfo


def listed(path: str, kind: str, shape: tuple[int, ...], maps: Any, times: int = 1) -> Any:
    title = LayerInfo(path, None, shape, 0, times).title
    return SimpleNamespace(path=path, kind=kind, shape=shape, maps_shape=maps, times=times, title=title)


def network() -> Any:
    """A model of two layers that can be explained, the second the default."""
    layers = [
        listed("conv", "Conv2D", (32, 32, 8), (32, 32, 8), times=2),
        listed("inner/畳み込み", "Conv2D", (16, 16, 4), (16, 16, 4)),
        listed("tokens", "Add", (64, 4), (8, 8, 4)),
        listed("dense", "Dense", (2,), None),
    ]
    head = SimpleNamespace(describe=lambda: "2 classes, softmax")
    return cast(
        Any,
        SimpleNamespace(
            default_layer=lambda: layers[1],
            side_by_side=lambda: layers[:1],
            spatial_layers=lambda: layers[:3],
            layers=layers,
            head=head,
            extras=(),
            all_outputs=(head,),
        ),
    )


def test_layers() -> None:
    assert list(describe_layers(network())) == [
        "   layer           type    maps",
        "   conv            Conv2D  32 x 32 x 8, called 2 times",
        "*  inner/畳み込み  Conv2D  16 x 16 x 4",
        "   tokens          Add     8 x 8 x 4 of tokens",
        "Last maps of other branches or calls: conv (call 1).",
        "Head: 2 classes, softmax.",
    ]
    assert rows_of_layers(network())[0] == {
        "path": "conv",
        "type": "Conv2D",
        "shape": [32, 32, 8],
        "maps": [32, 32, 8],
        "calls": 2,
        "default": False,
    }


def test_every_layer() -> None:
    assert list(describe_layers(network(), every=True))[-3:-2] == [
        "   dense           Dense   -                            2"
    ]
    assert [row["maps"] for row in rows_of_layers(network(), every=True)][-1] == []


def test_methods() -> None:
    lines = list(describe_methods())
    assert len(lines) == 5 * len(METHODS) and lines[::5] == list(METHODS)
    first, grad_cam = lines[:5], METHODS["grad-cam"]
    assert (
        first[0] == "grad-cam"
        and first[1] == f"    {grad_cam.summary}"
        and first[4] == f"    {grad_cam.paper}"
    )
    assert [row["name"] for row in rows_of_methods()] == list(METHODS)
    assert set(rows_of_methods()[0]) == {"name", "needs", "cost", "summary", "paper"}
