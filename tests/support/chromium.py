"""Chromium as the system has it; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
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
