"""A map on disk: whole, with what is said of it inside, never over its picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.maps import RISING
from xai_cam.cam.keeping import write_map
from xai_cam.errors import InputError
from xai_cam.files.provenance import read_provenance

DRAWN = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


@pytest.mark.parametrize("name", ["a.png", "b.JPG", "c.npy"])
def test_the_suffix_says_what(tmp_path: Path, name: str) -> None:
    path = write_map(tmp_path / "new" / name, lambda: DRAWN, RISING, {"layer": "conv"}, [])
    if name.endswith("npy"):
        np.testing.assert_array_equal(np.load(path), RISING)
    else:
        with Image.open(path) as image:
            assert image.size == (7, 5)
            if name.endswith("png"):
                np.testing.assert_array_equal(np.asarray(image), DRAWN)
    said = read_provenance(path) or {}
    assert said["layer"] == "conv" and said["tool"].startswith("xai-cam ")


@pytest.mark.parametrize("name", ["a.gif", "a", "a.txt"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"`path` ends in .*\.png"):
        write_map(tmp_path / name, lambda: DRAWN, RISING, {}, [])
    assert not list(tmp_path.iterdir())


def test_the_picture_itself_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    Image.fromarray(DRAWN).save(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="one of the inputs"):
        write_map(tmp_path / "." / "cat.png", lambda: DRAWN, RISING, {}, [path])
    assert path.read_bytes() == before
