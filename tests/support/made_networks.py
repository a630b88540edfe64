"""Networks that are made up: what they give is said, and nothing is computed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput


def network_of(*heads: Head | None, names: tuple[str, ...] = (), **more: Any) -> Any:
    """A network whose outputs have these heads, all of them explained."""
    outputs = [
        ModelOutput(names[i] if names else f"output_{i}", i, (head.classes if head else 1,), head)
        for i, head in enumerate(heads)
    ]
    made = SimpleNamespace(outputs=outputs, all_outputs=outputs, head=heads[0], extras=[], bottleneck=None)
    made.head_of = lambda which: outputs[which].head
    vars(made).update(more)
    return made
