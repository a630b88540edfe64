"""Sizes of chunks that stay, by hand."""

from __future__ import annotations

from xai_cam.cam.engines.steady import SteadySizes


def test_the_first_size_stays_and_grows_to_its_double_at_least() -> None:
    sizes = SteadySizes()
    assert sizes.size("masked", 60, 512) == 64
    assert sizes.size("masked", 1, 512) == sizes.size("masked", 64, 512) == 64, "no other for a rest"
    assert sizes.size("masked", 65, 512) == 128, "72 would do for this one, and not for the next"
    assert sizes.size("masked", 1280, 512) == 432, "three chunks"
    assert sizes.size("masked", 5000, 512) == 512, "ten of 500, which is more than there is for twice 432"
    assert sizes.size("scored", 5, 512) == 8, "another question has its own"


def test_it_keeps_to_what_fits() -> None:
    sizes = SteadySizes()
    assert [sizes.size("masked", 1000, most) for most in (256, 128, 64)] == [256, 128, 64]
    assert sizes.size("masked", 3, 1) == 1
