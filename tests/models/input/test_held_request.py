"""What is requested of other inputs: read for the images of a run, and told from another request."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import InputError, XaiCamError
from xai_cam.images.extras import NOTHING
from xai_cam.images.finding import ImageFile
from xai_cam.models.input.feeding import FeedingRequest
from xai_cam.models.input.held_request import HeldRequest

IMAGES = [ImageFile(Path("x") / name, Path()) for name in ("a.png", "b.png")]


def test_nothing_is_asked() -> None:
    request = HeldRequest()
    assert request.with_images(IMAGES) is request and request.extras is NOTHING
    assert request.held(IMAGES[0]) == {} and request.files == []


def test_values_of_each_image(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("image,age\na,1\n", encoding="utf-8")
    request = FeedingRequest(preprocess="raw", extra=[("age", f"{table}:age"), ("k", "2")]).with_images(
        IMAGES
    )
    assert isinstance(request, FeedingRequest) and request.preprocess == "raw"
    assert request.held(IMAGES[0]) == {"extra": {"age": 1.0, "k": 2.0}} and request.files == [table]
    with pytest.raises(XaiCamError, match=r"t\.csv has no row"):
        request.held(IMAGES[1])


def test_values_that_do_not_do_are_refused_at_once() -> None:
    class Picky(HeldRequest):
        def check_extras(self) -> None:
            raise InputError(f"{self.extras.told} does not do.")

    assert Picky().with_images(IMAGES).extras is NOTHING, "there is nothing to refuse"
    with pytest.raises(InputError, match="age = 3 does not do"):
        Picky(extra=[("age", "3")]).with_images(IMAGES)


def test_the_image_tells_one_feeding_from_another() -> None:
    assert FeedingRequest(image_input="left").identity != FeedingRequest().identity
