"""Names as callers give them."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import check_baselines, methods_named, names_of
from xai_cam.errors import InputError


@pytest.mark.parametrize("given", ["a", ["a"], ("a", "a"), {"a": 1}, iter(["a"])])
def test_one_name_or_several_each_once(given: Any) -> None:
    assert names_of("method", given) == ["a"]


@pytest.mark.parametrize(("given", "said"), [([], r"\[\]"), (3, "3"), (["a", None], "None")])
def test_what_is_no_name_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"`method` is {said}. Give a name, or several."):
        names_of("method", given)


def test_a_name_for_all_methods() -> None:
    assert methods_named("all") == list(METHODS)
    assert methods_named(["eigen-cam", "all"]) == ["eigen-cam", *(m for m in METHODS if m != "eigen-cam")]
    assert methods_named("no-such") == ["no-such"]  # told by whoever looks it up


def test_baselines() -> None:
    assert check_baselines(None) == check_baselines(()) == check_baselines("") == []
    assert check_baselines(["random", "gaussian", "random"]) == ["random", "gaussian"]
    with pytest.raises(InputError, match=r"Unknown baseline .randon.\. Nearest: random"):
        check_baselines("randon")
