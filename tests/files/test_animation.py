"""Animated files: every frame, its time, and the text inside."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from xai_cam.errors import XaiCamError
from xai_cam.files.animation import FORMATS, encode_animation
from xai_cam.files.provenance import encode_moving, is_own_output, read_provenance

FRAMES = [(np.full((20, 30, 3), level, np.uint8), 200 + level) for level in (0, 100, 200)]
SAID = {"class_name": "\u732b", "method": "grad-cam", "long": "x" * 3000}


@pytest.mark.parametrize("kind", FORMATS)
def test_frames_and_times_are_found_again(kind: str) -> None:
    with Image.open(io.BytesIO(encode_animation(FRAMES, "a text", kind))) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (3, (30, 20), 0)
        for number, (frame, time) in enumerate(FRAMES):
            image.seek(number)
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - frame).max() <= 3
            assert image.info["duration"] == time


@pytest.mark.parametrize("kind", FORMATS)
def test_an_animation_is_known_as_our_own(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(encode_moving(FRAMES, SAID, kind))
    assert read_provenance(path) == SAID and is_own_output(path)
    Image.fromarray(FRAMES[1][0]).save(path)
    assert read_provenance(path) is None and not is_own_output(path)


def test_without_webp_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda _: False)
    with pytest.raises(XaiCamError, match=r"cannot write WebP\. Use `animation='gif'`"):
        encode_animation(FRAMES, "", "webp")
