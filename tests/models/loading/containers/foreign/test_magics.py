"""Files that begin with bytes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.foreign_files import BYTES, darknet
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign.looks import Look
from xai_cam.models.loading.containers.foreign.magics import by_magic
from xai_cam.models.loading.sniff import sniff


@pytest.mark.parametrize("suffix", [".h5", ".keras", ""])
@pytest.mark.parametrize("name", BYTES)
def test_it_is_called_by_its_name(name: str, suffix: str, tmp_path: Path):
    content, words = BYTES[name]
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        sniff(path)
    said = caught.value.message.removeprefix(str(path))
    assert words in said and said.count(". ") == 1 and said.endswith("."), said


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\0TFL2",
        darknet().replace(b"\2", b"\7", 1),
        darknet()[:60],
        b"BM\xff\0\0\0",
        b"\x1f\x8b" + b"\xff" * 40,
        b"\xff" * 300,
    ],
)
def test_what_only_resembles_one(content: bytes, tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(content)
    found = by_magic(Look.at(path))
    assert found is None or found.what == "is a gzip archive"
