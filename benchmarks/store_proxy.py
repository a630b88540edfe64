"""A server in front of a store's: it counts what is asked, and fails at it as it is told."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

OF_ONE_WAY = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "expect")
"""Headers that are about one connection, and not handed on."""


@dataclass
class Proxy:
    """What was asked, as `GET /bucket/a.png`, and what is to be answered otherwise.

    Attributes
    ----------
    faults : list of [status, method, part of a path, times]
        Of the next requests like these.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    faults: list[list[int | str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def fail(self, status: int, methods: str, part: str, times: int = 999) -> None:
        """Answer so to requests of one of the methods whose path has a part in it."""
        self.faults.append([status, methods, part, times])

    def counts(self) -> str:
        """How many requests of each method there were."""
        methods = [one.partition(" ")[0] for one in self.asked]
        return ", ".join(f"{methods.count(one)} {one}" for one in sorted(set(methods))) or "none"

    def _fault(self, method: str, path: str) -> int | None:
        with self.lock:
            self.asked.append(f"{method} {path}")
            for fault in self.faults:
                status, methods, part, times = fault
                if int(times) and method in str(methods).split("|") and str(part) in path:
                    fault[3] = int(times) - 1
                    return int(status)
        return None


@contextmanager
def proxy_of(port: int, secret: str) -> Iterator[Proxy]:
    """A proxy of a server of this machine; its own failures have a secret in their words."""
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self._body()
            status = proxy._fault(self.command, self.path)
            if status is not None:
                self._answer(status, [("Content-Type", "text/plain")], secret.encode())
                return
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in OF_ONE_WAY}
            connection.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
            found = connection.getresponse()
            data = found.read()
            length = found.getheader("Content-Length") if self.command == "HEAD" else None
            kept = [(k, v) for k, v in found.getheaders() if k.lower() not in OF_ONE_WAY]
            self._answer(found.status, kept, data, length)
            connection.close()

        def _body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(
            self, status: int, headers: list[tuple[str, str]], data: bytes, length: str | None = None
        ) -> None:
            with suppress(ConnectionError):  # the client was killed
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", length or str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
