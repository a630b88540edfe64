"""What is known of objects: only as long as their listing tells the same of them."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from support.s3_server import S3Server
from xai_cam.files.stores import known as known_module
from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.known import KnownObjects
from xai_cam.files.stores.paths import StorePath


def listed(size: int, tag: str, name: str = "a.png") -> StorePath:
    path = StorePath("s3://bucket", name)
    path.listed = Listed(size, tag)
    return path


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_a_hash_is_known_while_the_object_is_the_same(tmp_path: Path) -> None:
    known, data = KnownObjects(tmp_path / "cache"), b"picture"
    path = listed(7, md5(data))
    assert known.sha256(path) is None
    assert known.keep_sha256(path, data) == hashlib.sha256(data).hexdigest() == known.sha256(path)
    others = listed(8, md5(data)), listed(7, md5(b"other")), listed(7, md5(data), "b.png"), listed(7, "")
    for other in others:
        assert known.sha256(other) is None
    assert known.ours([path]) == {}


def test_a_hash_is_not_kept_of_content_that_may_be_another(tmp_path: Path, s3: S3Server) -> None:
    """A tag that is no MD5 is asked for again: the object may have been replaced behind the listing."""
    known, data = KnownObjects(tmp_path / "cache"), b"picture"
    s3.put("bucket/a.png", b"another")
    path = listed(7, "0-2")
    known.keep_sha256(path, data)
    assert known.sha256(path) is None
    entry = path.look()
    assert entry is not None
    path.listed = entry.listed
    known.keep_sha256(path, b"another")
    assert known.sha256(path) == hashlib.sha256(b"another").hexdigest()
    path.listed = Listed(7, "0-2")
    assert known.sha256(path) is None


def written(known: KnownObjects, name: str, data: bytes = b"map", said: dict[str, int] | None = None) -> None:
    known.keep_written({StorePath("s3://bucket", name): (data, said)})


def test_what_was_written_is_known_to_be_ours(tmp_path: Path) -> None:
    known = KnownObjects(tmp_path / "cache")
    written(known, "a.png")
    ours, other = listed(3, md5(b"map")), listed(3, md5(b"pam"), "b.png")
    assert known.ours([ours, other]) == {ours: True} and known.ours([listed(3, md5(b"pam"))]) == {}
    known.keep_ours({listed(3, "t", "c.png"): False, listed(3, "u", "d.png"): True})
    several = [listed(3, "t", "c.png"), ours, listed(3, "u", "d.png")]
    assert known.ours(several) == dict(zip(several, (False, True, True), strict=True))


def test_thousands_are_found_at_once(tmp_path: Path) -> None:
    known = KnownObjects(tmp_path / "cache")
    files = {StorePath(f"s3://bucket/{n}.png"): (b"%d" % n, None) for n in range(1234)}
    known.keep_written(files)
    paths = [listed(len(str(n)), md5(b"%d" % n), f"{n}.png") for n in range(1300)]
    assert known.ours(paths) == dict.fromkeys(paths[:1234], True)


def test_what_an_object_says_is_known(tmp_path: Path, s3: S3Server) -> None:
    known, said = (
        KnownObjects(tmp_path / "cache"),
        {"request": "abc", "name": "Gänse", "half a letter": "\ud800", "rank": 0},
    )
    path = listed(3, md5(b"map"))
    known.keep_sha256(path, b"map")
    assert known.provenance(path) is None
    known.keep_provenance(path, b"map", said)
    assert known.provenance(path) == said and known.ours([path]) == {path: True}
    assert known.sha256(path) == hashlib.sha256(b"map").hexdigest(), "one fact leaves the others"
    known.keep_provenance(listed(3, md5(b"pam"), "b.png"), b"map", said)
    assert known.provenance(listed(3, md5(b"pam"), "b.png")) is None, "the content is another's"
    known.keep_written({StorePath("s3://bucket/c.png"): (b"c", {"request": "c"})})
    assert known.provenance(listed(1, md5(b"c"), "c.png")) == {"request": "c"}


def test_what_is_too_long_is_left_out_and_told(tmp_path: Path) -> None:
    known, noise = KnownObjects(tmp_path / "cache"), random.Random(1).randbytes(40_000).hex()
    large, larger = listed(1, md5(b"d"), "d.png"), listed(1, md5(b"e"), "e.png")
    known.keep_written(
        {
            StorePath("s3://bucket/d.png"): (b"d", {"request": "d", "maps": noise}),
            StorePath("s3://bucket/e.png"): (b"e", {"request": "e", "compared": noise}),
        }
    )
    assert known.provenance(large) == {"request": "d", "maps": None}
    assert known.provenance(larger) is None and known.ours([large, larger]) == {large: True, larger: True}


def test_it_has_a_limit_and_the_oldest_goes(tmp_path: Path) -> None:
    known = KnownObjects(tmp_path / "cache", most_bytes=200_000)
    for start in range(0, 5000, 100):
        files = {StorePath(f"s3://bucket/{n}.png"): (b"%d" % n, None) for n in range(start, start + 100)}
        known.keep_written(files)
    paths = [listed(len(str(n)), md5(b"%d" % n), f"{n}.png") for n in range(5000)]
    left = sorted(int(path.stem) for path in known.ours(paths))
    assert left == list(range(5000 - len(left), 5000)) and 500 < len(left) < 4500
    assert (tmp_path / "cache" / "objects.sqlite").stat().st_size < 300_000


def keep_some(folder: Path, first: int) -> None:
    """In a process of its own, which waits as long as it takes: else it keeps nothing, as it should."""
    known_module.PATIENCE = 300.0
    known = KnownObjects(folder)
    for n in range(first, first + 50):
        written(known, f"{n}.png", b"%d" % n)


def test_several_processes_write_to_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=keep_some, args=(tmp_path / "cache", 50 * n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    paths = [listed(len(str(n)), md5(b"%d" % n), f"{n}.png") for n in range(150)]
    assert len(KnownObjects(tmp_path / "cache").ours(paths)) == 150


def test_a_batch_is_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, plain = [], sqlite3.connect

    def connect(*args: object, **kwargs: object) -> object:
        opened.append(1)
        return plain(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", connect)
    KnownObjects(tmp_path / "cache").keep_written(
        {StorePath(f"s3://bucket/{n}.png"): (b"1", None) for n in range(900)}
    )
    assert len(opened) == 1


def test_a_folder_that_cannot_be_used_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    known = KnownObjects(tmp_path / "file" / "cache")
    written(known, "a.png")
    assert known.ours([listed(3, md5(b"map"))]) == {}
    damaged = KnownObjects(tmp_path / "cache")
    written(damaged, "a.png")
    (tmp_path / "cache" / "objects.sqlite").write_bytes(b"no database" * 100)
    written(damaged, "a.png")
    assert damaged.ours([listed(3, md5(b"map"))]) == {}
    assert damaged.provenance(listed(3, md5(b"map"))) is None


def no_database(data: bytes) -> bytes:
    return b"no database" * 100


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def half_overwritten(data: bytes) -> bytes:
    return data[:4096] + bytes(len(data) - 4096)


@pytest.mark.parametrize("damage", [no_database, cut_short, half_overwritten])
@pytest.mark.parametrize("first", ["find", "keep"])
def test_a_damaged_one_is_begun_anew(tmp_path: Path, damage: Callable[[bytes], bytes], first: str) -> None:
    """Whichever notices it: else each object would cost a request in each run, for ever."""
    keep_some(tmp_path, 0)
    place, known = tmp_path / "objects.sqlite", KnownObjects(tmp_path)
    place.write_bytes(damage(place.read_bytes()))
    (tmp_path / "objects.sqlite-journal").write_bytes(b"of the damaged one")
    ours = listed(3, md5(b"map"))
    if first == "find":
        assert known.ours([ours, listed(1, md5(b"1"), "1.png")]) == {}
        assert not list(tmp_path.iterdir())
    else:
        written(known, "b.png")
    written(known, "a.png")
    assert known.ours([ours]) == {ours: True}


def test_one_that_another_process_has_locked_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.files.stores.known.PATIENCE", 0.01)
    known, ours = KnownObjects(tmp_path), listed(3, md5(b"map"))
    written(known, "a.png")
    with closing(sqlite3.connect(tmp_path / "objects.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        written(known, "b.png")
        assert known.ours([ours]) == {}
    assert known.ours([ours]) == {ours: True}
