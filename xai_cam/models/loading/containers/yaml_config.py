"""Architectures in the YAML of Keras 0 to 2: read event by event, so that no tag makes anything but data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError, shortened
from xai_cam.extras import require
from xai_cam.models.loading.archive import reading_file
from xai_cam.models.loading.containers.yaml_tags import PLAIN, ForeignTagError, Tagged, untagged
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.tree import MAX_JSON, MAX_NESTED, MAX_NODES, of_a_models_size, too_large

MAX_NUMBER = 1_000
"""Characters of a number; what is longer is text."""

START = 4096
"""Bytes in which the names that a model must have come first."""

DIRECTIVE = re.compile(r"(?:\A\ufeff?|[\r\n\x85\u2028\u2029])%TAG")
"""What gives tags shorter names; libyaml compares each with all before it, and Keras never writes one."""

OWN = "tag:yaml.org,2002:"
"""What `!!` stands for."""

PREAMBLE = rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:[#%][^\n]*|---[^\n]*)?\r?\n)*(?:---[ ]+)?"

BLOCK = re.compile(PREAMBLE + rb"""["']?[A-Za-z_]+["']?[ ]*:[ \r\n]""")
KEYS = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?(?:class_name|layers)["']?[ ]*:[ \r\n]""", re.MULTILINE)
"""A mapping in lines of its own, and the names of which a model has one: Keras 0 lists its layers at once."""

FLOW = re.compile(PREAMBLE + rb"\{\s*[A-Za-z_]+:\s")
"""A mapping in braces; JSON has its names in quotes."""


def is_yaml(start: bytes) -> bool:
    """Whether the beginning of a file is that of a model in YAML, told apart from JSON and from any text."""
    start = start[:START]
    return bool(FLOW.match(start) or (BLOCK.match(start) and KEYS.search(start)))


def read_yaml(path: Path) -> Any:
    """The tree of a file, as `parse_yaml` makes it.

    Raises
    ------
    ModelError, XaiCamError
        As of `parse_yaml`.
    """
    with reading_file(path):
        if path.stat().st_size > MAX_JSON:
            raise too_large(path)
        text = path.read_text(encoding="utf-8-sig")
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Any:
    """A model's YAML as the tree that its JSON would be: of bounded size and depth, tuples as lists.

    Raises
    ------
    ModelError
        It is damaged, larger than any model, or has tags that stand for code.
    XaiCamError
        PyYAML is not installed.
    """
    yaml = require("yaml")
    if len(text) > MAX_JSON:
        raise too_large(path)
    try:
        if DIRECTIVE.search(text):
            raise ValueError("it names tags by directives, which Keras never does")
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        config = _Expansion(path).plain(_tree(events, _Scalars(yaml), path))
    except ForeignTagError as error:
        raise ModelError(
            f"{path} is refused, because loading it could run code from the file: it contains "
            f"'!!{shortened(str(error), 200)}', which is more than the values of an architecture. Get it "
            "from its source as JSON, written with `model.to_json()`."
        ) from error
    except RecursionError as error:
        raise too_large(path) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, IndexError) as error:
        raise damaged_file(path, error) from error
    return of_a_models_size(config, path)


class _Scalars:
    """Texts of YAML -> Python's values."""

    def __init__(self, yaml: Any) -> None:
        self._node = yaml.ScalarNode
        self._resolve = yaml.resolver.Resolver().resolve
        constructor = yaml.constructor.SafeConstructor()
        self._numbers = {"int": constructor.construct_yaml_int, "float": constructor.construct_yaml_float}
        self._truths = constructor.bool_values

    def value(self, event: Any) -> Any:
        """That of a scalar, as YAML 1.1 reads it; what it has for texts and dates stays text."""
        text, tag = event.value, event.tag
        if tag is None:
            short = len(text) <= MAX_NUMBER
            tag = self._resolve(self._node, text, event.implicit) if short else OWN + "str"
        name = tag.removeprefix(OWN)
        if tag == "!" or name in ("str", "timestamp", "value"):
            return text
        if name == "null":
            return None
        if name == "bool":
            return self._truths.get(text.lower(), text)
        if name in self._numbers and len(text) <= MAX_NUMBER:
            return self._numbers[name](self._node(tag, text))
        if name == "merge":
            raise ValueError("one mapping is merged into another, which Keras never writes")
        return Tagged(name, text)


@dataclass
class _Open:
    """A list or a dict of which more is to come, and the name of the value that comes next."""

    items: list[Any] | dict[str, Any]
    name: str | None = None

    def put(self, value: Any) -> bool:
        """Take a value, or the name of one; whether it was a value."""
        if isinstance(self.items, list):
            self.items.append(value)
        elif self.name is None:
            self.name = _name(value)
            return False
        else:
            self.items[self.name] = value
            self.name = None
        return True


def _name(value: Any) -> str:
    """The name of a value of a dict, as JSON would have it."""
    if isinstance(value, Tagged) and value.tag in PLAIN:
        value = value.value
    if isinstance(value, Tagged):
        raise ForeignTagError(value.tag)
    if isinstance(value, list | dict):
        raise ValueError("a list or a dict stands where a name should")
    return value if isinstance(value, str) else json.dumps(value)


def _tree(events: Iterable[Any], scalars: _Scalars, path: Path) -> Any:
    """What the events say, with `Tagged` values; what has several names (`&id001`) is there once."""
    documents: list[Any] = []
    waiting, anchors, nodes = [_Open(documents)], dict[str, Any](), 0
    for event in events:
        kind, inner = type(event).__name__, None
        if kind in ("SequenceEndEvent", "MappingEndEvent"):
            waiting.pop()
        elif kind == "AliasEvent":
            if event.anchor not in anchors:
                raise ValueError(f"*{event.anchor} stands for nothing")
            nodes += waiting[-1].put(anchors[event.anchor])
        elif kind in ("SequenceStartEvent", "MappingStartEvent", "ScalarEvent"):
            value, inner = _begin(event, kind, scalars)
            nodes += waiting[-1].put(value)
            if event.anchor:
                anchors[event.anchor] = value
        if inner is not None:
            waiting.append(_Open(inner))
        if nodes > MAX_NODES or len(waiting) > MAX_NESTED:
            raise too_large(path)
    if len(documents) != 1:
        raise ValueError(f"it consists of {len(documents)} documents")
    return documents[0]


def _begin(event: Any, kind: str, scalars: _Scalars) -> tuple[Any, list[Any] | dict[str, Any] | None]:
    """A value, and what has to be filled where it is a list or a dict."""
    if kind == "ScalarEvent":
        return scalars.value(event), None
    inner: list[Any] | dict[str, Any] = [] if kind == "SequenceStartEvent" else {}
    own = event.tag in (None, "!", f"{OWN}seq", f"{OWN}map")
    return (inner if own else Tagged(event.tag.removeprefix(OWN), inner)), inner


class _Expansion:
    """A tree that shares parts of itself -> one of lists and dicts that does not, counted as it grows.

    Ten lines of YAML can stand for a billion values, each line naming the one before ten times.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nodes = 0
        self._characters = 0

    def plain(self, value: Any, depth: int = 0) -> Any:
        """The value and all in it, untagged."""
        self._nodes += 1
        self._characters += len(value) if isinstance(value, str) else 0
        if self._nodes > MAX_NODES or depth > MAX_NESTED or self._characters > MAX_JSON:
            raise too_large(self._path)
        if isinstance(value, Tagged):
            return self.plain(untagged(value), depth + 1)
        if isinstance(value, list):
            return [self.plain(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {name: self.plain(item, depth + 1) for name, item in value.items()}
        return value
