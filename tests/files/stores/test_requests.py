"""Requests that fail: which are made again, and what is said at the end."""

from __future__ import annotations

import errno
import socket
import traceback

import pytest

from support.s3_server import KEY, SECRET, S3Server
from xai_cam.errors import XaiCamError
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.requests import attempt


def stored(url: str) -> StorePath:
    path = as_path(url)
    assert isinstance(path, StorePath)
    return path


@pytest.mark.parametrize("kind", ["409", "429", "500", "503", "slow", "cut", "gone"])
def test_what_passes_is_tried_again(s3: S3Server, kind: str) -> None:
    s3.put("bucket/a.png", b"0123456789")
    s3.forget()
    s3.fail(kind, "GET", "a.png")
    assert stored("s3://bucket/a.png").read_bytes() == b"0123456789"
    found = s3.count("GET", "a.png")
    assert found == 2 or (kind == "slow" and found > 2)  # on a busy machine the second may be late, too


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *(("503", "its answer 503"), ("429", "its answer 429"), ("slow", "a time-out")),
        *(("cut", "a connection that ended"), ("gone", "a connection that ended")),
    ],
)
def test_what_stays_is_said_after_the_last_try(
    s3: S3Server, kind: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.files.stores.requests.PAUSES", (0.01,))
    s3.put("bucket/a.png", b"0123456789")
    s3.forget()
    s3.fail(kind, "GET", "a.png", times=99)
    with pytest.raises(OSError, match=f"the store failed 2 times, at last by {said}") as caught:
        stored("s3://bucket/a.png").read_bytes()
    assert caught.value.errno == errno.EIO and caught.value.filename == "s3://bucket/a.png"
    assert s3.count("GET", "a.png") == 2 * (1 + (kind == "gone"))  # there aiohttp asks twice by itself


def test_uploads_are_tried_again_too(s3: S3Server) -> None:
    s3.fail("503", "PUT", "a.png", times=2)
    stored("s3://bucket/a.png").store.write("bucket/a.png", b"12")
    assert s3.get("bucket/a.png") == b"12" and s3.count("PUT", "a.png") == 3


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        ("400", "EINVAL", "its answer 400"),
        ("403", "EACCES", "no rights"),
        ("404", "ENOENT", "no such object"),
        ("412", "EEXIST", "there is an object of that name"),
        ("501", "ENOTSUP", "its answer 501"),
        ("507", "ENOSPC", "its answer 507"),
    ],
)
def test_what_another_try_would_get_too_is_said_at_once(
    s3: S3Server, kind: str, number: str, said: str, method: str
) -> None:
    s3.put("bucket/a.png", b"1")
    s3.fail(kind, method, "a.png", times=9)
    path = stored("s3://bucket/a.png")
    with pytest.raises(OSError, match=said) as caught:
        path.read_bytes() if method == "GET" else path.store.write(path.key, b"12")
    assert caught.value.errno == getattr(errno, number) and caught.value.filename == str(path)
    assert s3.count(method, "a.png") == 1 and SECRET not in str(caught.value)


class ParamValidationError(Exception):
    """As botocore's, of a version that does not know a parameter."""


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EINVAL, "no"),
        ValueError("no"),
        NotImplementedError(),
        ParamValidationError("IfNoneMatch"),
    ],
)
def test_what_a_library_cannot_do_is_asked_of_it_once(error: Exception) -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise error

    with pytest.raises(OSError, match=r"the store (refuses it|cannot do that)"):
        attempt(fail, "s3://bucket/a.png", (0.0, 0.0))
    assert len(tries) == 1


def test_an_answer_that_came_before_says_nothing_of_the_failure() -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        try:
            raise FileNotFoundError("as a first question was answered")
        except FileNotFoundError:
            raise ConnectionResetError("within the second")  # noqa: B904

    with pytest.raises(OSError, match="failed 3 times, at last by a connection that ended"):
        attempt(fail, "s3://bucket/a.png", (0.0, 0.0))
    assert len(tries) == 3


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionRefusedError(111, "refused by secret.example"), "a connection that was refused"),
        (socket.gaierror(-2, "secret.example is not known"), "a host that nobody knows"),
    ],
)
def test_why_nobody_was_reached_is_said_without_the_address(cause: Exception, said: str) -> None:
    def fail() -> None:
        raise ConnectionError("cannot connect to secret.example") from cause

    with pytest.raises(OSError, match=said) as told:
        attempt(fail, "s3://bucket/a.png", ())
    assert told.value.strerror == f"the store failed each time it was asked, at last by {said}"


def test_missing_rights_are_said_at_once_and_without_the_words_of_the_store(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"1")
    s3.forget()
    s3.fail("403", "GET", "a.png", times=9)
    with pytest.raises(PermissionError, match="there are no rights to it") as caught:
        stored("s3://bucket/a.png").read_bytes()
    assert SECRET not in str(caught.value) and KEY not in str(caught.value)
    assert s3.count("GET", "a.png") == 1


def test_what_is_not_there_is_said_at_once(s3: S3Server) -> None:
    with pytest.raises(FileNotFoundError, match="no such object"):
        stored("s3://bucket/b.png").read_bytes()
    assert s3.count("GET", "b.png") == 1


def test_pauses_grow_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)

    def fail() -> None:
        raise ConnectionResetError("https://host/a?X-Amz-Signature=hunter2")

    with pytest.raises(OSError, match="failed 4 times, at last by a connection that ended") as caught:
        attempt(fail, "s3://bucket/a.png")
    assert [wait / pause for wait, pause in zip(waited, (0.5, 2.0, 5.0), strict=True)] == [
        pytest.approx(1, abs=0.25)
    ] * 3
    assert waited == sorted(waited)
    for _ in range(9):
        with pytest.raises(OSError, match="failed 4 times"):
            attempt(fail, "s3://bucket/a.png")
    assert len(set(waited)) == 30, "requests that failed together do not return together"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_nobody_to_ask_for_credentials_is_no_reason_to_try_again() -> None:
    class NoCredentialsError(Exception):
        pass

    tries = []

    def fail() -> None:
        tries.append(1)
        raise NoCredentialsError("unable to locate credentials")

    with pytest.raises(PermissionError, match="or there are none") as caught:
        attempt(fail, "s3://bucket/a.png", (0.0, 0.0))
    assert len(tries) == 1 and "unable to locate" not in "".join(traceback.format_exception(caught.value))


def test_what_gcsfs_says_for_403_is_a_refusal() -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise OSError("Forbidden: https://storage/b/bucket/o/a.png\nann@host has no access")

    with pytest.raises(PermissionError, match="no rights to it"):
        attempt(fail, "gs://bucket/a.png", (0.0, 0.0))
    assert len(tries) == 1


@pytest.mark.parametrize(("scheme", "times"), [("gs", 1), ("az", 1), ("s3", 4), ("hdfs", 4)])
def test_libraries_that_have_tried_for_long_are_not_asked_again(
    scheme: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.files.stores.requests.PAUSES", (0.0, 0.0, 0.0))
    tries = []

    def fail() -> None:
        tries.append(1)
        raise TimeoutError

    said = "each time it was asked" if times == 1 else "4 times"
    with pytest.raises(OSError, match=f"the store failed {said}, at last by a time-out"):
        attempt(fail, f"{scheme}://bucket/a.png")
    assert len(tries) == times


def test_errors_of_ours_are_left_as_they_are() -> None:
    def fail() -> None:
        raise XaiCamError("so it is")

    with pytest.raises(XaiCamError, match="so it is"):
        attempt(fail, "s3://bucket/a.png", ())
