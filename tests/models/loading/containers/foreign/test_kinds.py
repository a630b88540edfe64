"""Whoever is asked first is the surest."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.foreign_files import BYTES, TEXTS
from xai_cam.models.loading.containers.foreign.kinds import TELLERS, kind_of
from xai_cam.models.loading.containers.foreign.looks import Look
from xai_cam.models.loading.containers.foreign.magics import of_zeros
from xai_cam.models.loading.containers.foreign.texts import by_text


@pytest.mark.parametrize("name", [name for name in BYTES if not BYTES[name][0].startswith(b"PK")])
def test_no_two_tell_different_things(name: str, tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(BYTES[name][0])
    look = Look.at(path)
    assert kind_of(look) is not None
    bytewise = [tell for tell in TELLERS if tell not in (by_text, of_zeros)]  # a pickle may be text as well
    assert len({found.what for tell in bytewise if (found := tell(look)) is not None}) <= 1


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_no_bytes_of_others(name: str, tmp_path: Path):
    path = tmp_path / "a"
    path.write_text(TEXTS[name][0], encoding="utf-8")
    look = Look.at(path)
    assert sum(tell(look) is not None for tell in TELLERS) == 1
