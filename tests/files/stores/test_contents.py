"""What lies below a folder of a store: one listing, whoever asks."""

from __future__ import annotations

from support.s3_server import S3Server
from xai_cam.files.stores.contents import contents, object_in, objects_in
from xai_cam.files.stores.paths import StorePath


def test_all_objects_below_a_folder_by_one_listing(s3: S3Server) -> None:
    for key in ("masks/b.png", "masks/a.png", "masks/cats/a.png", "masks/cats//odd.png", "other.png"):
        s3.put(f"bucket/{key}", b"12345")
    folder = StorePath("s3:", "bucket/masks")
    assert list(contents(folder).names()) == ["a.png", "b.png", "cats/a.png"]
    assert list(contents(folder).names("cats/")) == ["cats/a.png"] and not list(contents(folder).names("d"))
    found = object_in(folder, "cats/a.png")
    assert found is not None and str(found) == "s3://bucket/masks/cats/a.png"
    assert found.listed is not None and found.listed.size == 5
    assert object_in(folder, "cats/odd.png") is None and object_in(folder, "c.png") is None
    assert [path.name for path in objects_in(folder, "b")] == ["b.png"]
    assert s3.count("LIST") == 1 and len(s3.asked) == 1


def test_each_who_asks_has_a_path_of_its_own(s3: S3Server) -> None:
    """What one thread fetches and gives up, another may be reading."""
    s3.put("bucket/masks/a.png", b"12345")
    folder = StorePath("s3:", "bucket/masks")
    first, second = object_in(folder, "a.png"), object_in(folder, "a.png")
    assert first is not None and second is not None and first == second and first is not second


def test_it_is_listed_anew_for_another_path_of_the_name(s3: S3Server) -> None:
    assert not list(contents(StorePath("s3:", "bucket/masks")).names())
    s3.put("bucket/masks/a.png", b"12345")
    assert list(contents(StorePath("s3:", "bucket/masks")).names()) == ["a.png"]
