"""Chromium as the system has it; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PLACES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; the test is skipped where there is none."""
    path = next(filter(None, map(shutil.which, PLACES)), None)
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    if not find_spec("playwright"):
        pytest.skip("needs Playwright: pip install playwright")
    from playwright.sync_api import Error, sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0  # whom Chromium refuses its sandbox
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        except Error as error:  # Ubuntu's package is a script that asks for another one
            pytest.skip(f"{path} does not start: {error.message.splitlines()[0]}")
        yield running
        running.close()


@contextmanager
def opener(browser: Any, first: Path) -> Iterator[Callable[..., Any]]:
    """Opens pages from disk, `first` where none is named; complaints and dialogs of them are failures."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: Path = first, fragment: str = "", **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
        page.goto(path.as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
