"""In a console of Windows, where a redirected file descriptor sends messages to a handle that is gone."""

from __future__ import annotations

import sys

import pytest

winpty = pytest.importorskip("winpty", reason="only Windows has such consoles; `pip install pywinpty`")


def shown(*arguments: str) -> tuple[str, int]:
    """What a console shows of `xai-cam ARGUMENTS`, and how that ended."""
    process = winpty.PtyProcess.spawn([sys.executable, "-m", "xai_cam", *arguments], dimensions=(50, 200))
    parts = []
    try:
        while True:
            parts.append(process.read(4096))
    except EOFError:
        return "".join(parts), process.wait()


def test_messages_arrive_before_and_after_tensorflow_started() -> None:
    text, code = shown("doctor")
    assert code == 0, text
    assert "Everything that is needed is here." in text and "Windows error" not in text


def test_an_error_after_tensorflow_started_arrives() -> None:
    text, code = shown("layers", "-m", __file__)
    assert code == 3, text
    assert "Error: " in text and "Traceback" not in text
