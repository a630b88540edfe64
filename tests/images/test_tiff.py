"""TIFF files whose samples or pages are bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError, MissingReaderError
from xai_cam.images import tiff
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Reading
from xai_cam.images.tiff import read_tiff

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

FIVE = np.random.default_rng(0).integers(0, 200, (18, 24, 5))


def read(path: Path, channels: int | None = 5, **asked: Any) -> Picture:
    return read_tiff(path, lambda _: None, Reading(channels=channels, **asked))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize("how", ["beside", "behind", "pages"])
def test_bands_beside_or_behind_one_another_or_as_pages(dtype: str, how: str, tmp_path: Path) -> None:
    first = np.moveaxis(FIVE, 2, 0).astype(dtype)
    kinds: dict[str, Any] = {"photometric": "minisblack"}
    if how == "beside":
        tifffile.imwrite(tmp_path / "a.tif", FIVE.astype(dtype), planarconfig="contig", **kinds)
    elif how == "behind":
        tifffile.imwrite(tmp_path / "a.tif", first, planarconfig="separate", compression="lzw", **kinds)
    else:
        tifffile.imwrite(tmp_path / "a.tif", first, compression="zlib", tile=(16, 16), **kinds)
    picture = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.values, FIVE)
    pages = "TIFF files of 5 pages are read as 5 bands, page by page."
    assert (pages in picture.notes) == (how == "pages")


def test_overviews_and_masks_are_no_bands(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(FIVE.astype("u1"), photometric="minisblack", planarconfig="contig")
        writer.write(
            FIVE[::2, ::2].astype("u1"), photometric="minisblack", planarconfig="contig", subfiletype=1
        )
        writer.write(FIVE[..., 0].astype(bool), photometric="mask", subfiletype=4)
    np.testing.assert_array_equal(read(tmp_path / "a.tif").values, FIVE)


def test_one_page_of_several(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for add in (0, 1):
            writer.write((FIVE + add).astype("f4"), photometric="minisblack", planarconfig="contig")
    picture = read(tmp_path / "a.tif", frame=2)
    np.testing.assert_array_equal(picture.values, FIVE + 1)
    assert picture.facts is not None and picture.facts.frame == 2
    with pytest.raises(ImageError, match="it has 10 channels, and the model takes 5"):
        read(tmp_path / "a.tif")
    with pytest.raises(ImageError, match="frame"):
        read(tmp_path / "a.tif", frame=3)


def test_pages_that_are_not_alike(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(FIVE.astype("u1"), photometric="minisblack", planarconfig="contig")
        writer.write(FIVE.astype("u2"), photometric="minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match="its 2 pages differ in size or type"):
        read(tmp_path / "a.tif")


def test_transparency_is_a_fourth_band_and_shown_on_white(tmp_path: Path) -> None:
    clear = np.zeros((2, 3, 4), np.uint8)
    clear[0, 0] = (10, 20, 30, 255)
    Image.fromarray(clear).save(tmp_path / "a.tif")
    picture = read(tmp_path / "a.tif", 4)
    np.testing.assert_array_equal(picture.values, clear)
    assert picture.pixels[0, :2].tolist() == [[10, 20, 30], [255, 255, 255]] and picture.shown == ()


def test_a_model_of_three_gets_pictures_as_ever_and_floats_besides(tmp_path: Path) -> None:
    Image.fromarray(FIVE[..., :3].astype(np.uint8)).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read(tmp_path / "a.tif", 3).values, FIVE[..., :3])
    tifffile.imwrite(tmp_path / "b.tif", (FIVE[..., :3] / 200).astype("f4"), photometric="rgb")
    picture = read(tmp_path / "b.tif", 3)
    np.testing.assert_allclose(picture.values, FIVE[..., :3] / 200, rtol=1e-6)
    assert picture.white == 1


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FIVE.astype("f4"), photometric="minisblack", planarconfig="contig")
    Image.fromarray(FIVE[..., :4].astype(np.uint8)).save(tmp_path / "b.tif")
    monkeypatch.setattr(tiff, "is_there", lambda _: False)
    with pytest.raises(MissingReaderError, match=r"tifffile reads a TIFF of such bands: run `.*tifffile"):
        read(tmp_path / "a.tif")
    np.testing.assert_array_equal(read(tmp_path / "b.tif", 4).values, FIVE[..., :4])


def test_claims_are_looked_at_before_memory_is_taken(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FIVE.astype("u1"), photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as written:
        for name in ("ImageLength", "ImageWidth"):
            written.pages[0].tags[name].overwrite(30000)
    with pytest.raises(ImageError, match=r"more than 200,000,000.*use a larger `max_pixels`"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("length", [4, 8, 40, 200, 1500])
def test_damaged_files(length: int, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FIVE.astype("f4"), photometric="minisblack", compression="zlib")
    (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:length])
    with pytest.raises(ImageError, match=r"damaged|no page|channel"):
        read(tmp_path / "a.tif")
    assert not caplog.records, "what tifffile logs is in the error"
