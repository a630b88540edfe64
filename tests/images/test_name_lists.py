"""Lists of names: encodings of Windows, and names that are bytes."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from xai_cam.files.texts import TextError
from xai_cam.images import name_lists
from xai_cam.images.name_lists import names_in

NAMES = ["a b.png", "日本/🐈.png", "é.png"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lists_of_every_system(encoding: str, end: str) -> None:
    assert names_in((end.join(NAMES) + end).encode(encoding)) == NAMES
    assert names_in(f"\n{end}".encode(encoding)) == []


def test_an_empty_list_of_powershell_is_empty() -> None:
    assert names_in(codecs.BOM_UTF16_LE) == []


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on Linux and macOS")
def test_names_that_are_no_text_are_taken_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw = b"caf\xe9.png"
    with pytest.raises(TextError, match="no text in UTF-8, from line 2 on, and no such file is there"):
        names_in(b"gone.png\n" + raw)
    try:
        Path(os.fsdecode(raw)).touch()
    except OSError:
        pytest.skip("a disk whose names are text")
    assert [os.fsencode(name) for name in names_in(b"gone.png\n" + raw)] == [b"gone.png", raw]


def test_a_program_may_pipe_any_bytes() -> None:
    assert [os.fsencode(name) for name in names_in(b"\xff.png\n", piped=True)] == [b"\xff.png"]


def test_a_console_of_windows_is_believed_where_the_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dir /b > list.txt` of cmd writes code page 850, where Python expects 1252: 0x82 is `é`, or a quote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(name_lists.os, "name", "nt")
    monkeypatch.setattr(name_lists.locale, "getpreferredencoding", lambda _: "cp1252")
    codecs.register(_oem := lambda name: codecs.lookup("cp850") if name == "oem" else None)
    try:
        with pytest.raises(TextError, match="no such file is there"):
            names_in("é.png\r\n".encode("cp850"))
        monkeypatch.setattr(name_lists.os.path, "lexists", lambda name: name == "é.png")
        for page in ("cp850", "cp1252"):
            assert names_in("é.png\r\n".encode(page), piped=True) == ["é.png"]
    finally:
        codecs.unregister(_oem)


@pytest.mark.parametrize("data", [b"a\0.png", "a.png\n".encode("utf-16-le"), b"\xff\0"])
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(TextError, match=r"zero bytes|no text"):
        names_in(data, piped=True)


def test_a_list_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_lists, "MAX_BYTES", 5_000_000)
    with pytest.raises(TextError, match="larger than 5 MB"):
        names_in(b"a\n" * 2_500_001)
