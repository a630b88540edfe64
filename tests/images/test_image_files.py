"""Tests of pictures as names and numbers of folders."""

from __future__ import annotations

from pathlib import Path

from xai_cam.files.stores.entries import Listed
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.images.image_files import ImageFile, ImageFiles

SOME = [
    ImageFile(Path("in/cats/a.png"), Path("cats"), among=True),
    ImageFile(Path("in/dogs/a.png"), Path("dogs"), outside=True, among=True),
    ImageFile(Path("in/cats/b.png"), Path("cats"), among=True),
    ImageFile(Path("in/cats/c.png"), Path()),
    ImageFile(Path("alone.png"), Path()),
    ImageFile(Path("/root.png"), Path()),
    ImageFile(Path(".."), Path()),
]


def test_they_are_as_they_came() -> None:
    images = ImageFiles(SOME)
    assert [*images] == SOME == [images[place] for place in range(len(SOME))] and len(images) == len(SOME)
    assert [images[place] for place in (-1, -7)] == [SOME[-1], SOME[0]]
    assert [*images[1:6:2]] == SOME[1:6:2]
    assert (
        images == SOME and images != SOME[1:] and images != [*SOME[1:], SOME[0]] and images != "no pictures"
    )


def test_a_folder_is_held_once_for_each_kind_of_picture_in_it() -> None:
    images = ImageFiles(SOME)
    assert len(images.places) == 5 and [*images.numbers] == [0, 1, 0, 2, 3, 4, 3]
    assert images.names[2] == "b.png"


def test_more_are_added_at_the_end() -> None:
    images = ImageFiles(SOME[2:4])
    images.extend(ImageFiles(SOME))
    images.extend(SOME[:1])
    assert [*images] == [*SOME[2:4], *SOME, SOME[0]] and len(images.places) == 5


def test_some_of_them_have_their_own_folders_alone() -> None:
    some = ImageFiles(SOME).chosen([5, 0, 3, 2])
    assert [*some] == [SOME[5], SOME[0], SOME[3], SOME[2]]
    assert [place.parent for place in some.places] == [Path("/"), Path("in/cats"), Path("in/cats")]
    some.append(SOME[3])
    assert len(some.places) == 3 and some[-1] == SOME[3], "it goes on with the folders that it knows"
    assert ImageFiles(SOME).places_of([5, 3, 2, 0]) == [4, 2, 0]


def test_what_a_listing_told_of_an_object_stays_with_it() -> None:
    paths = [as_path(f"memory://bucket/photos/{name}.png") for name in "abc"]
    for path, listed in zip(paths, (Listed(5, "x"), None, Listed(6)), strict=True):
        assert isinstance(path, StorePath)
        path.listed = listed
    images = ImageFiles(ImageFile(path, Path()) for path in paths)
    more = ImageFiles(SOME)
    more.extend(images)
    for made in (images, more[len(SOME) :], more.chosen([0, 9, 8, 7])[:0:-1]):
        found = [image.path for image in made]
        assert found == paths and all(isinstance(path, StorePath) for path in found)
        assert [path.listed for path in found if isinstance(path, StorePath)] == [
            *(Listed(5, "x"), None, Listed(6))
        ]


def test_a_folder_of_a_store_is_none_of_the_disk() -> None:
    remote = as_path("memory://bucket/a.png")
    images = ImageFiles([ImageFile(Path(*remote.parts), Path()), ImageFile(remote, Path())])
    assert [type(image.path) is type(remote) for image in images] == [False, True]
