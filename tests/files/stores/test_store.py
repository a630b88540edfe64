"""What is asked of a store, and how many requests that takes."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path
from urllib.parse import urlsplit

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from support.s3_server import S3Server
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.stores.entries import UNTOLD, Listed
from xai_cam.files.stores.store import Store, store_of


def keys(store: Store, key: str, deep: bool = False) -> list[tuple[str, bool, int]]:
    return sorted((entry.key, entry.is_folder, entry.listed.size) for entry in store.entries(key, deep))


def test_a_folder_and_all_below_it(s3: S3Server) -> None:
    for name in ("a.png", "cats/b.png", "cats/kittens/c.png"):
        s3.put(f"bucket/photos/{name}", b"12")
    s3.put("bucket/photos2/d.png", b"12")
    s3.put("bucket/photos/", b"")  # as some tools make a folder
    store = store_of("s3", "bucket")
    folder = [("bucket/photos/a.png", False, 2), ("bucket/photos/cats", True, 0)]
    assert keys(store, "bucket/photos") == folder
    below = ["bucket/photos/a.png", "bucket/photos/cats/b.png", "bucket/photos/cats/kittens/c.png"]
    assert keys(store, "bucket/photos", deep=True) == [(key, False, 2) for key in below]
    assert keys(store, "bucket/none") == [] and keys(store, "bucket/none", deep=True) == []


def test_a_listing_is_of_now_and_not_of_the_last_time(s3: S3Server) -> None:
    store = store_of("s3", "bucket")
    s3.put("bucket/photos/a.png", b"12")
    assert len(keys(store, "bucket/photos")) == 1
    fsspec.filesystem("s3").ls("bucket/photos")  # which keeps what it found
    s3.put("bucket/photos/b.png", b"12")
    assert len(keys(store, "bucket/photos")) == 2


def test_a_thousand_objects_are_a_request(s3: S3Server) -> None:
    for number in range(1005):
        s3.put(f"bucket/photos/{number}.png", b"1")
    s3.forget()
    store = store_of("s3", "bucket")
    assert len(store.entries("bucket/photos")) == 1005 and len(s3.asked) == 2
    s3.forget()
    assert len(store.entries("bucket/photos", deep=True)) == 1005 and len(s3.asked) == 2


def test_reading_is_one_request(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"0123456789")
    s3.put("bucket/empty.png", b"")
    store = store_of("s3", "bucket")
    s3.forget()
    assert store.read("bucket/a.png") == b"0123456789" and store.read_head("bucket/a.png", 4) == b"0123"
    assert s3.asked == ["GET /bucket/a.png"] * 2
    assert store.read("bucket/empty.png") == b""
    s3.forget()
    assert store.read("bucket/empty.png", Listed(0, "x")) == b"" and not s3.asked


def test_writing_replaces_an_object_by_one_request(s3: S3Server) -> None:
    store = store_of("s3", "bucket")
    store.write("bucket/maps/a.png", b"1")
    store.write("bucket/maps/a.png", b"22")
    assert s3.get("bucket/maps/a.png") == b"22"
    assert [one for one in s3.asked if "GET" not in one] == ["PUT /bucket/maps/a.png"] * 2


def test_what_is_known_of_an_object(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"22")
    store = store_of("s3", "bucket")
    found = store.look("bucket/a.png")
    assert found is not None and found.listed == store.entries("bucket")[0].listed
    assert found.listed.size == 2 and len(found.listed.tag) == 32
    assert store.look("bucket/b.png") is None


class Disk(LocalFileSystem):  # type: ignore[misc]
    """A store where a file is there as soon as its first byte is."""

    protocol = "disk"
    cachable = False
    root = Path()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).replace("disk://root", str(cls.root)) if "://" in str(path) else str(path)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Disk]:
    monkeypatch.setattr(Disk, "root", tmp_path)
    fsspec.register_implementation("disk", Disk, clobber=True)
    return Disk


def test_where_files_are_written_bit_by_bit_they_get_their_names_at_the_end(
    disk: type[Disk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on HDFS: a file that nobody ended never has the name of an output."""
    written: list[str] = []
    pipe = Disk.pipe_file

    def noted(self: Disk, path: str, value: bytes, **kwargs: object) -> None:
        written.append(Path(path).name)
        pipe(self, path, value, **kwargs)

    monkeypatch.setattr(Disk, "pipe_file", noted)
    store = Store("disk", "root")
    for data in (b"1", b"22"):
        store.write("root/maps/a.png", data)
    assert (tmp_path / "maps" / "a.png").read_bytes() == b"22"
    assert len(written) == 2 and all(name.startswith(".xai-cam-") for name in written)
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["a.png"]


def test_a_new_file_is_given_no_name_that_was_taken_meanwhile(disk: type[Disk], tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "a.png").write_bytes(b"theirs")
    store = Store("disk", "root")
    with pytest.raises(FileExistsError):
        store.write("root/maps/a.png", b"1", new=True)
    assert [path.read_bytes() for path in (tmp_path / "maps").iterdir()] == [b"theirs"]
    store.write("root/maps/b.png", b"1", new=True)
    assert (tmp_path / "maps" / "b.png").read_bytes() == b"1"


def test_a_name_that_cannot_be_given_leaves_nothing(
    disk: type[Disk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(Disk, "mv", refuse)
    with pytest.raises(PermissionError):
        Store("disk", "root").write("root/maps/a.png", b"1")
    assert not list((tmp_path / "maps").iterdir())


class Untold(Disk):
    """A store whose listings tell no sizes, and that has no bytes of an empty object to give."""

    protocol = "untold"

    def info(self, path: str, **kwargs: object) -> dict[str, object]:
        return {**super().info(path, **kwargs), "size": None}

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: object) -> bytes:
        data = Path(path).read_bytes()
        if start is not None and not data:
            raise OSError(errno.EINVAL, "no such range")
        return data[start:end]


def test_a_size_that_is_not_told_is_not_taken_for_none(
    disk: type[Disk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.files.stores.requests.PAUSES", ())
    monkeypatch.setattr(Untold, "root", tmp_path)
    fsspec.register_implementation("untold", Untold, clobber=True)
    (tmp_path / "a.png").write_bytes(b"1234")
    (tmp_path / "empty.png").write_bytes(b"")
    store = Store("untold", "root")
    store._path = lambda key: str(tmp_path / key.removeprefix("root/"))  # type: ignore[method-assign]
    found = store.look("root/a.png")
    assert found is not None and found.listed.size == UNTOLD
    assert store.read("root/a.png", found.listed) == b"1234" and store.read_head("root/a.png", 2) == b"12"
    assert store.read_head("root/empty.png", 2) == b"" == store.read("root/empty.png", Listed(UNTOLD))


class Stream(Disk):
    """A store as HDFS: a part of a file only where it was opened for that, and a root without a name."""

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).removeprefix("hdfs://root") if "://" in str(path) else str(path)

    def info(self, path: str, **kwargs: object) -> dict[str, object]:
        if not path:
            raise FileNotFoundError(path)
        return {**super().info(str(self.root) + path, **kwargs), "name": path}

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, seekable: bool = False
    ) -> bytes:
        if (start, end) != (None, None) and not seekable:
            raise OSError("only valid on seekable files")
        return Path(str(self.root) + path).read_bytes()[:end]


def test_a_store_that_opens_files_for_all_of_them(
    disk: type[Disk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.files.stores.requests.PAUSES", ())
    monkeypatch.setattr("xai_cam.files.stores.store.file_system", lambda *_: Stream())
    (tmp_path / "a.png").write_bytes(b"1234")
    store = Store("hdfs", "root")
    assert store.read("root/a.png") == b"1234" and store.read_head("root/a.png", 2) == b"12"
    found = store.look("root")
    assert found is not None and found.is_folder, "the host is the top of its tree"


class Parsed(Disk):
    """A store whose library reads its paths as URLs, as those of HDFS, SFTP and FTP do."""

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return urlsplit(path).path if "://" in path else path


@pytest.mark.parametrize(
    "name", ["what?.png", "a b?x#y?.png", "new\nline.png", "tab\t?.png", "100%25.png", "ü.png"]
)
def test_names_that_are_no_end_of_a_path_in_a_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else another object were read, or replaced."""
    monkeypatch.setattr("xai_cam.files.stores.store.file_system", lambda *_: Parsed())
    store, folder = Store("sftp", "ann@host"), f"ann@host{tmp_path}"
    (tmp_path / "what").write_bytes(b"another")
    store.write(f"{folder}/{name}", b"1")
    assert store.read(f"{folder}/{name}") == b"1" == (tmp_path / name).read_bytes()
    assert (tmp_path / "what").read_bytes() == b"another"
    found = store.look(f"{folder}/{name}")
    assert found is not None and found.listed.size == 1
    listed = {entry.key.removeprefix(f"{folder}/") for entry in store.entries(folder)}
    assert listed == {name, "what"}


def test_a_file_is_written_as_bytes_are(s3: S3Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    store_of("s3", "bucket").write_file("bucket/a.csv", tmp_path / "a")
    assert s3.get("bucket/a.csv") == b"12"


def test_a_store_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="nowhere:// is no store"):
        store_of("nowhere", "bucket")


@pytest.mark.parametrize(
    ("scheme", "library"),
    [
        *(("s3", "s3fs"), ("gs", "gcsfs"), ("az", "adlfs"), ("abfs", "adlfs"), ("hdfs", "pyarrow")),
        *(("sftp", "paramiko"), ("https", "aiohttp"), ("webhdfs", "requests"), ("smb", "smbprotocol")),
    ],
)
def test_a_library_that_is_missing_is_named(
    scheme: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise ImportError("Install something")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    said = f"{scheme}:// needs {library}, which is not installed. Run `.*{library}"
    with pytest.raises(XaiCamError, match=said):
        Store(scheme, "bucket")


def test_what_a_library_says_when_it_cannot_be_used_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("endpoint https://ann:hunter2@host")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(XaiCamError, match=r"gs:// cannot be used \(ValueError\)") as caught:
        Store("gs", "bucket")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
