"""What was said while a model was opened: collected, and said again where it need not be opened."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

PACKAGE = "xai_cam"


@dataclass(frozen=True)
class Message:
    """A line in the package's log: whose, of which level, and its words."""

    logger: str
    level: int
    text: str


class _Collecting(logging.Handler):
    def __init__(self, of_all: bool) -> None:
        super().__init__(logging.WARNING)
        self.found: list[Message] = []
        self._thread = None if of_all else threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of the thread that collects, or of any."""
        if self._thread in (None, record.thread):
            self.found.append(Message(record.name, record.levelno, record.getMessage()))


class _Unsaid(logging.Filter):
    def __init__(self, said: Sequence[Message]) -> None:
        super().__init__()
        self._said = {one.text for one in said}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line was not said yet."""
        return not (record.name.partition(".")[0] == PACKAGE and record.getMessage() in self._said)


def is_listening() -> bool:
    """Whether warnings of all modules are logged, so that none is missed.

    `logging.config` switches off, unless it is told not to, each logger that there is by then.
    """
    inner = [name for name in logging.root.manager.loggerDict if name.startswith(f"{PACKAGE}.")]
    heard = all(logging.getLogger(name).propagate for name in inner)
    return heard and all(logging.getLogger(name).isEnabledFor(logging.WARNING) for name in (PACKAGE, *inner))


@contextmanager
def collected(of_all: bool = False) -> Iterator[list[Message]]:
    """The warnings that are logged meanwhile, in their order; they go their usual way, too.

    Those of this thread, or of all threads.
    """
    log, handler = logging.getLogger(PACKAGE), _Collecting(of_all)
    log.addHandler(handler)
    try:
        yield handler.found
    finally:
        log.removeHandler(handler)


@contextmanager
def unless_said(said: Sequence[Message]) -> Iterator[None]:
    """Hold back, meanwhile, lines that were said already."""
    held, handlers = _Unsaid(said), _handlers()
    for handler in handlers:
        handler.addFilter(held)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(held)


def say_again(messages: Sequence[Message]) -> None:
    """Log lines as they were logged."""
    for one in messages:
        logging.getLogger(one.logger).log(one.level, one.text)


def _handlers() -> list[logging.Handler]:
    """All that a line of this package may go to."""
    found: list[logging.Handler] = []
    log: logging.Logger | None = logging.getLogger(PACKAGE)
    while log is not None:
        found += log.handlers
        log = log.parent if log.propagate else None
    return found or ([logging.lastResort] if logging.lastResort else [])
