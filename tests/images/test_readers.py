"""Files go to the reader of their kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.systems import pipe
from xai_cam.errors import ImageError
from xai_cam.images import readers
from xai_cam.images.kinds import KINDS, PICTURE, FileKind
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Admit, Reading

PIXELS = np.zeros((2, 3, 3), np.uint8)


def read_letters(path: Path, admit: Admit, reading: Reading) -> Picture:
    """A reader of a made-up kind."""
    admit(reading.max_pixels or 0)
    return Picture(PIXELS, PIXELS)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> FileKind:
    """A made-up kind: text files that begin with `abc`."""
    kind = FileKind(
        "text of letters",
        frozenset({".abc"}),
        lambda head, _: head.startswith(b"abc"),
        f"{__name__}:read_letters",
    )
    monkeypatch.setattr("xai_cam.images.kinds.KINDS", (kind, *KINDS))
    return kind


def test_what_a_file_holds_decides(letters: FileKind, tmp_path: Path) -> None:
    path = tmp_path / "named.png"
    path.write_bytes(b"abc")
    admitted: list[int] = []
    assert readers.kind_of_file(path) is letters
    assert readers.read_file(path, admitted.append, Reading(max_pixels=7)).size == (2, 3)
    assert admitted == [7]


def test_a_kind_whose_library_is_missing_is_told(
    letters: FileKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy: Any = FileKind(letters.name, letters.suffixes, letters.is_of, letters.reader, needs="pyarrow")
    monkeypatch.setattr("xai_cam.images.kinds.KINDS", (needy, *KINDS))
    monkeypatch.setattr(readers, "is_there", lambda _: False)
    (tmp_path / "a.abc").write_bytes(b"abc")
    with pytest.raises(ImageError, match=r"it is a text of letters, which PyArrow reads: run `.*pyarrow"):
        readers.read_image(tmp_path / "a.abc")


def test_what_cannot_be_read_is_left_to_the_reader_of_pictures(tmp_path: Path) -> None:
    pipe(tmp_path / "pipe")
    for name in ("missing.png", "pipe", "."):
        assert readers.kind_of_file(tmp_path / name) is PICTURE
    with pytest.raises(ImageError, match="because it is a pipe"):
        readers.read_image(tmp_path / "pipe")
