"""Labels and truth tables as Windows writes them, and as nobody should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.images.ground_truth import read_truth
from xai_cam.images.labels import check_labels, read_labels


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_labels_as_windows_writes_them(encoding: str, tmp_path: Path) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    (tmp_path / "a.txt").write_bytes(mark + "猫\r\né\r\n".encode(encoding))
    assert list(read_labels(tmp_path / "a.txt")) == ["猫", "é"]
    (tmp_path / "b.txt").write_bytes("café\nthé".encode("cp1252"))
    with pytest.raises(InputError) as raised:
        read_labels(tmp_path / "b.txt")
    assert raised.value.message == (
        f"Cannot read the labels {tmp_path / 'b.txt'}: it is no text in UTF-8, from line 1 on. "
        "Give a list of names, or JSON, in UTF-8."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('["a\\ud800", "b"]', "no text: '\\\\ud800' is half a character"),
        ('{"0": ["\\udfff", "a"], "1": ["y", "b"]}', "no text: '\\\\udfff' is half a character"),
        (json.dumps(["a", "b" * 70_000]), "class 1 .*has 70,000 letters. Give names of at most 1,000."),
        ("a\n" + "b" * 70_000, "class 1 .*has 70,000 letters"),
        ("[" * 100_000, "not a list of labels"),
        ('{"labels": ' * 100_000, "not a list of labels"),
    ],
)
def test_names_that_nothing_could_show(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=reason) as raised:
        read_labels(path)
    assert len(raised.value.message) < 300


def test_names_of_a_caller_are_looked_at_too() -> None:
    with pytest.raises(InputError, match="The name of class 1 is no text"):
        check_labels(["a", "b\ud800"], 2)
    with pytest.raises(InputError, match="The name of class 0 has 1,001 letters"):
        check_labels(["a" * 1001], 1)
    check_labels(["a" * 1000, "\x1b[31m", "a\nb"], 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_tables_as_windows_writes_them(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes("image;class\r\né.png;猫\r\nb.png;ключ\r\n".encode(encoding))
    assert read_truth(path) == {"é.png": "猫", "b.png": "ключ"}


def test_cells_that_were_told_apart_from_formulas(tmp_path: Path) -> None:
    """As `--results` writes them."""
    path = tmp_path / "truth.csv"
    path.write_text("image,class\n'-a.png,'=cat\n'b.png,-1\n''@c.png,d\n", encoding="utf-8")
    assert read_truth(path) == {"-a.png": "=cat", "'b.png": "-1", "'@c.png": "d"}
