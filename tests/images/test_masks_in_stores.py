"""Masks in a store: found as on a disk, by one listing for all images."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from support.s3_server import S3Server
from xai_cam.errors import ImageError
from xai_cam.files.provenance import encode_picture
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.images.finding import ImageFile
from xai_cam.images.masks import find_mask, mask_of, read_mask

MASK = np.zeros((6, 9), np.uint8)
MASK[1:3, 2:7] = 255


def image(name: str, below: str = "") -> ImageFile:
    return ImageFile(StorePath("s3:", f"bucket/photos/{name}"), as_path(below or "."))


def found(folder: StorePath, one: ImageFile) -> str | None:
    path = find_mask(folder, one)
    return None if path is None else str(path).removeprefix("s3://bucket/")


def test_the_places_of_a_disk_in_their_order(s3: S3Server) -> None:
    for name in ("a.png", "cats/b.PNG", "cats/b.tif", "c.png", "cats/d.jpg", "d.png", "e.tif"):
        s3.put(f"bucket/masks/{name}", b"1")
    folder = StorePath("s3:", "bucket/masks")
    s3.forget()
    assert found(folder, image("a.jpg")) == "masks/a.png"
    assert found(folder, image("cats/b.png", "cats")) == "masks/cats/b.PNG"
    assert found(folder, image("cats/c.png", "cats")) == "masks/c.png", "directly in the folder"
    assert found(folder, image("cats/d.png", "cats")) == "masks/cats/d.jpg", "where the image lies, before"
    assert found(folder, image("cats/e.png", "cats")) is None, "directly there only PNG"
    assert s3.asked == ["LIST /bucket masks/"]
    with pytest.raises(ImageError, match="there is no mask for it in s3://bucket/masks"):
        mask_of(image("f.png"), folder)


def test_an_image_is_not_its_own_mask(s3: S3Server) -> None:
    s3.put("bucket/photos/a.png", b"1")
    assert find_mask(StorePath("s3:", "bucket/photos"), image("a.png")) is None
    s3.put("bucket/photos/a.tif", b"1")
    assert found(StorePath("s3:", "bucket/photos"), image("a.png")) == "photos/a.tif"


def test_a_mask_that_this_tool_made_of_the_image(s3: S3Server) -> None:
    s3.put("bucket/photos/cats/cat.png", b"a photo")
    own = hashlib.sha256(b"a photo").hexdigest()

    def write(name: str, image_hash: str) -> None:
        s3.put(f"bucket/masks/{name}", encode_picture(MASK, {"image_sha256": image_hash}, "png"))

    def now() -> str | None:
        return found(StorePath("s3:", "bucket/masks"), image("cats/cat.png", "cats"))

    write("cats/cat_2_grad-cam_mask.png", "00")
    write("cats/deeper/cat_grad-cam_mask.png", own)
    write("cats/cow_grad-cam_mask.png", own)
    assert now() is None
    write("cat_grad-cam_mask.png", own)
    assert now() == "masks/cat_grad-cam_mask.png"
    write("cats/cat_layer-cam_mask.png", own)
    assert now() == "masks/cats/cat_layer-cam_mask.png", "where the image lies, before"
    write("cats/cat_grad-cam_mask.png", own)
    with pytest.raises(ImageError, match="there are several masks for it in s3://bucket/masks/cats"):
        now()


def test_a_mask_is_fetched_once_and_given_up(s3: S3Server) -> None:
    buffer = io.BytesIO()
    Image.fromarray(MASK).save(buffer, "PNG")
    s3.put("bucket/masks/a.png", buffer.getvalue())
    path = StorePath("s3:", "bucket/masks/a.png")
    assert (read_mask(path, (6, 9)) == (MASK > 0)).all() and not path.is_held
    assert s3.asked == ["GET /bucket/masks/a.png"]
    with pytest.raises(ImageError, match=r"its mask s3://bucket/masks/no\.png: there is no such object"):
        read_mask(StorePath("s3:", "bucket/masks/no.png"), (6, 9))


def test_a_store_that_does_not_answer_fails_the_image(s3: S3Server) -> None:
    s3.fail("403", "LIST", times=9)
    with pytest.raises(ImageError, match=r"the masks in s3://bucket/masks: .*the store refuses it"):
        find_mask(StorePath("s3:", "bucket/masks"), image("a.png"))
