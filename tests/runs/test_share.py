"""What a shard has of a plan: which images, at which places, and what their rows say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast

import pytest

from xai_cam.files.numbered import Numbered
from xai_cam.files.rows import SHARD
from xai_cam.files.shard import Shard, number_of
from xai_cam.images.finding import ImageFile, find_images
from xai_cam.runs.share import Share, ShareWriter, columns_for, path_below, share_of


def among(name: str, top: str = "photos") -> ImageFile:
    """A picture that lies in a folder which was named."""
    return ImageFile(Path(top) / name, Path(name).parent, among=True)


IMAGES = [among(f"{folder}/{n}.png") for folder in ("cats", "dogs") for n in range(10)]
MISSING = [Path("gone.png"), Path("never.png")]


def test_the_path_counts_below_the_folder_that_was_named() -> None:
    assert path_below(among("cats/a.png", "/mnt/a/photos")) == "cats/a.png"
    assert path_below(among("cats/a.png", "/other/place")) == "cats/a.png"


def test_the_path_of_a_file_that_was_named_counts_as_it_was_named() -> None:
    """Else all files of one name, of a list, would be of one shard."""
    assert path_below(ImageFile(Path("study 1/image.png"), Path())) == "study 1/image.png"


def test_separators_do_not_matter() -> None:
    windows = cast(Path, PureWindowsPath(r"C:\photos\cats\a.png"))
    image = ImageFile(windows, cast(Path, PureWindowsPath("cats")), among=True)
    assert path_below(image) == "cats/a.png"
    listed = ImageFile(cast(Path, PureWindowsPath(r"photos\cats\a.png")), Path())
    assert path_below(listed) == PurePosixPath("photos/cats/a.png").as_posix()


def test_folders_and_globs_that_were_named_give_the_same_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/cats/1.png", "a/cats/2.png", "a/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    wanted = {"cats/1.png", "cats/2.png", "3.png"}
    for names in (["a"], [str(tmp_path / "a")], ["a/*"], ["./a/**/*.png"]):
        found = find_images(names, recursive=True)
        assert {path_below(image) for image in found.images} == wanted, names


def test_shards_divide_the_plan() -> None:
    shares = [share_of(Shard(number, 3), MISSING, IMAGES) for number in (1, 2, 3)]
    plan = [*map(str, MISSING), *(str(image.path) for image in IMAGES)]
    placed = [[share.positions.get(path) for share in shares] for path in plan]
    assert [[one for one in of_shards if one is not None] for of_shards in placed] == [
        [place] for place in range(1, 23)
    ]
    assert sum(share.images for share in shares) == 22
    assert {share.all_images for share in shares} == {22}
    for number, share in enumerate(shares, 1):
        for image in IMAGES:
            below = f"{image.folder.name}/{image.path.name}"
            assert share.holds(image.path) == (number_of(below, 3) == number)


def test_shards_of_one_run_know_each_other_by_the_paths_of_all_images() -> None:
    """Wherever the folder is, and in whichever form its names are written; another order is another run."""
    first = share_of(Shard(1, 3), [], IMAGES, "123")
    assert first.options == "123" and len(first.paths) == 16
    moved = [among(path_below(image), "/mnt/elsewhere") for image in IMAGES]
    assert share_of(Shard(2, 3), [], moved).paths == first.paths
    for other in (IMAGES[::-1], IMAGES[:-1], [*IMAGES[:-1], among("dogs/10.png")]):
        assert share_of(Shard(1, 3), [], other).paths != first.paths
    composed, decomposed = ([among(name)] for name in ("\u00e9.png", "e\u0301.png"))
    assert share_of(Shard(1, 3), [], composed).paths == share_of(Shard(1, 3), [], decomposed).paths
    divided, whole = ([among(name) for name in names] for names in (("a", "b"), ("ab",)))
    assert share_of(Shard(1, 3), [], divided).paths != share_of(Shard(1, 3), [], whole).paths


def test_what_cannot_be_taken_is_the_first_shards() -> None:
    for number in (1, 2, 3):
        share = share_of(Shard(number, 3), MISSING, IMAGES)
        assert [share.holds(path) for path in MISSING] == [number == 1] * 2


def test_a_share_tells_how_many_images_it_has() -> None:
    assert Share(Shard(3, 16), Numbered(), 25, 1400).describe() == "Shard 3/16: 25 of 1,400 images."
    assert (
        Share(Shard(3, 16), Numbered(), 0, 1400).describe()
        == "Shard 3/16: 0 of 1,400 images: there is nothing to do."
    )


class Rows:
    """Takes rows."""

    on_stdout = True

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Any]] = []

    def write(self, values: Mapping[str, Any]) -> None:
        self.rows.append(values)


def test_rows_say_of_which_shard_they_are() -> None:
    rows, share = Rows(), Share(Shard(2, 3), Numbered([("a.png", 7)]), 5, 12, "123", "456")
    writer = ShareWriter(rows, share)
    assert writer.on_stdout
    writer.write({"image": "a.png", "outcome": "written"})
    share.select(4)
    writer.write({"image": "a.png", "outcome": "written"})
    told = {"image": "a.png", "outcome": "written", "shard": "2/3", "position": 7}
    told |= {"options_hash": "123", "paths_hash": "456"}
    assert rows.rows == [
        {**told, "shard_images": 5, "all_images": 12},
        {**told, "shard_images": 4, "all_images": None},
    ]


def test_columns_of_a_shard_stand_behind_the_others() -> None:
    assert columns_for(("image", "outcome"), None) == ("image", "outcome")
    assert columns_for(("image", "outcome"), Shard(1, 2)) == ("image", "outcome", *SHARD)
