"""Pictures made to take all memory or all time cost themselves alone, and little of both."""

from __future__ import annotations

import io
import struct
import sys
import threading
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.bounded import cost_of
from support.commands import explain, named
from xai_cam.files.memory import TOO_LITTLE, ran_out_of_memory
from xai_cam.runs.behind import Behind
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.look_ups import LookUps

Files = tuple[Path, Path]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """A folder of four good pictures."""
    (tmp_path / "photos").mkdir()
    for number in range(4):
        make_photo(tmp_path / "photos" / f"{number}.png", seed=number)
    return tmp_path / "photos"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat_png(width: int, height: int, colours: int, depth: int, between: bytes = b"") -> bytes:
    """A PNG of zeros: a few kilobytes, however many pixels; row by row, as none needs to be there whole."""
    bits = depth * {0: 1, 2: 3, 3: 1, 6: 4}[colours] * width
    row, deflate = bytes(1 + (bits + 7) // 8), zlib.compressobj(9)
    data = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + between + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def header_png(width: int, height: int) -> bytes:
    """One that only declares its pixels, four bytes each."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9)))


PALETTE = chunk(b"PLTE", bytes(range(48))) + chunk(b"tRNS", bytes(range(16)))


def test_a_palette_with_transparency_takes_less_than_six_bytes_a_pixel(
    photos: Path, model_files: Callable[..., Files], tmp_path: Path
) -> None:
    """64 million pixels in 62 kB: converted whole they took 26 bytes each.

    What the libraries take anyway is that of a small picture, as it differs between machines.
    """
    costs = []
    for name, side in (("small.png", 80), ("bomb.png", 8000)):
        (photos / name).write_bytes(flat_png(side, side, 3, 8, PALETTE))
        costs.append(cost_of("explain", *named(model_files()), "-o", tmp_path / "out", photos / name))
        assert costs[-1].code == 0, costs[-1].stderr
    assert (photos / "bomb.png").stat().st_size < 100_000
    small, bomb = costs
    assert bomb.megabytes - small.megabytes < 6 * 64
    assert bomb.cpu_seconds < 30


def test_a_picture_without_memory_fails_alone(
    photos: Path, model_files: Callable[..., Files], tmp_path: Path
) -> None:
    """1.6 billion pixels, allowed by the caller, where the process may have 6 GB."""
    count = len(list(photos.iterdir()))
    (photos / "000.png").write_bytes(header_png(40000, 40000))
    cost = cost_of(
        *("explain", *named(model_files()), "-o", tmp_path / "out", "--max-pixels", 10**10, photos),
        before="ulimit -v 6000000",
    )
    assert cost.code == 1 and "Traceback" not in cost.stderr, cost.stderr
    assert "000.png: " + TOO_LITTLE in " ".join(cost.stderr.split())
    assert f"{count} written, 0 up to date, 1 failed" in cost.stderr
    assert len(list((tmp_path / "out").iterdir())) == count


@pytest.mark.parametrize("times", [1, 99])
@pytest.mark.parametrize(
    "place",
    [
        "xai_cam.models.input.feeding.fit_picture",
        "xai_cam.runs.decode.fed_range",
        "xai_cam.cam.drawn_map.draw_overlay",
        "xai_cam.runs.outputs.encode_picture",
        "xai_cam.files.batch.check_name",
    ],
)
def test_wherever_memory_runs_out(
    place: str,
    times: int,
    photos: Path,
    model_files: Callable[..., Files],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once: others had it, and alone the picture has enough. Always: it fails, and the others do not."""
    module, _, name = place.rpartition(".")
    real, lock = getattr(import_module(module), name), threading.Lock()
    failed: list[str] = []
    current = threading.local()

    def scarce(*args: Any, **options: Any) -> Any:
        with lock:
            if failed[:1] in ([], [current.name]) and len(failed) < times:
                failed.append(current.name)
                raise MemoryError("Unable to allocate 1.61 GiB")
        return real(*args, **options)

    for kind, stage in ((LookUps, "read"), (Behind, "_write")):
        monkeypatch.setattr(kind, stage, remembering(getattr(kind, stage), current))
    monkeypatch.setattr(place, scarce)
    count = len(list(photos.iterdir()))
    result = explain(model_files(), "-o", tmp_path / "out", photos)
    assert failed and "Traceback" not in result.output
    if times == 1:
        assert f"{count} written, 0 up to date, 0 failed" in result.output
    else:
        assert f"{count - 1} written, 0 up to date, 1 failed" in result.output
        assert f"{failed[0]}: {TOO_LITTLE}" in " ".join(result.output.split())


def remembering(real: Callable[..., Any], current: threading.local) -> Callable[..., Any]:
    """A stage of a run, during which its thread knows the image."""

    def known(self: Any, state: ImageState, *args: Any) -> Any:
        current.name = state.name
        return real(self, state, *args)

    return known


def test_what_opencv_says_of_memory_is_understood() -> None:
    import cv2

    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((1, 1, 3), np.uint8), (2**30, 2**30))
    assert ran_out_of_memory(caught.value)


def test_a_jpeg_of_thousands_of_scans_is_refused(
    photos: Path, model_files: Callable[..., Files], tmp_path: Path
) -> None:
    """Each scan goes over all pixels again: the file of 20 kB took minutes."""
    file = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    (photos / "scans.jpg").write_bytes(data[:last] + (data[last:-2][:20]) * 3000 + data[-2:])
    count = len(list(photos.iterdir())) - 1
    result = explain(model_files(), "-o", tmp_path / "out", photos)
    assert result.exit_code == 1 and f"{count} written" in result.output
    assert "scans, more than 100" in " ".join(result.output.split())
