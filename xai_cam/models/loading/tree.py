"""JSON of strangers -> a tree of a model's size, counted before and after it is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.keras1 import from_keras_0

MAX_JSON = 32 * 2**20
"""Bytes of a configuration; that of NASNetLarge takes 2 MB."""

MAX_NESTED = 200
"""Depth of brackets in a configuration; a model inside a model inside a model takes about 30."""

MAX_CLASSES = 20_000
"""Layers, initialisers and so on in a configuration; NASNetLarge has 6,000."""

MAX_LAYERS = 3_000
"""In one model; Keras takes its time for each."""

MAX_NODES = 400_000
"""Values, lists and dicts in a configuration."""

MAX_TEXT = 2**20
"""Characters of one text in a configuration: the code of an allowed Lambda takes some thousands."""

MAX_DEEP_TEXT = 256 * 2**20
"""Characters of all texts, each as often as there are brackets around it.

What Keras says of an error repeats the configurations of all models around it, one inside the other.
"""

SHAPES = ("batch_shape", "batch_input_shape", "input_shape", "build_input_shape")

MAX_SIDE = 100_000
"""Rows, columns or channels of an input."""

TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
"""Also one that never closes: a search that failed would begin again at every quote inside it."""


def parse(text: str | bytes, path: Path) -> Any:
    """JSON of bounded size and depth, with the layers of Keras 0 in the form of Keras 1.

    Raises
    ------
    ModelError
        It is no JSON, or too large, nested too deeply, or of a kind of model that is gone.
    """
    if len(text) > MAX_JSON:
        raise too_large(path)
    try:
        text = text.decode(json.detect_encoding(text)) if isinstance(text, bytes) else text
        if _values(text) > MAX_NODES:
            raise too_large(path)
        config = json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise too_large(path) from error
    except ValueError as error:
        raise damaged_file(path, error) from error
    return of_a_models_size(config, path)


def of_a_models_size(config: Any, path: Path) -> Any:
    """A tree that is no larger than that of any model, with the layers of Keras 0 in the form of Keras 1.

    Raises
    ------
    ModelError
        It is larger or nested deeper, or a kind of model that is gone.
    """
    if not _is_of_a_models_size(config):
        raise too_large(path)
    return from_keras_0(config)


def _values(text: str) -> int:
    """About how many values there are in JSON, told by commas and brackets before they take memory."""
    if (found := _separators(text)) > MAX_NODES:
        found = _separators(TEXTS.sub("", text))
    return found


def _separators(text: str) -> int:
    return sum(map(text.count, ",[{"))


def _is_of_a_models_size(config: Any) -> bool:
    """Whether a tree is no deeper, longer or larger than that of any model."""
    depth, nodes, classes, texts = 0, 0, 0, 0
    level = [config]
    while level:
        depth += 1
        nodes += len(level)
        objects = [node for node in level if isinstance(node, dict)]
        classes += sum("class_name" in node for node in objects)
        layers = max(
            (len(node["layers"]) for node in objects if isinstance(node.get("layers"), list)), default=0
        )
        lengths = [len(node) for node in level if isinstance(node, str)]
        texts += depth * sum(lengths)
        sides = (side for node in objects for key in SHAPES for side in _list(node.get(key)))
        if depth > MAX_NESTED or nodes > MAX_NODES or classes > MAX_CLASSES or layers > MAX_LAYERS:
            return False
        if max(lengths, default=0) > MAX_TEXT or texts > MAX_DEEP_TEXT:
            return False
        if any(isinstance(side, int) and side > MAX_SIDE for side in sides):
            return False
        level = [
            inner for node in level for inner in (node.values() if isinstance(node, dict) else _list(node))
        ]
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def too_large(path: Path) -> ModelError:
    """The error for a file that is there to fill the memory."""
    return ModelError(
        f"{path} is refused: it is larger or nested deeper than the configuration of any model. Get a new "
        "copy of the file from its source."
    )
