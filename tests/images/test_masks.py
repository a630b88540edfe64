"""Masks of objects: every kind of picture is read as drawn, and found where the image lies."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError
from xai_cam.files.provenance import encode_picture
from xai_cam.images.finding import ImageFile
from xai_cam.images.masks import find_mask, read_mask, region_in
from xai_cam.images.picture import Region

DRAWN = np.zeros((6, 9), bool)
DRAWN[1:3, 2:7] = True
DRAWN[5, 8] = True


def coloured(*colour: int) -> np.ndarray:
    """The object in one colour on 0."""
    return np.where(DRAWN[..., None], np.array(colour, np.uint8), 0).astype(np.uint8)


def with_alpha(alpha: np.ndarray, *colour: int) -> np.ndarray:
    return np.concatenate([coloured(*colour), alpha[..., None].astype(np.uint8)], axis=2)


def palette(indices: np.ndarray, colours: list[int]) -> Image.Image:
    image = Image.fromarray(indices.astype(np.uint8), "P")
    image.putpalette(colours)
    return image


KINDS = {
    "grey": Image.fromarray(DRAWN.astype(np.uint8) * 255),
    "grey of class numbers": Image.fromarray(DRAWN.astype(np.uint8)),
    "black and white": Image.fromarray(DRAWN),
    "16 bits": Image.fromarray(DRAWN.astype(np.uint16) * 3),
    "colour": Image.fromarray(coloured(0, 0, 1)),
    "colour and alpha": Image.fromarray(with_alpha(np.full(DRAWN.shape, 255), 200, 0, 0)),
    "alpha alone does not count": Image.fromarray(with_alpha(255 * ~DRAWN, 9, 0, 0)),
    "grey and alpha": Image.fromarray(with_alpha(255 * ~DRAWN, 70), "LA"),
    # Index 0 is white, 1 is black: the index counts
    "palette": palette(DRAWN, [255, 255, 255, 0, 0, 0]),
    "palette whose object is transparent": palette(2 * DRAWN, [0, 0, 0, 9, 9, 9, 255, 0, 0]),
}


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
@pytest.mark.parametrize("kind", KINDS)
def test_where_the_object_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mask.png"
    KINDS[kind].save(path, **({"transparency": 2} if "is transparent" in kind else {}))
    mask = read_mask(path, (6, 9))
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, DRAWN)


@pytest.mark.parametrize("file_format", ["BMP", "TIFF", "GIF", "WEBP"])
def test_other_lossless_formats(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "mask.bin"
    options = {"lossless": True} if file_format == "WEBP" else {}
    drawn = Image.fromarray(coloured(255, 255, 255))
    # Made of colours, a GIF would get a palette in the order in which they are met: white might be 0.
    (drawn.convert("L") if file_format == "GIF" else drawn).save(path, file_format, **options)
    np.testing.assert_array_equal(read_mask(path, (6, 9)), DRAWN)


def test_black_of_four_inks_is_no_object(tmp_path: Path) -> None:
    path = tmp_path / "mask.tif"
    Image.fromarray(coloured(255, 255, 255)).convert("CMYK").save(path)
    np.testing.assert_array_equal(read_mask(path, (6, 9)), DRAWN)


def test_rotation_is_applied_as_to_images(tmp_path: Path) -> None:
    """Orientation 6: the file's rows are the columns shown, from the right."""
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "mask.png"
    Image.fromarray(DRAWN.T[::-1].astype(np.uint8).copy()).save(path, exif=exif)
    np.testing.assert_array_equal(read_mask(path, (6, 9)), DRAWN)


def test_another_size_is_refused_with_both(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    KINDS["grey"].save(path)
    with pytest.raises(ImageError, match=r"mask\.png has 6 x 9 pixels, the image 9 x 6; draw"):
        read_mask(path, (9, 6))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "there is no such file"), (b"", "empty"), (b"text", "not an image file"), (b"cut", "damaged")],
)
def test_what_is_no_mask_says_so(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "mask.png"
    if content == b"cut":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:900])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=f"its mask .*mask.png.*{reason}"):
        read_mask(path, (60, 90))


# --- Finding them ------------------------------


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    (folder / "birds" / "owls").mkdir(parents=True)
    return folder


def image(name: str = "a.b.jpg", folder: str = "birds/owls") -> ImageFile:
    return ImageFile(Path("photos") / folder / name, Path(folder))


@pytest.mark.parametrize(
    "place", ["birds/owls/a.b.png", "birds/owls/a.b.TIF", "birds/owls/a.b.jpg", "a.b.png"]
)
def test_places_of_masks(masks: Path, place: str) -> None:
    (masks / place).write_bytes(b"")
    assert find_mask(masks, image()) == masks / place


@pytest.mark.parametrize(
    "place",
    ["a.png", "a.b.jpg.png", "a.b.tif", "birds/a.b.png", "owls", "birds/owls/a.b.txt", "birds/owls/c.png"],
)
def test_what_is_no_mask_of_the_image(masks: Path, place: str) -> None:
    (masks / place).write_bytes(b"")
    assert find_mask(masks, image()) is None


def test_the_nearest_is_taken_png_first(masks: Path) -> None:
    for place in ("a.b.png", "birds/owls/a.b.bmp", "birds/owls/a.b.png"):
        (masks / place).write_bytes(b"")
    assert find_mask(masks, image()) == masks / "birds/owls/a.b.png"
    (masks / "birds/owls/a.b.png").unlink()
    assert find_mask(masks, image()) == masks / "birds/owls/a.b.bmp"


def test_a_single_file_has_its_mask_in_the_folder(masks: Path) -> None:
    (masks / "x.gif").write_bytes(b"")
    assert find_mask(masks, image("x.jpg", ".")) == masks / "x.gif"


def test_a_folder_is_no_mask(masks: Path) -> None:
    (masks / "x.png").mkdir()
    assert find_mask(masks, image("x.jpg", ".")) is None


def test_an_image_is_not_its_own_mask(tmp_path: Path) -> None:
    """Masks beside the images are fine, as long as they are others."""
    (tmp_path / "x.png").write_bytes(b"")
    found = ImageFile(tmp_path / "x.png", Path())
    assert find_mask(tmp_path, found) is None
    (tmp_path / "x.bmp").write_bytes(b"")
    assert find_mask(tmp_path, found) == tmp_path / "x.bmp"


def test_a_mask_on_the_grid_of_what_the_model_saw() -> None:
    """Cells have the value of the pixel in their centre; what a letterbox adds has none."""
    wide = np.array([[0, 1, 0, 0, 0, 1]], bool)
    assert region_in(wide, Region(0, 0, 1, 6), (1, 2)).tolist() == [[1, 0]], "of three pixels the middle one"
    mask = np.array([[0, 1, 1, 0], [0, 1, 1, 0]], bool)
    assert region_in(mask, Region(0, 0, 2, 4), (1, 4)).tolist() == [[0, 1, 1, 0]]
    assert region_in(mask, Region(-1, 0, 3, 4), (4, 4)).tolist() == [
        *([[0, 0, 0, 0], [0, 1, 1, 0]]),
        *([[0, 1, 1, 0], [0, 0, 0, 0]]),
    ]
    assert region_in(mask, Region(0, 2, 2, 4), (1, 2)).tolist() == [[1, 0]], "a crop"


def test_a_mask_that_this_tool_made_of_the_image(tmp_path: Path) -> None:
    """By the image's hash: another image's name may begin alike. Of several none is guessed."""
    photo, masks = tmp_path / "in" / "cat.png", tmp_path / "masks"
    photo.parent.mkdir()
    masks.mkdir()
    photo.write_bytes(b"a photo")
    image, own = ImageFile(photo, Path()), hashlib.sha256(b"a photo").hexdigest()

    def write(name: str, image_hash: str) -> Path:
        (masks / name).write_bytes(
            encode_picture(np.zeros((2, 3), np.uint8), {"image_sha256": image_hash}, "png")
        )
        return masks / name

    write("cat_2_grad-cam_mask.png", "00")
    assert find_mask(masks, image) is None
    mine = write("cat_grad-cam_mask.png", own)
    os.utime(masks, ns=(1, 1))  # a clock may be too coarse to tell the two apart
    assert find_mask(masks, image) == mine
    write("cat_layer-cam_mask.png", own)
    os.utime(masks, ns=(2, 2))
    with pytest.raises(ImageError, match=r"several masks for it in .*masks, such as cat_grad"):
        find_mask(masks, image)
    (masks / "cat.png").write_bytes(b"")
    assert find_mask(masks, image) == masks / "cat.png", "one that was drawn goes first"
