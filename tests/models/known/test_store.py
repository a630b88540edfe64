"""Facts in the cache: found as they were kept, and as if there were none where anything was changed."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.small_models import build_tiny
from support.systems import link, pipe
from xai_cam.files.cache import Cache
from xai_cam.models.known.messages import Message
from xai_cam.models.known.network import record_of
from xai_cam.models.known.store import FILE, FORMAT, KeptFacts, find_facts, keep_facts
from xai_cam.models.network import Network

KEY = "facts-abc"


@cache
def facts() -> KeptFacts:
    said = Message("xai_cam.models", logging.WARNING, "It was turned: ü.")
    return KeptFacts(record_of(Network(build_tiny())), (said,))


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    """A cache with the facts of the tiny model."""
    found = Cache(tmp_path / "cache")
    assert keep_facts(found, KEY, facts())
    return found


def rewritten(cache: Cache, change: Any) -> None:
    """Change the JSON of the facts, with a head that fits it."""
    path = cache.folder / KEY / FILE
    found = json.loads(path.read_bytes().partition(b"\n")[2])
    body = change(found)
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"xai-cam facts {FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode()
    path.write_bytes(head + body)


def test_facts_are_found_as_they_were_kept(kept: Cache) -> None:
    assert find_facts(kept, KEY) == facts()
    assert find_facts(kept, "facts-other") is None


def test_newer_ones_take_their_place(kept: Cache) -> None:
    newer = KeptFacts(facts().record)
    assert keep_facts(kept, KEY, newer) and find_facts(kept, KEY) == newer


def test_they_count_to_the_size_of_the_cache(tmp_path: Path) -> None:
    small = Cache(tmp_path / "small", most_bytes=100)
    assert not keep_facts(small, KEY, facts()) and small.size() == 0


def test_every_byte_counts(kept: Cache) -> None:
    path = kept.folder / KEY / FILE
    data = path.read_bytes()
    for place in (0, 5, 14, 60, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert find_facts(kept, KEY) is None, place
    for cut in (b"", data[:-1], data + b" "):
        path.write_bytes(cut)
        assert find_facts(kept, KEY) is None


def test_another_format_is_as_if_it_were_not_there(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.models.known.store.FORMAT", FORMAT + 1)
    assert find_facts(kept, KEY) is None


def deep(_: Any) -> bytes:
    return b"[" * 100_000 + b"]" * 100_000


HOSTILE = {
    "no list": lambda found: {"facts": found},
    "a list more": lambda found: [*found, 1],
    "no message": lambda found: [found[0], [["xai_cam", "30", "text"]]],
    "of another log": lambda found: [found[0], [["root", 30, "text"]]],
    "a level that is none": lambda found: [found[0], [["xai_cam", 10**9, "text"]]],
    "no shape": lambda found: [[*found[0][:5], ["16", 16, 3], *found[0][6:]], found[1]],
    "an output that is not there": lambda found: [[*found[0][:2], [7], *found[0][3:]], found[1]],
    "a huge number": lambda found: [[*found[0][:5], [10**400, 16, 3], *found[0][6:]], found[1]],
    "deep": deep,
    "no JSON": lambda _: b"\x80\x04K\x01.",
    "no text": lambda _: b'"\xff\xfe"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_facts_are_as_if_there_were_none(kept: Cache, name: str) -> None:
    rewritten(kept, lambda found: found)
    assert find_facts(kept, KEY) == facts()
    rewritten(kept, HOSTILE[name])
    assert find_facts(kept, KEY) is None


def test_a_file_that_is_too_large_is_not_read(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (kept.folder / KEY / FILE).stat().st_size
    monkeypatch.setattr("xai_cam.models.known.store.MAX_BYTES", size - 1)
    assert find_facts(kept, KEY) is None and not keep_facts(kept, KEY, facts())


def test_links_and_pipes_are_not_followed(kept: Cache, tmp_path: Path) -> None:
    path = kept.folder / KEY / FILE
    path.rename(tmp_path / "elsewhere")
    link(path, tmp_path / "elsewhere")
    assert find_facts(kept, KEY) is None
    path.unlink()
    pipe(path)
    assert find_facts(kept, KEY) is None


def test_what_is_no_plain_data_is_not_kept(kept: Cache) -> None:
    strange: Any = KeptFacts(facts().record, (Message("xai_cam", 30, b"bytes"),))  # type: ignore[arg-type]
    assert not keep_facts(kept, "facts-strange", strange)
