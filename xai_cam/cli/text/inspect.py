"""Layers and methods as text, for `xai-cam layers` and `xai-cam methods`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xai_cam.cam.methods import METHODS
from xai_cam.cli.text.tables import lines_of_table

if TYPE_CHECKING:
    from xai_cam.models.facts import NetworkFacts


def rows_of_layers(network: NetworkFacts, every: bool = False) -> list[dict[str, Any]]:
    """A row for each layer that can be explained, or for `every` one, for scripts."""
    default = network.default_layer() if network.spatial_layers() or not every else None
    return [
        {
            "path": i.path,
            "type": i.kind,
            "shape": list(i.shape or ()),
            "maps": list(i.maps_shape or ()),
            "calls": i.times,
            "default": default is not None and i.path == default.path,
        }
        for i in (network.layers if every else network.spatial_layers())
    ]


def describe_layers(network: NetworkFacts, every: bool = False) -> Iterator[str]:
    """Lines of text: a table of the layers and operations, a star on the default, and the head."""
    rows = [("", "layer", "type", "maps", "output")[: 5 if every else 4]]
    for row in rows_of_layers(network, every):
        star = "*" if row["default"] else ""
        maps = " x ".join(map(str, row["maps"]))
        maps += " of tokens" if maps and len(row["shape"]) == 2 else ""
        maps += f", called {row['calls']} times" if row["calls"] > 1 else ""
        output = (" x ".join(map(str, row["shape"])),) if every else ()
        rows.append((star, row["path"], row["type"], maps or "-", *output))
    yield from lines_of_table(rows)
    beside = ", ".join(info.title for info in network.side_by_side())
    if beside:
        yield f"Last maps of other branches or calls: {beside}."
    yield from _describe_ends(network)


def _describe_ends(network: NetworkFacts) -> Iterator[str]:
    """Lines on the inputs, if there are several, and on what each output means."""
    image = network.entrance.inputs[network.entrance.image] if network.extras else None
    if image is not None:
        others = "; ".join(map(str, network.extras))
        yield f"Inputs: {image} is the image; besides it, to be held with `extra`: {others}."
    if len(network.all_outputs) == 1:
        yield f"Head: {network.head.describe()}."
        return
    undecided = len(network.outputs) == len(network.all_outputs)
    for output in network.all_outputs:
        explained = output in network.outputs and not undecided
        how = "explained" if explained else f'`output_name="{output.name}"` explains it'
        yield f"Output {output}: {how}."


def rows_of_methods() -> list[dict[str, str]]:
    """A row for each method, for scripts."""
    return [
        {"name": m.name, "needs": m.evidence.value, "cost": m.cost, "summary": m.summary, "paper": m.paper}
        for m in METHODS.values()
    ]


def describe_methods() -> Iterator[str]:
    """Lines of text, five for each method: what it is, needs and costs, its scores, its paper."""
    for method in METHODS.values():
        yield method.name
        yield f"    {method.summary}"
        yield f"    needs {method.evidence.value}: {method.cost}"
        yield f"    score: {' or '.join(method.scores)}"
        yield f"    {method.paper}"
