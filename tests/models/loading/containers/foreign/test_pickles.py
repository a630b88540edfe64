"""Pickles are told and never run; texts that resemble one are none."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from xai_cam.models.loading.containers.foreign.looks import Look
from xai_cam.models.loading.containers.foreign.pickles import by_pickle


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", range(6))
def test_none_is_run(protocol: int, tmp_path: Path):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(Evil(tmp_path / "evil"), protocol))
    found = by_pickle(Look.at(path))
    assert found is not None and "never run" in found.what and not (tmp_path / "evil").exists()


@pytest.mark.parametrize(("word", "owner"), [("sklearn", "scikit-learn"), ("keras", "a Keras model")])
def test_what_it_is_of(word: str, owner: str, tmp_path: Path):
    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps({"from": word}))
    found = by_pickle(Look.at(path))
    assert found is not None and owner in found.what


@pytest.mark.parametrize(
    "content",
    [b"(hello).", b"cat\ndog\n", b"I am fine.", b"\x80\x02", b"\x80\x09abc.", b"x\x9cabc", b"]query."],
)
def test_what_only_resembles_one(content: bytes, tmp_path: Path):
    path = tmp_path / "m.pkl"
    path.write_bytes(content)
    assert by_pickle(Look.at(path)) is None
