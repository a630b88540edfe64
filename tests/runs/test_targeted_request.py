"""Masks and the picture to compare with count by what is in them, and are inputs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from support.runs import plan_of
from xai_cam.errors import ImageError, InputError
from xai_cam.images.finding import ImageFile
from xai_cam.runs.targeted_request import TargetedRequest


def picture(path: Path, grey: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("L", (4, 4), grey).save(path)
    return path


def test_the_picture_to_compare_with(tmp_path: Path) -> None:
    image = ImageFile(picture(tmp_path / "a.png", 1), Path())
    seen = [TargetedRequest(like=picture(tmp_path / "ref.png", grey)).held(image) for grey in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]
    assert TargetedRequest(like=tmp_path / "ref.png").files == [tmp_path / "ref.png"]
    assert TargetedRequest().held(image) == {} and TargetedRequest().reference_hash is None


def test_the_picture_to_compare_with_has_values_of_its_own(tmp_path: Path) -> None:
    images = [ImageFile(picture(tmp_path / "pics" / "a.png", 1), tmp_path)]
    reference, table = picture(tmp_path / "ref" / "a.png", 2), tmp_path / "t.csv"

    def asked(rows: str, like: Path = reference) -> TargetedRequest:
        table.write_text(f"image,age\n{rows}", encoding="utf-8")
        return TargetedRequest(like=like, extra=[("age", f"{table}:age")]).with_images(images)

    with pytest.raises(InputError, match=r"ref.a\.png: `extra` age: t\.csv has one row for 2 images"):
        asked("a.png,1\n")
    assert asked("a.png,1\nref/a.png,2\n").reference_extras == {"age": 2.0}
    assert asked("a.png,1\nref/a.png,2\n").held(images[0])["extra"] == {"age": 1.0}
    assert asked("a.png,1\n", images[0].path).reference_extras == {"age": 1.0}


def test_masks(tmp_path: Path) -> None:
    image = ImageFile(picture(tmp_path / "a.png", 1), Path())
    request = TargetedRequest(masks=tmp_path / "masks")
    with pytest.raises(ImageError, match="there is no mask for it in"):
        request.held(image)
    seen = []
    for grey in (1, 1, 2):
        picture(tmp_path / "masks" / "a.png", grey)
        seen.append(request.held(image))
    assert seen[0] == seen[1] != seen[2]


def test_they_are_in_the_digest_of_a_map(tmp_path: Path) -> None:
    image, found = picture(tmp_path / "a.png", 1), set()
    for grey in (1, 2):
        plan = plan_of(tmp_path, [image], like=picture(tmp_path / "ref.png", grey))
        found.add(plan.digest(plan.tasks[0], None, "grad-cam", "raw"))
    assert len(found) == 2
    with pytest.raises(Exception, match="one of the inputs"):
        plan.check_not_input(tmp_path / "ref.png")
