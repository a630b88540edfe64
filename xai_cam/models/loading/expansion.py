"""How often layers are called while a model is built: those of a nested model at each of its calls."""

from __future__ import annotations

from xai_cam.models.loading.shape import Config, children


def calls_to_build(model: Config) -> int:
    """The calls of layers that building a model takes, told from its configuration alone.

    Building a model calls each of its layers, and calling a model calls all layers inside it again: a model
    inside a model inside a model is gone through three times, and one that calls its inner model twice
    doubles what is below it.
    """
    return _calls(model)[1]


def _calls(layer: Config) -> tuple[int, int]:
    """Calls that one call of a layer makes, and those that building it takes."""
    inside, below = 0, 0
    for child in children(layer):
        once, to_build = _calls(child)
        inside += once * max(len(child.get("inbound_nodes") or ()), 1)
        below += to_build
    return 1 + inside, inside + below
