"""What is refused before a model is loaded, and how rivals are read from text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.made_networks import network_of
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.models.output.head import Head
from xai_cam.runs.plan import Request
from xai_cam.runs.target_options import check_target, describe_targets, rivals_in

LABELS = ("cat", "lynx", "great white shark, white shark")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), None),
        (("similar",), "similar"),
        (("cat, lynx",), ("cat", "lynx")),
        (("cat", "lynx,cat"), ("cat", "lynx")),
        (("great white shark, white shark", "cat"), ("great white shark, white shark", "cat")),
    ],
)
def test_rivals(given: tuple[str, ...], expected: Any) -> None:
    assert rivals_in(given, LABELS) == expected


def test_a_class_may_be_called_similar() -> None:
    assert rivals_in(("similar",), ("cat", "similar")) == ("similar",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"against": ("cow",)}, "not among the labels"),
        ({"against": (" , ",)}, "names no class"),
        ({"against": ("similar,cat",)}, "either similar or names"),
        ({"region": "all", "masks": Path()}, "exclude each other"),
        ({"masks": Path("nowhere")}, "is not a folder"),
        ({"like": Path("nowhere.png")}, "no file nowhere.png"),
        ({"like": Path("x.png"), "against": ("cat",)}, "`against` and `like` exclude each other"),
    ],
)
def test_what_contradicts_itself(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_target(Request(labels=LABELS, **asked))


def test_likeness_has_no_class(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    check_target(Request(like=tmp_path / "x.png"))
    with pytest.raises(InputError, match="has no classes"):
        check_target(Request(like=tmp_path / "x.png", classes=("2",)))


def test_what_was_chosen_is_said_where_nothing_was() -> None:
    places = Targets(network_of(Head(3, "softmax", pixels=(4, 4))))
    values = Targets(network_of(Head(2, "linear", "regression", "as asked for")))
    assert ["places that are predicted" in line for line in describe_targets(places, Request())] == [True]
    assert ["(up)" in line for line in describe_targets(values, Request())] == [True]
    assert describe_targets(values, Request(classes=("1:down",))) == []
    assert describe_targets(Targets(network_of(Head(3, "softmax"))), Request()) == []


def test_outputs_that_are_left_out_are_named() -> None:
    network = network_of(Head(3, "softmax"), Head(1, "linear", "regression", "why"), names=("kind", "amount"))
    network.outputs = network.outputs[:1]
    lines = describe_targets(Targets(network), Request())
    assert len(lines) == 1 and lines[0].startswith("Output kind (3: 3 classes, softmax)")
    assert lines[0].endswith("amount.")
    assert describe_targets(Targets(network), Request(output_names=("kind",))) == []
