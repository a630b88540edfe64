"""Operations that cut a tensor into as many tensors as their configuration says, each made one by one."""

from __future__ import annotations

from typing import Any

from xai_cam.errors import ModelError

MAX_PARTS = 10_000
"""Tensors that one operation may give: more than any layer has channels."""

PARTS = ("indices_or_sections", "num")
"""Arguments of `Split`, `ArraySplit`, `Unstack` and their relatives that say how many."""


def check_parts(config: Any) -> None:
    """Refuse a configuration with an operation that gives more tensors than models are made of.

    Raises
    ------
    ModelError
    """
    waiting = [config]
    while waiting:
        item = waiting.pop()
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting += [one for one in inner if isinstance(one, dict | list)]
        if isinstance(item, dict) and isinstance(item.get("class_name"), str):
            _check(item["class_name"], item.get("config"))


def _check(class_name: str, config: Any) -> None:
    for key in PARTS if isinstance(config, dict) else ():
        count = config.get(key)
        count = len(count) if isinstance(count, list) else count
        if isinstance(count, int) and count > MAX_PARTS:
            name = config.get("name") or class_name
            raise ModelError(
                f"The operation {str(name)[:200]!r} gives {count:,} tensors, more than {MAX_PARTS:,}. "
                "Rebuild the model without it."
            )
