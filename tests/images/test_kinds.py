"""The table of the kinds of files that images are read from."""

from __future__ import annotations

from importlib import import_module

import pytest

from xai_cam.extras import EXTRAS
from xai_cam.images.kinds import KINDS, PICTURE, FileKind, kind_of_head, kind_of_name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_row_is_whole(kind: FileKind) -> None:
    module, _, function = kind.reader.partition(":")
    assert callable(getattr(import_module(module), function))
    assert kind.needs in {"", *EXTRAS}
    assert kind.suffixes and all(s.startswith(".") and s == s.lower() for s in kind.suffixes)


def test_no_suffix_is_of_two_kinds_and_pictures_stand_last() -> None:
    suffixes = [suffix for kind in KINDS for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert KINDS[-1] is PICTURE


@pytest.mark.parametrize("name", ["a.png", "a.JPG", "b.c.JpeG"])
def test_names_of_pictures(name: str) -> None:
    assert kind_of_name(name) is PICTURE


@pytest.mark.parametrize("name", ["a.txt", "png", "a.png.part"])
def test_other_names(name: str) -> None:
    assert kind_of_name(name) is None


def test_what_is_of_no_other_kind_is_a_picture() -> None:
    assert kind_of_head(b"\x89PNG", "a.png") is kind_of_head(b"", "notes") is PICTURE
