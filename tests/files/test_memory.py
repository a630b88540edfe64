"""Memory that ran out is known by every name that the libraries have for it."""

from __future__ import annotations

import errno
import importlib
import sys

import pytest

from xai_cam.errors import ImageError, XaiCamError
from xai_cam.files import memory
from xai_cam.files.memory import load_libraries, ran_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        OSError("out of memory when reading image file"),
        ImportError("libopenblas.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        Exception("OpenCV(4.10) (-4:Insufficient memory) Failed to allocate 9 bytes in 'OutOfMemoryError'"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_it_is_known_by_its_words(error: Exception) -> None:
    assert ran_out_of_memory(error)
    told = ImageError("the picture is damaged")
    told.__cause__ = error
    assert ran_out_of_memory(told)


@pytest.mark.parametrize(
    "error", [None, OSError(errno.ENOSPC, "No space"), ValueError("bad"), ImageError("x")]
)
def test_other_errors_are_not_it(error: Exception | None) -> None:
    assert not ran_out_of_memory(error)


def test_libraries_are_there_before_the_work() -> None:
    load_libraries()
    assert set(memory.NEEDED) <= set(sys.modules)


@pytest.mark.parametrize(
    ("said", "advice"),
    [("failed to map segment", "too little memory"), ("no file", "Reinstall")],
)
def test_a_library_that_cannot_be_loaded_is_told(
    said: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise ImportError(said)

    monkeypatch.setattr(memory, "import_module", refuse)
    assert memory.import_module is not importlib.import_module
    with pytest.raises(XaiCamError, match=advice):
        load_libraries()
