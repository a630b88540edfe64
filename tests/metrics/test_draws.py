"""Random numbers of an image's own."""

from __future__ import annotations

import numpy as np

from xai_cam.metrics.draws import draws_of, span_of

A, B = np.random.default_rng(1).normal(0, 3, (2, 5, 4, 3)).astype(np.float32)


def test_draws_depend_on_the_image_and_what_they_are_for_alone() -> None:
    first = draws_of(A, 1).random(9)
    np.testing.assert_array_equal(draws_of(np.stack([B, A])[1], 1).random(9), first)
    np.testing.assert_array_equal(draws_of(np.asfortranarray(A), 1).random(9), first)
    for other in (draws_of(B, 1), draws_of(A, 2), draws_of(A, 1, 0), draws_of(A)):
        assert (other.random(9) != first).all()


def test_the_span_is_over_all_channels() -> None:
    image = np.array([[[-2, 5], [1, 7]]], np.float32)
    assert span_of(image) == 9 and span_of(np.ones((2, 2, 3), np.float32)) == 0
