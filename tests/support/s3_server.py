"""An S3 server on this machine, which counts what it is asked and fails as it is told."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

CODES = {
    "400": "InvalidRequest",
    "400 for its name": "KeyTooLongError",
    "400 for its token": "ExpiredToken",
    "403": "AccessDenied",
    "403 for its key": "InvalidAccessKeyId",
    "403 for its signature": "SignatureDoesNotMatch",
    "404": "NoSuchKey",
    "409": "OperationAborted",
    "412": "PreconditionFailed",
    "429": "TooManyRequests",
    "500": "InternalError",
    "501": "NotImplemented",
    "503": "SlowDown",
    "507": "XMinioStorageFull",
}
"""What the store says of its answers that tell of a failure."""

KINDS = ("slow", "cut", "gone", "lost")
"""An answer that is late, that ends in its middle, that there is none, or none of what was done."""

PATIENCE = 2
"""Seconds after which an answer is late. On a machine that has much to do no other is to take as long."""

SECRET, KEY = "planted/secret/of/the/store", "AKIAPLANTEDKEY000000"


@dataclass
class Fault:
    """What is wrong with the next answers to requests like these."""

    kind: str
    method: str
    key: str
    times: int = 1
    after: int = 0


@dataclass
class S3Server:
    """The server, and what it was asked: methods with paths, `GET /bucket/a.png`, `LIST /bucket photos/`.

    One that `ignores_conditions` replaces what is there, as it would without them.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    ignores_conditions: bool = False

    def fail(self, kind: str, method: str, key: str = "", times: int = 1, after: int = 0) -> None:
        """Fail at requests of a method whose path has `key` in it: as `KINDS` say, or with one of `CODES`.

        Not at the first `after` of them. To be called before the first request, so that the client gives up
        on a slow answer.
        """
        if kind == "slow":  # else a machine that has much to do would look slow, too
            import s3fs

            s3fs.S3FileSystem.read_timeout = PATIENCE
        assert kind in KINDS or kind in CODES
        self.faults.append(Fault(kind, method, key, times, after))

    def count(self, method: str, key: str = "") -> int:
        """How many such requests there were."""
        return sum(one.startswith(f"{method} ") and key in one for one in self.asked)

    def put(self, key: str, data: bytes) -> None:
        """Make an object, without a request."""
        bucket, _, name = key.partition("/")
        _backend().put_object(bucket, name, data)

    def get(self, key: str) -> bytes:
        """The content of an object, without a request."""
        bucket, _, name = key.partition("/")
        data: bytes = _backend().get_object(bucket, name).value
        return data

    def names(self) -> list[str]:
        """The keys of all objects in `bucket`."""
        return sorted(_backend().buckets["bucket"].keys)

    def begun(self) -> list[str]:
        """The keys of uploads in parts that nobody has ended."""
        return [upload.key_name for upload in _backend().buckets["bucket"].multiparts.values()]

    def forget(self) -> None:
        """Begin to count anew."""
        self.asked.clear()


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server with a `bucket`, as long as the block lasts; by its variables the process takes it for S3."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    from s3fs import S3FileSystem
    from werkzeug.serving import make_server

    from xai_cam.files.stores.store import store_of

    server = S3Server()
    app = moto.DomainDispatcherApplication(moto.create_backend_app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")  # the tries that are counted are our own
        patch.setattr(S3FileSystem, "retries", 1)
        patch.setattr(S3FileSystem, "read_timeout", 120)
        patch.setattr("xai_cam.files.stores.requests.PAUSES", (0.01, 0.02, 0.04))
        watched = _watched(app, server)
        listening = make_server("127.0.0.1", 0, watched, threaded=True, request_handler=_quiet())
        server.url = f"http://127.0.0.1:{listening.server_port}"
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        thread = Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        _forget_stores(S3FileSystem, store_of)
        try:
            _backend().create_bucket("bucket", "us-east-1")
            yield server
        finally:
            server.over.set()
            _forget_stores(S3FileSystem, store_of)
            listening.shutdown()
            thread.join()
            listening.server_close()
            _backend().reset()


def _backend() -> Any:
    from moto.backends import get_backend

    return get_backend("s3")["123456789012"]["aws"]


def _forget_stores(kind: Any, store_of: Any) -> None:
    kind.clear_instance_cache()
    store_of.cache_clear()


def _quiet() -> Any:
    from werkzeug.serving import WSGIRequestHandler

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """Nothing."""

    return Quiet


def _watched(app: Any, server: S3Server) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = parse_qs(environ.get("QUERY_STRING", ""))
        if method == "GET" and "list-type" in query:
            method, path = "LIST", f"{path} {query.get('prefix', [''])[0]}"
        server.asked.append(f"{method} {path}")
        if server.ignores_conditions:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        for fault in server.faults:
            if fault.times and fault.method == method and fault.key in path:
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return _failed(fault.kind, app, environ, start, server.over)
        found: Iterable[bytes] = app(environ, start)
        return found

    return answer


def _failed(kind: str, app: Any, environ: dict[str, Any], start: Any, over: Event) -> Iterable[bytes]:
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if kind == "lost":  # it is done, and the answer does not arrive
        list(app({**environ, "wsgi.input": io.BytesIO(sent)}, lambda *_: None))
        kind = "gone"
    if kind == "slow":
        over.wait()  # nobody does, by then
    if kind == "cut":
        start("200 OK", [("Content-Length", "1000"), ("ETag", '"0"')])
        return [b"half of it"]
    if kind == "gone":
        environ["werkzeug.socket"].shutdown(SHUT_RDWR)
        raise ConnectionAbortedError
    kind = kind if kind in CODES else "503"
    status, code = f"{kind[:3]} Failed", CODES[kind]
    body = f"<Error><Code>{code}</Code><Message>{KEY} {SECRET}</Message></Error>".encode()
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
