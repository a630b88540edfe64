"""JSON files of strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.json_files import read_json
from xai_cam.models.loading.tree import MAX_JSON


def test_json_is_read_with_and_without_its_mark(tmp_path: Path):
    path = tmp_path / "a.json"
    for mark in ("", "\ufeff"):
        path.write_text(f'{mark}{{"a": [1, "é"]}}', encoding="utf-8")
        assert read_json(path) == {"a": [1, "é"]}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{", b""])
def test_what_is_no_json(tmp_path: Path, content: bytes):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        read_json(path)


def test_a_large_file_is_not_read(tmp_path: Path):
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(MAX_JSON + 1)
    with pytest.raises(ModelError, match="larger or nested deeper"):
        read_json(path)
