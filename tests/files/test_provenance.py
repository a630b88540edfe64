"""Outputs say what made them, and nothing else is taken for an output."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from support.s3_server import S3Server
from support.systems import link
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.provenance import (
    check_replaceable,
    digest,
    encode_array,
    encode_picture,
    is_free_or_ours,
    read_provenance,
)
from xai_cam.files.stores.paths import as_path

MADE_BY = {"tool": "xai-cam 1", "class_name": 'Сиамская 猫 "q" \\ \n 😀', "score": 1.25, "region": [0, 1.5]}
PIXELS = np.random.default_rng(0).integers(0, 255, (12, 17, 3), np.uint8)
ARRAY = np.random.default_rng(0).random((7, 9), np.float32)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "npy"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    data = encode_array(ARRAY, MADE_BY) if suffix == "npy" else encode_picture(PIXELS, MADE_BY, suffix)
    assert read_provenance(write(tmp_path / f"фото.{suffix}", data)) == MADE_BY


def test_the_pixels_come_back() -> None:
    png = np.asarray(Image.open(io.BytesIO(encode_picture(PIXELS, MADE_BY, "png"))))
    np.testing.assert_array_equal(png, PIXELS)
    flat = np.full((16, 16, 3), (200, 40, 90), np.uint8)
    jpeg = Image.open(io.BytesIO(encode_picture(flat, MADE_BY, "jpg")))
    assert jpeg.format == "JPEG"
    np.testing.assert_allclose(np.asarray(jpeg), flat, atol=4)


@pytest.mark.parametrize("mode", [None, "r"])
def test_numpy_reads_the_array_as_any_other(tmp_path: Path, mode: str | None) -> None:
    path = write(tmp_path / "a.npy", encode_array(ARRAY, MADE_BY))
    loaded = np.load(path, mmap_mode=mode)
    np.testing.assert_array_equal(loaded, ARRAY)
    assert loaded.dtype == np.float32


def test_data_that_looks_like_provenance_is_not_taken_for_it(tmp_path: Path) -> None:
    data = np.frombuffer(b'\nxai-cam {"a": 1} \nxai-cam ', np.uint8)
    assert read_provenance(write(tmp_path / "a.npy", encode_array(data, MADE_BY))) == MADE_BY


@pytest.mark.parametrize("encode", [encode_picture, None])
def test_equal_runs_write_equal_files(encode: Callable[..., bytes] | None) -> None:
    """So there is no time in them, and nothing that is not handed in."""
    if encode is None:
        assert encode_array(ARRAY, MADE_BY) == encode_array(ARRAY, MADE_BY)
    else:
        for suffix in ("png", "jpg"):
            assert encode(PIXELS, MADE_BY, suffix) == encode(PIXELS, MADE_BY, suffix)


def foreign_comment(comment: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "JPEG", comment=comment)
    return buffer.getvalue()


def foreign_chunk(key: str, text: str) -> bytes:
    buffer, chunks = io.BytesIO(), PngImagePlugin.PngInfo()
    chunks.add_text(key, text)
    Image.fromarray(PIXELS).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def plain_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, ARRAY)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", foreign_chunk("Software", '{"tool": "other"}')),
        ("a.png", foreign_chunk("xai-cam", "no JSON")),
        ("a.png", foreign_chunk("xai-cam", "[1, 2]")),
        ("a.jpg", foreign_comment(b'{"tool": "other"}')),
        ("a.jpg", foreign_comment(b"xai-cam {broken")),
        ("a.jpg", foreign_comment(b"xai-cam \xff\xfe\x00")),
        ("a.npy", plain_array()),
        ("a.npy", plain_array() + b"\nxai-cam {broken"),
        ("a.png", b""),
        ("a.npy", b""),
        ("a.png", b"no picture"),
        ("a.png", encode_picture(PIXELS, MADE_BY, "png")[:40]),
        ("a.jpg", encode_picture(PIXELS, MADE_BY, "jpg")[:40]),
        ("a.npy", encode_array(ARRAY, MADE_BY)[:-5]),
    ],
)
def test_foreign_and_damaged_files_are_not_ours(tmp_path: Path, name: str, data: bytes) -> None:
    assert read_provenance(write(tmp_path / name, data)) is None


def test_missing_files_and_folders_are_not_ours(tmp_path: Path) -> None:
    for name in ("missing.png", "missing.npy", "."):
        assert read_provenance(tmp_path / name) is None
    (tmp_path / "folder.npy").mkdir()
    assert read_provenance(tmp_path / "folder.npy") is None


@pytest.mark.skipif(".avif" not in Image.registered_extensions(), reason="Pillow without AVIF")
def test_damaged_files_of_other_formats_are_not_ours(tmp_path: Path) -> None:
    """Pillow raises RuntimeError on these."""
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "AVIF")
    for cut in range(50, 400, 25):
        assert read_provenance(write(tmp_path / "a_grad-cam.png", buffer.getvalue()[:cut])) is None


def test_large_pictures_are_looked_at_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    path = write(tmp_path / "a.png", encode_picture(PIXELS, MADE_BY, "png"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PIXELS[..., 0].size - 1)
    assert read_provenance(path) == MADE_BY
    assert not recwarn.list


def test_digest_depends_on_values_not_on_their_order() -> None:
    assert digest({"a": 1, "b": "é"}) == digest({"b": "é", "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert len(digest({})) == 64


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours.png", write(tmp_path / "other.png", foreign_chunk("x", "y"))
    check_replaceable(write(ours, encode_picture(PIXELS, MADE_BY, "png")))
    check_replaceable(tmp_path / "nothing.png")
    with pytest.raises(XaiCamError, match=r"^other\.png exists and was not written by xai-cam") as e:
        check_replaceable(other)
    assert not isinstance(e.value, InputError), "it fails one image, not the command"


def test_a_store_that_does_not_let_us_look_is_not_taken_for_a_foreign_file(s3: S3Server) -> None:
    s3.put("bucket/a.png", b"ours, or not")
    s3.fail("403", "GET", times=9)
    with pytest.raises(PermissionError, match="there are no rights to it"):
        is_free_or_ours(as_path("s3://bucket/a.png"))


def test_who_may_replace_a_file_can_be_told(tmp_path: Path) -> None:
    table = write(tmp_path / "rows.csv", b"a,b\n")
    check_replaceable(table, lambda path: path.read_bytes().startswith(b"a"), "`results`", "compare")
    with pytest.raises(InputError) as caught:
        check_replaceable(table, lambda _: False, "`results`", "compare")
    assert str(caught.value.message) == (
        f"{table} exists and was not written by compare. Use `overwrite=True`, or name another `results`."
    )
    linked = tmp_path / "link"
    link(linked, tmp_path / "nowhere")
    check_replaceable(linked)
    with pytest.raises(InputError, match="exists"):
        check_replaceable(linked, Path.is_file, "--report")
