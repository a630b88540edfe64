"""Transfer syntaxes: how a file goes on behind what describes it."""

from __future__ import annotations

import io
import zlib

import pydicom.uid
import pytest

from support.dicom_files import dataset
from xai_cam.errors import ImageError
from xai_cam.images.dicom.syntaxes import BIG_ENDIAN, EXPLICIT, IMPLICIT, SYNTAXES, opened_values

META = b"\2\0\x10\0UI"


def file_of(syntax: bytes, rest: bytes = b"") -> bytes:
    syntax += b"\0" * (len(syntax) % 2)
    return b"\0" * 128 + b"DICM" + META + bytes([len(syntax), 0]) + syntax + rest


def opened(data: bytes) -> tuple[bytes, object]:
    stream, syntax = opened_values(io.BytesIO(data), len(data))
    return stream.read(4), syntax


@pytest.mark.parametrize("uid", SYNTAXES)
def test_those_that_pydicom_knows(uid: str) -> None:
    theirs, ours = pydicom.uid.UID(uid), SYNTAXES[uid]
    assert ours.compressed == theirs.is_compressed
    assert ours.deflated == theirs.is_deflated
    assert ours.encoding.explicit == (not theirs.is_implicit_VR)
    assert (ours.encoding.order == "<") == theirs.is_little_endian
    assert bool(ours.reader) == (theirs.is_compressed and theirs != pydicom.uid.RLELossless)


def test_all_that_pydicom_decodes() -> None:
    from pydicom.pixels.decoders.base import get_decoder

    assert all(uid == get_decoder(uid).UID for uid in SYNTAXES)


def test_the_elements_follow() -> None:
    assert opened(file_of(b"1.2.840.10008.1.2.1", b"\x28\0\x10\0")) == (b"\x28\0\x10\0", EXPLICIT)
    deflate = zlib.compressobj(wbits=-15)
    rest = deflate.compress(b"\x28\0\x10\0") + deflate.flush()
    assert opened(file_of(b"1.2.840.10008.1.2.1.99", rest))[0] == b"\x28\0\x10\0"


@pytest.mark.parametrize(
    ("head", "syntax"),
    [
        (b"\x08\0\x05\0\x0a\0\0\0", IMPLICIT),
        (b"\x08\0\x16\0UI\x1a\0", EXPLICIT),
        (b"\0\x08\0\x16UI\0\x1a", BIG_ENDIAN),
    ],
)
def test_files_that_name_none(head: bytes, syntax: object) -> None:
    assert opened(head) == (head[:4], syntax)
    assert opened(b"\0" * 128 + b"DICM" + head) == (head[:4], syntax)


def test_films() -> None:
    with pytest.raises(ImageError, match=r"those of a film \(MPEG-4\), which pydicom does not read"):
        opened(file_of(b"1.2.840.10008.1.2.4.102"))


def test_an_unknown_one_is_not_repeated() -> None:
    with pytest.raises(ImageError, match="none that pydicom reads") as caught:
        opened(file_of(b"DOE^JOHN"))
    assert "DOE" not in caught.value.message


def test_pydicom_writes_what_is_read() -> None:
    file = io.BytesIO()
    dataset(None).save_as(file, enforce_file_format=True)
    assert opened_values(file, len(file.getvalue()))[1] == EXPLICIT
