"""Names that every disk takes, and names of one file."""

from __future__ import annotations

import ntpath
import os
import sys
import unicodedata
from pathlib import Path

import pytest

from support.systems import link
from xai_cam.errors import OutputError
from xai_cam.files import names
from xai_cam.files.names import (
    MAX_BYTES,
    MAX_WINDOWS,
    TEMPORARY,
    as_text,
    as_told,
    check_name,
    composed,
    folded,
    folds,
    plain,
    real_path,
    safe_name,
)
from xai_cam.files.stores.paths import StorePath

# --- Names for files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("outer/conv:1", "outer.conv-1"),
        ("conv2d", "conv2d"),
        ("a+b=c_d.e-f", "a+b=c_d.e-f"),
        ("a b\tc", "a-b-c"),
        ('<>:"|?*\\', "-"),
        ("畳み込み", "畳み込み"),
        ("कुत्ता", "कुत्ता"),  # its vowel signs are marks, and part of the word
        (unicodedata.normalize("NFD", "Köter"), "Köter"),
        ("con", "con-"),
        ("CON/x", "CON-.x"),
        ("aux.jpg", "aux-.jpg"),
        ("lpt1", "lpt1-"),
        ("com²", "com²-"),
        ("console", "console"),
        ("com10", "com10"),
        ("x.con", "x.con"),
    ],
)
def test_safe_names(text: str, part: str) -> None:
    assert safe_name(text) == part


@pytest.mark.parametrize("letter", ["a", "я", "猫", "की"])
def test_long_names_are_cut_and_stay_apart(letter: str) -> None:
    one, other = safe_name(letter * 99 + "1"), safe_name(letter * 99 + "2")
    assert one != other
    assert max(len(one.encode()), len(other.encode())) <= MAX_BYTES


def test_plain_texts() -> None:
    assert plain("C:\\photos") == "C-photos"
    assert plain("") == ""
    assert plain("🐈 cat") == "-cat"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("maps/CON", "takes CON for a device"),
        ("aux.jpg", "takes aux.jpg for a device"),
        ("nul .txt/a.png", "takes nul .txt for a device"),
        ("a:b.png", "takes no ':' in names"),
        ("maps?/a.png", r"takes no '\?' in names"),
        ("/" + 99 * "ab/" + "a.png", "the path has 303 characters, and Windows takes 259"),
    ],
)
def test_places_that_are_none_on_windows(path: str, reason: str) -> None:
    check_name(Path(path), windows=False)
    with pytest.raises(OutputError, match=reason) as caught:
        check_name(Path(path), "`report`", windows=True)
    assert "`report`" in str(caught.value)


def test_places_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("maps/cat_grad-cam.png", "console.csv", "x.con", "地図/é.png", "..", "."):
        check_name(Path(path), windows=True)
    longest = "/" + "x" * (MAX_WINDOWS - TEMPORARY - 1) + "/" + "x" * (TEMPORARY - 1)
    check_name(Path(longest), windows=True)
    for longer in (longest + "y", longest[:200] + "y" + longest[200:230]):
        with pytest.raises(OutputError, match="Windows takes 259"):
            check_name(Path(longer), windows=True)
    monkeypatch.setattr(names, "_long_paths", lambda: True)
    check_name(Path(longest + "y"), windows=True)


def test_characters_are_counted_as_windows_does() -> None:
    """A cat's face is two of them."""
    with pytest.raises(OutputError, match="has 261 characters"):
        check_name(Path("/" + "🐱" * 130), windows=True)


def test_nothing_is_known_of_long_paths_elsewhere() -> None:
    if os.name != "nt":
        assert not names._long_paths()


# --- Names of one file --------------------------------------------------------------------------------


def test_accents_are_composed() -> None:
    assert composed(unicodedata.normalize("NFD", "é")) == "é"
    assert composed("plain") == "plain"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cats/1.JPG", "cats/1.jpg"),
        ("É.png", unicodedata.normalize("NFD", "é") + ".PNG"),
        ("Straße", "STRASSE"),
        ("ΐ", unicodedata.normalize("NFD", "ΐ")),  # whose folding is decomposed
        ("Å", "\u212b"),
    ],
)
def test_names_that_fold_to_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_names_that_do_not() -> None:
    assert len({folded(name) for name in ("a", "ä", "b", "ａ", "a.b")}) == 5


def test_a_file_and_links_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").touch()
    link(tmp_path / "b.png", tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert real_path("b.png") == real_path(Path("a.png")) == real_path("x/../a.png")
    assert real_path("gone.png") != real_path("a.png")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' disks mostly fold")
def test_names_that_differ_in_case_are_two_files_here(tmp_path: Path) -> None:
    for name in ("a.png", "A.png"):
        (tmp_path / name).touch()
    assert real_path(tmp_path / "a.png") != real_path(tmp_path / "A.png")
    assert not folds(str(tmp_path))
    assert real_path(tmp_path / "b.png") != real_path(tmp_path / "B.png"), "neither is there"


def test_a_folder_that_is_not_there_is_that_above(tmp_path: Path) -> None:
    (tmp_path / "Case").mkdir()
    assert folds(str(tmp_path / "no" / "such")) == (tmp_path / "cASE").exists()


def test_windows_disks_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(names.os, "name", "nt")
        assert folds("Z:/nowhere at all")
    folds.cache_clear()


def test_apples_disks_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that mind the case too."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert real_path(tmp_path / "é.png") == real_path(tmp_path / unicodedata.normalize("NFD", "é.png"))


def test_the_module_of_paths_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names.os, "path", ntpath)
    monkeypatch.setattr(names, "folds", lambda folder: True)
    assert names.as_on_disk("C:/Photos/A.png") == names.as_on_disk("c:\\photos\\a.PNG")


def test_names_that_are_no_text_as_text() -> None:
    assert as_text("p/caf\udce9 猫.png") == "p/caf\\udce9 猫.png"


def test_a_path_that_a_row_names() -> None:
    """What a listing told may hold what nobody can type as a URL."""
    path = as_told("s3://bucket/a?x=1.png")
    assert (
        isinstance(path, StorePath)
        and path.key == "bucket/a?x=1.png"
        and str(path) == "s3://bucket/a?x=1.png"
    )
    assert str(as_told("s3://bucket/a::b.png")) == "s3://bucket/a::b.png"
    assert as_told("/photos/a.png") == Path("/photos/a.png") and as_told("a.png") == Path("a.png")
