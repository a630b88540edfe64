"""One map: how it is shown in a line, what it says as plain values, and what it writes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.maps import RISING, Photos, made
from xai_cam.cam.pictured import Source
from xai_cam.errors import InputError
from xai_cam.images.picture import Region


def test_it_is_shown_in_a_line() -> None:
    assert repr(made(image=3)) == (
        "<Explanation of image 3: grad-cam at conv, class 2, probability 0.25, 2 x 2, ok>"
    )
    assert "blank (dead)" in repr(made(status="blank", cause="dead"))
    assert "probability" not in repr(made(probability=np.nan))
    assert "conv, fat cat, prob" in repr(made(labels=["a", "b", "fat\ncat"]))


def test_it_stays_as_it_is() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        made().status = "blank"  # type: ignore[misc]


def test_plain_values_for_json(tmp_path: Path) -> None:
    one = made(
        [[0, np.nan]],
        probability=np.nan,
        part=Region(0, 0, 0.5, 1),
        labels=("a", "b", "c"),
        source=Source(Photos.of((4, 4), folder=tmp_path)),
    )
    found = json.loads(json.dumps(one.to_dict(), allow_nan=False))
    assert found["cam"] == [[0, None]] and found["probability"] is None and found["score"] == 1.5
    assert found["path"] == str(tmp_path / "photo 0.png") and found["class_name"] == "c"
    assert found["part"] == {"top": 0, "left": 0, "bottom": 0.5, "right": 1}
    assert found["ranking"] == [[1, 0.75]] and made().to_dict()["path"] is None
    assert not {"source", "pixels"} & found.keys(), "pictures stay out"


def test_what_is_saved(tmp_path: Path) -> None:
    one = made(source=Source(Photos.of((40, 60))))
    figure, overlay, raw = (
        one.save(tmp_path / n, w) for n, w in (("f.png", "figure"), ("o.png", "overlay"), ("m.npy", "figure"))
    )
    with Image.open(figure) as f, Image.open(overlay) as o:
        np.testing.assert_array_equal(np.asarray(f), one.figure())
        np.testing.assert_array_equal(np.asarray(o), one.overlay())
        assert o.size == (60, 40) and f.width > 3 * 60
    np.testing.assert_array_equal(np.load(raw), RISING)


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`what` is 'photo'"):
        made(source=Source(Photos.of((4, 4)))).save(tmp_path / "a.png", "photo")
    with pytest.raises(InputError, match="does not know its picture"):
        made().save(tmp_path / "a.png")
    assert not list(tmp_path.iterdir()) and made().save(tmp_path / "a.npy").exists(), "a map needs no picture"
