"""Labels name the classes of one output, that which has as many."""

from __future__ import annotations

from typing import Any

import pytest

from support.made_networks import network_of
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.output.head import Head

KIND, AMOUNT, TAGS = Head(3, "softmax"), Head(1, "linear", "regression", "why"), Head(4, "sigmoid")


def feeding(*heads: Any, labels: Any = None) -> Feeding:
    names = ("kind", "amount", "tags")[: len(heads)]
    network = network_of(*heads, names=names, input_shape=(1, 1, 1))
    return Feeding(network, Preprocessing("raw", "rgb", "why"), labels=labels)


@pytest.mark.parametrize(
    ("labels", "named"), [(("a", "b", "c"), "kind"), (("a", "b", "c", "d"), "tags"), (("kg",), "amount")]
)
def test_the_output_that_has_as_many(labels: tuple[str, ...], named: str) -> None:
    made = feeding(KIND, AMOUNT, TAGS, labels=labels)
    assert made.named == {name: labels if name == named else None for name in ("kind", "amount", "tags")}
    assert made.labels_of(named) == labels and made.head_of("tags") is TAGS


def test_of_one_output_they_are_its_own() -> None:
    assert feeding(KIND, labels=("a", "b", "c")).named == ("a", "b", "c")
    assert feeding(None).named is None and feeding(None).head_of() is None


def test_places() -> None:
    assert feeding(KIND, Head(2, "softmax", pixels=(4, 4))).of_places and not feeding(KIND, AMOUNT).of_places


def test_the_answers_of_several_outputs_are_one_line() -> None:
    made = feeding(KIND, AMOUNT, labels=("cat", "lynx", "dog"))
    said = made.describe_answers("a.png", (0, 1), {"kind": [(1, 0.9), (0, 0.1)], "amount": [(0, 0.41)]})
    assert "First image a.png: input 0 to 1, kind: predicted lynx 0.9, cat 0.1; amount: value 0.41." in said


def test_the_answer_of_a_segmentation_is_shares() -> None:
    head = Head(3, "softmax", pixels=(4, 4))
    assert head.describe_scores([("sky", 0.5), ("2", 0.25), ("sea", 0.0)]) == (
        "predicted sky on 50 %, class 2 on 25 % of the picture"
    )
