"""Bytes of a file, as they lie in it or inflated."""

from __future__ import annotations

import io
import zlib

import pytest

from xai_cam.errors import ImageError
from xai_cam.images.dicom import streams
from xai_cam.images.dicom.streams import FileStream, InflatedStream, Stream

DATA = bytes(range(256)) * 1000


def deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def of_file() -> Stream:
    return FileStream(io.BytesIO(b"head" + DATA), 4 + len(DATA), 4)


def inflated() -> Stream:
    return InflatedStream(io.BytesIO(deflated(DATA)))


@pytest.mark.parametrize("make", [of_file, inflated])
def test_in_their_order(make: type[Stream]) -> None:
    stream = make()
    start = stream.place
    assert stream.read(3) == DATA[:3]
    assert stream.peek(2) == DATA[3:5]
    stream.skip(100_000)
    assert stream.place - start == 100_003
    assert stream.read(200) == DATA[100_003:100_203]
    stream.skip(len(DATA) - 100_204)
    assert not stream.at_end()
    assert stream.peek(9) == DATA[-1:]
    assert stream.read(1) == DATA[-1:]
    assert stream.at_end()


@pytest.mark.parametrize("make", [of_file, inflated])
@pytest.mark.parametrize("way", ["read", "skip"])
def test_no_more_than_there_are(make: type[Stream], way: str) -> None:
    with pytest.raises(ImageError, match="it ends where more is announced"):
        getattr(make(), way)(len(DATA) + 1)


def test_what_cannot_be_inflated() -> None:
    with pytest.raises(ImageError, match="cannot be inflated"):
        InflatedStream(io.BytesIO(b"\xff" * 50)).read(1)


def test_a_bomb_is_passed_over_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_INFLATED", 1 << 20)
    bomb = InflatedStream(io.BytesIO(deflated(b"\0" * (2 << 20))))
    with pytest.raises(ImageError, match="more than 1,048,576 bytes when it is inflated"):
        bomb.skip(2 << 20)
