"""First bytes of files, and the kinds of those whose names say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.systems import pipe
from xai_cam.images.heads import head_of, kind_in_folder
from xai_cam.images.kinds import DICOM, HEAD, PICTURE

SCAN = b"\0" * 128 + b"DICM" + b"\2\0\0\0UL"
BARE = b"\x08\0\x05\0CS\x0a\0ISO_IR 100"


def test_the_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 9_000)
    assert head_of(tmp_path / "a") == b"x" * HEAD
    assert head_of(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("IM000001", SCAN, DICOM),
        ("1.2.840.113619.2.5", SCAN, DICOM),
        ("DICOMDIR", SCAN, None),
        ("dicomdir", SCAN, None),
        ("Makefile", b"all:\n", None),
        ("IM000002", BARE, None),
        ("empty", b"", None),
        ("scan.txt", SCAN, None),
        ("scan.dcm", b"", DICOM),
        ("scan.IMA", b"", DICOM),
        ("scan.png", SCAN, PICTURE),
    ],
)
def test_kinds_in_folders(name: str, data: bytes, kind: object, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert kind_in_folder(tmp_path / name) is kind


def test_nobody_waits_at_a_pipe(tmp_path: Path) -> None:
    pipe(tmp_path / "IM000001")
    assert kind_in_folder(tmp_path / "IM000001") is None
