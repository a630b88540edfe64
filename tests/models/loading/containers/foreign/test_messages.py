"""Protocol buffers are told by their structure, and bombs of them cost nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.foreign_files import GRAPH, MESSAGES, Message, encode
from xai_cam.models.loading.containers.foreign.looks import Foreign, Look
from xai_cam.models.loading.containers.foreign.messages import MOST, by_message
from xai_cam.models.loading.containers.foreign.messages import Message as Read


def told(content: bytes, tmp_path: Path) -> Foreign | None:
    path = tmp_path / "m.pb"
    path.write_bytes(content)
    return by_message(Look.at(path))


@pytest.mark.parametrize("name", MESSAGES)
def test_one_that_breaks_off_is_told_as_well(name: str, tmp_path: Path):
    whole = encode(MESSAGES[name])
    found, cut = told(whole, tmp_path), told(whole[:-1], tmp_path)
    assert found is not None and cut is not None and cut.what == found.what


@pytest.mark.parametrize(
    "message",
    [
        [(1, 8)],
        [(1, 8), (7, "not a graph, but text of some length")],
        [(1, 0), (7, GRAPH)],
        [(1, [(1, "x"), (2, "no operation!")])],
        [(1, [(2, "Relu")])],
        [(1, ""), (1, "")],
        [(9, GRAPH)],
        [(1, 1), (2, 1)],
        [(1, 4), (500, GRAPH), (501, GRAPH)],
        [(100, [(1, 2)])],
    ],
)
def test_what_only_resembles_one(message: Message, tmp_path: Path):
    assert told(encode(message), tmp_path) is None


@pytest.mark.parametrize("content", [b"\0", b"\x0b", b"\xff" * 20, b"\x0a", b"\x08" + b"\x80" * 30])
def test_what_is_no_message(content: bytes, tmp_path: Path):
    assert told(content, tmp_path) is None


def test_a_million_fields_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    take = Read.__init__
    monkeypatch.setattr(
        Read, "__init__", lambda self, *a: (take(self, *a), asked.append(len(self.fields)))[0]
    )
    found = told(encode(GRAPH[:1]) * 30_000, tmp_path)
    assert found is not None and "frozen" in found.what
    assert max(asked) == MOST and sum(asked) < 10 * MOST
