"""DICOM files in folders: by suffix or first bytes; those that cannot be read are counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.dicom_files import dicom_file
from xai_cam.errors import MissingReaderError
from xai_cam.images import finding, readers
from xai_cam.images.finding import find_images
from xai_cam.images.readers import read_image

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.fixture
def scans(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    """A folder of three scans, a list of them, a picture and other files."""
    folder = tmp_path / "scans"
    make_photo(folder / "a.png")
    for name in ("DICOMDIR", "IM000001", "b.dcm", "c.IMA"):
        dicom_file(folder / name, PIXELS)
    (folder / "README").write_text("none", encoding="utf-8")
    return folder


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """pydicom is not installed."""
    for module in (finding, readers):
        monkeypatch.setattr(module, "is_there", lambda name: name != "pydicom")


def names(scans: Path, **asked: tuple[str, ...]) -> list[str]:
    return [image.path.name for image in find_images([str(scans)], **asked).images]  # type: ignore[arg-type]


def test_scans_count_as_images_of_a_folder(scans: Path) -> None:
    assert names(scans) == ["IM000001", "a.png", "b.dcm", "c.IMA"]
    assert [i.path.name for i in find_images([str(scans / "*")]).images] == names(scans)
    assert names(scans, include=("*.dcm",)) == ["b.dcm"]
    assert np.array_equal(read_image(scans / "IM000001").values, PIXELS)


@pytest.mark.usefixtures("without")
def test_those_that_cannot_be_read_are_counted(scans: Path) -> None:
    found = find_images([str(scans)])
    assert [image.path.name for image in found.images] == ["a.png"]
    (line,) = found.notices_on_passed_over
    assert line.startswith("3 DICOM files were left out: `") and line.endswith("` reads them.")
    assert "pip install" in line and "pydicom" in line
    (one,) = find_images([str(scans / "*.dcm")]).notices
    assert one.startswith("1 DICOM file was left out: `") and one.endswith("` reads it.")
    assert find_images([str(scans)], exclude=("*.*", "IM*")).notices == []


@pytest.mark.usefixtures("without")
def test_one_that_is_named_fails_and_says_how(scans: Path) -> None:
    found = find_images([str(scans / "b.dcm")])
    assert len(found.images) == 1 and found.notices == []
    with pytest.raises(MissingReaderError, match=r"it is a DICOM file, which pydicom reads: run `.*pydicom"):
        read_image(scans / "b.dcm")
