"""What is told of a network besides its files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.small_models import build_held
from xai_cam.models.known.options import NetworkOptions

OPTIONS = NetworkOptions((8, 8), "softmax", (2, 2), 1, 4, ("a",), "image", ("age",))


def test_the_image_is_the_input_that_nothing_is_given_for() -> None:
    assert NetworkOptions(held=("age",)).open(build_held()).image_name == "image"


@pytest.mark.parametrize(
    "other",
    [
        {"size": (9, 8)},
        {"head": "auto"},
        {"reshape": None},
        {"call": 2},
        {"outputs": ()},
        {"image_input": "x"},
    ],
)
def test_all_that_decides_what_a_network_is_counts(other: dict[str, Any]) -> None:
    assert replace(OPTIONS, **other).identity != OPTIONS.identity


def test_the_number_of_images_does_not() -> None:
    assert replace(OPTIONS, batch_size=1).identity == OPTIONS.identity


def test_names_of_other_inputs_count_where_they_tell_which_is_the_image() -> None:
    assert replace(OPTIONS, held=()).identity == OPTIONS.identity  # it is named
    assert NetworkOptions(held=("a",)).identity != NetworkOptions(held=("b",)).identity
    assert NetworkOptions(held=("a", "b")).identity == NetworkOptions(held=("b", "a")).identity
