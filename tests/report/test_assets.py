"""Pictures beside a page: both sizes, found again, and nobody else's deleted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import provenance, tree
from support.report_pages import flat
from xai_cam.errors import OutputError
from xai_cam.files.provenance import encode_picture, is_own_output
from xai_cam.report.assets import AssetStore, folder_of

KEY, OTHER = "0a1b2c", "ffff00"


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "page_files")


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """(width, height) of every picture of a folder."""
    return {path.name: Image.open(path).size for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("shape", "full", "thumb"),
    [
        ((30, 40), (40, 30), None),
        ((320, 200), (200, 320), None),
        ((321, 321), (321, 321), (320, 320)),
        ((1000, 500), (500, 1000), (160, 320)),
        ((1000, 3200), (1600, 500), (320, 100)),
        ((1, 4000), (1600, 1), (320, 1)),
    ],
)
def test_sizes(
    store: AssetStore, shape: tuple[int, int], full: tuple[int, int], thumb: tuple[int, int] | None
) -> None:
    asset = store.put(KEY, flat(90, shape))
    expected = {f"xai-cam-{KEY}.jpg": full} | ({f"xai-cam-{KEY}-thumb.jpg": thumb} if thumb else {})
    assert sizes(store.folder) == expected
    assert (asset.width, asset.height) == full
    assert asset.full == f"page_files/xai-cam-{KEY}.jpg"
    assert asset.thumb == (f"page_files/xai-cam-{KEY}-thumb.jpg" if thumb else asset.full)
    assert store.get(KEY) == asset and AssetStore(store.folder).get(KEY) == asset


def test_a_thumbnail_shows_the_picture(store: AssetStore) -> None:
    pixels = flat(30, (640, 640))
    pixels[:320] = 220
    store.put(KEY, pixels)
    thumb = np.asarray(Image.open(store.folder / f"xai-cam-{KEY}-thumb.jpg")).astype(int)
    assert abs(thumb[:155] - 220).max() < 6 and abs(thumb[165:] - 30).max() < 6


def test_links_are_quoted_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / 'a b#c?"100%é.html')
    asset = AssetStore(folder).put(KEY, flat(1))
    assert asset.full == f"a%20b%23c%3F%22100%25%C3%A9_files/xai-cam-{KEY}.jpg"


def test_what_is_missing_foreign_or_cut_off_is_made_again(store: AssetStore) -> None:
    assert store.get(KEY) is None
    store.put(KEY, flat(90, (400, 400)))
    full, thumb = (store.folder / f"xai-cam-{KEY}{part}.jpg" for part in ("", "-thumb"))
    whole = {path: path.read_bytes() for path in (full, thumb)}
    for path in (full, thumb):
        foreign = encode_picture(flat(1), {"tool": "other"}, "jpg")
        odd = encode_picture(flat(1), {"kind": "picture of a report", "size": "large"}, "jpg")
        for data in (whole[path][:-40], b"", b"no picture", foreign, odd):
            path.write_bytes(data)
            assert store.get(KEY) is None
        path.write_bytes(whole[path])
        assert store.get(KEY) is not None
    thumb.unlink()
    assert store.get(KEY) is None


def test_pictures_are_known_as_our_own(store: AssetStore) -> None:
    """So that a later run over the folder does not explain them."""
    store.put(KEY, flat(90, (400, 400)))
    for path in store.folder.iterdir():
        assert is_own_output(path)
        assert provenance(path)["size"] == [400, 400]
    Image.fromarray(flat(1)).save(store.folder / "xai-cam-holiday.jpg")
    assert not is_own_output(store.folder / "xai-cam-holiday.jpg")


def test_pruning_deletes_own_pictures_that_are_not_kept(store: AssetStore) -> None:
    assert store.prune([]) == 0, "there is no folder yet"
    for key in (KEY, OTHER):
        store.put(key, flat(90, (400, 400)))
    kept = tree(store.folder)
    (store.folder / "xai-cam-abc.jpg").write_bytes(b"somebody's")
    Image.fromarray(flat(1)).save(store.folder / "xai-cam-abd.jpg")
    (store.folder / "notes.txt").write_text("mine", encoding="utf-8")
    (store.folder / "cat_grad-cam.jpg").write_bytes(encode_picture(flat(1), {"tool": "xai-cam"}, "jpg"))
    others = {name: data for name, data in tree(store.folder).items() if name not in kept}
    assert store.prune([KEY]) == 2
    assert tree(store.folder) == others | {n: d for n, d in kept.items() if KEY in n}


def test_equal_pictures_make_equal_files(store: AssetStore) -> None:
    store.put(KEY, flat(90, (400, 400)))
    first = tree(store.folder)
    store.put(KEY, flat(90, (400, 400)))
    assert tree(store.folder) == first


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page_files").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="`report`"):
        AssetStore(tmp_path / "page_files").put(KEY, flat(1))
