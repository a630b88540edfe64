"""The pictures of the pages are there, small, and what the commands of their pages write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from support import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def maker() -> Iterator[ModuleType]:
    spec = spec_from_file_location("make_pages_pictures", DOCS / "make_pages_pictures.py")
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tests")
        patch.setitem(sys.modules, "make_pages_pictures", module)
        spec.loader.exec_module(module)
        yield module


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.float64)


def test_each_page_shows_its_picture_and_leads_to_its_full_size(maker: ModuleType) -> None:
    for name, picture in maker.PICTURES.items():
        text = (DOCS / picture.page).read_text(encoding="utf-8")
        assert text.count(f"]({name})]({name})") == 1, name


def test_pictures_are_small(maker: ModuleType) -> None:
    for name in maker.PICTURES:
        assert (DOCS / name).stat().st_size <= 180_000, name
        assert Image.open(DOCS / name).width <= 1400, name


def test_a_picture_is_what_its_page_writes(
    maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    maker.main(tmp_path, ["kernels_show.jpg"])
    here, there = pixels(tmp_path / "kernels_show.jpg"), pixels(DOCS / "kernels_show.jpg")
    assert here.shape == there.shape
    assert np.abs(here - there).mean() < 1


def test_files_are_stacked_on_white(
    maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, size in (("a.png", (40, 10)), ("b.png", (20, 30))):
        Image.new("RGB", size, "blue").save(name)
    drawn = np.asarray(maker.files("a.png", "b.png")())
    expected = np.full((10 + maker.GAP + 30, 40, 3), 255)
    expected[:10] = expected[10 + maker.GAP :, :20] = (0, 0, 255)
    np.testing.assert_array_equal(drawn, expected)


def test_pictures_are_written_small_or_not_at_all(maker: ModuleType, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 100, 3), dtype=np.uint8)
    hard = Image.fromarray(noise).resize((2000, 800))
    maker.save(hard, tmp_path / "hard.jpg")
    assert 90_000 < (tmp_path / "hard.jpg").stat().st_size <= 180_000
    with Image.open(tmp_path / "hard.jpg") as written:
        assert written.size == (1400, 560)
    with pytest.raises(ValueError, match="crop it"):
        maker.save(maker.stacked([hard, hard, hard]), tmp_path / "too_hard.jpg")
    assert not (tmp_path / "too_hard.jpg").exists()
