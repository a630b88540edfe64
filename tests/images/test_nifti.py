"""NIfTI volumes: axes, scaling and sizes as the format has them, written by nibabel; and damaged files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.nifti import read_nifti
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Reading

nibabel = pytest.importorskip("nibabel")

OF_VOLUMES = Reading(channels=1, planes=4)
RAS = np.diag([1.0, 1, 1, 1])


def written(folder: Path, values: np.ndarray, affine: np.ndarray = RAS, name: str = "a.nii.gz") -> Path:
    image = nibabel.Nifti1Image(values, affine)
    nibabel.save(image, folder / name)
    return folder / name


def read(path: Path, reading: Reading = OF_VOLUMES) -> Picture:
    return read_nifti(path, lambda _: None, reading)


def values(shape: tuple[int, ...] = (2, 3, 4)) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 24


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_slices_rows_and_columns(name: str, tmp_path: Path):
    picture = read(written(tmp_path, values(), name=name))
    assert picture.pixels.shape == (4, 3, 2, 3) and picture.values.shape == (4, 3, 2, 1)
    np.testing.assert_array_equal(picture.values[..., 0], values().transpose(2, 1, 0))
    assert any("inferior to superior" in note for note in picture.notes)


def test_axes_are_turned_to_the_canonical_ones(tmp_path: Path):
    """The same volume stored with x to the left, y and z exchanged, and z downwards."""
    stored = values()[::-1].transpose(0, 2, 1)[:, ::-1]
    affine = np.array([[-1.0, 0, 0, 1], [0, 0, 1, 0], [0, -1, 0, 3], [0, 0, 0, 1]])
    picture = read(written(tmp_path, np.ascontiguousarray(stored), affine))
    np.testing.assert_array_equal(picture.values[..., 0], values().transpose(2, 1, 0))


def test_slope_and_intercept(tmp_path: Path):
    image = nibabel.Nifti1Image((values() * 24).astype(np.int16), RAS)
    image.header.set_slope_inter(0.5, -1)
    path = tmp_path / "a.nii"
    nibabel.save(image, path)
    loaded = nibabel.load(path)
    expected = np.asarray(loaded.dataobj.get_unscaled()) * 0.5 - 1  # as the header says
    np.testing.assert_allclose(read(path).values[..., 0], expected.transpose(2, 1, 0), rtol=1e-6)


def test_the_second_version_and_the_other_order_of_bytes(tmp_path: Path):
    nibabel.save(nibabel.Nifti2Image(values(), RAS), tmp_path / "two.nii")
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.float32)
    nibabel.save(nibabel.Nifti1Image(values(), RAS, header), tmp_path / "big.nii")
    for name in ("two.nii", "big.nii"):
        np.testing.assert_array_equal(read(tmp_path / name).values[..., 0], values().transpose(2, 1, 0))


def test_channels_are_the_fourth_axis(tmp_path: Path):
    path = written(tmp_path, values((2, 3, 4, 2)))
    assert read(path, Reading(channels=2, planes=4)).values.shape == (4, 3, 2, 2)
    with pytest.raises(ImageError, match="it has 2 channels, and the model takes 1"):
        read(path)
    assert read(written(tmp_path, values((2, 3, 4, 1)))).values.shape == (4, 3, 2, 1)


def test_colours(tmp_path: Path):
    coloured = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    coloured["G"] = 200
    picture = read(written(tmp_path, coloured), Reading(channels=3, planes=4))
    assert picture.pixels.shape == (4, 3, 2, 3) and (picture.pixels == (0, 200, 0)).all()


def test_no_text_of_the_header_is_kept(tmp_path: Path):
    image = nibabel.Nifti1Image(values(), RAS)
    for name in ("descrip", "aux_file", "intent_name", "db_name"):
        image.header[name] = b"DOE^JOHN"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"DOE^JOHN"))
    nibabel.save(image, tmp_path / "a.nii")
    picture = read(tmp_path / "a.nii")
    assert "DOE" not in repr((picture.notes, picture.stored))
    np.testing.assert_array_equal(picture.values[..., 0], values().transpose(2, 1, 0))


def test_files_that_break_off(tmp_path: Path):
    whole = written(tmp_path, values(), name="a.nii").read_bytes()
    for name, data in {
        "numbers.nii": whole[:-4],
        "header.nii": whole[:200],
        "packed.nii.gz": gzip.compress(whole)[:-20],
        "offset.nii": whole[:108] + np.float32(1e12).tobytes() + whole[112:],
        "dtype.nii": whole[:70] + np.int16(9999).tobytes() + whole[72:],
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageError, match="the volume is damaged"):
            read(tmp_path / name)


def test_what_is_no_volume_of_numbers(tmp_path: Path):
    with pytest.raises(ImageError, match="a volume has three sides"):
        read(written(tmp_path, values((2, 12))))
    with pytest.raises(ImageError, match="not plain numbers"):
        read(written(tmp_path, values().astype(np.complex64)))
    with pytest.raises(ImageError, match="a volume of 4 x 3 x 2 places, and no picture"):
        read(written(tmp_path, values()), Reading(channels=1))
    with pytest.raises(ImageError, match="more than 20: a decompression bomb"):
        read(written(tmp_path, values()), Reading(channels=1, planes=4, max_pixels=20))
    nibabel.save(nibabel.Nifti1Pair(values(), RAS), tmp_path / "a.img")
    with pytest.raises(ImageError, match="lie in another file"):
        read(tmp_path / "a.hdr")
    with pytest.raises(ImageError, match="no such file"):
        read(tmp_path / "none.nii")


@pytest.mark.parametrize(
    ("field", "number"), [("vox_offset", np.nan), ("vox_offset", np.inf), ("vox_offset", 1e30)]
)
def test_numbers_that_make_no_sense(field: str, number: float, tmp_path: Path):
    data = bytearray(written(tmp_path, values(), name="a.nii").read_bytes())
    at = nibabel.Nifti1Header.template_dtype.fields[field][1]
    data[at : at + 4] = np.float32(number).tobytes()
    (tmp_path / "a.nii").write_bytes(data)
    with pytest.raises(ImageError, match="its header makes no sense"):
        read(tmp_path / "a.nii")


def test_what_another_package_fails_at_is_the_file_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As a decomposition that does not converge."""

    def fail(*_: object) -> None:
        raise np.linalg.LinAlgError

    path = written(tmp_path, values())
    monkeypatch.setattr(nibabel.orientations, "io_orientation", fail)
    with pytest.raises(ImageError, match="its header makes no sense"):
        read(path)


def test_a_claim_of_many_numbers_takes_no_memory(tmp_path: Path):
    whole = written(tmp_path, values(), name="a.nii").read_bytes()
    sides = np.array([3, 3000, 3000, 20, 1, 1, 1, 1], np.int16).tobytes()
    (tmp_path / "bomb.nii").write_bytes(whole[:40] + sides + whole[56:])
    with pytest.raises(ImageError, match="it ends after 96 of 720,000,000 bytes"):
        read(tmp_path / "bomb.nii")
