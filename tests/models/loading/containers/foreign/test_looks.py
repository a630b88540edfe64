"""A look takes the two ends of a file, whatever its length, and no special file."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.systems import pipe
from xai_cam.files.regular import NotRegularError
from xai_cam.models.loading.containers.foreign.looks import HEAD, TAIL, Look, listed, quote


@pytest.mark.parametrize("size", [0, 3, TAIL, HEAD, HEAD + 1, 3 * HEAD])
def test_both_ends(size: int, tmp_path: Path):
    data = bytes(i % 251 for i in range(size))
    (tmp_path / "a").write_bytes(data)
    look = Look.at(tmp_path / "a")
    assert (look.size, look.head) == (size, data[:HEAD]) and look.tail == data[max(size - TAIL, 0) :]
    assert look.is_whole is (size <= HEAD)


def test_text_may_be_cut_within_a_letter_where_the_look_ends(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("a" + "é" * HEAD, encoding="utf-8")
    assert Look.at(path).text == "a" + "é" * (HEAD // 2 - 1)
    for content in (b"\xc3", b"a\0b", b"a\x1bb", b"\xff"):
        path.write_bytes(content)
        assert (Look.at(path).text is None) is (content != b"a\x1bb")


def test_pipes(tmp_path: Path):
    pipe(tmp_path / "a")
    with pytest.raises(NotRegularError):
        Look.at(tmp_path / "a")


def test_what_is_repeated_is_short():
    assert quote("a`b`\nc") == "\"a'b' c\"" and len(quote("word " * 99)) < 90
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
