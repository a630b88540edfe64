"""Weights broadcast to activations, also of volumes; `test_methods.py` has their values."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam import channel_weights
from xai_cam.cam.channel_weights import Ablated, combine

A = np.random.default_rng(2).normal(size=(2, 3, 4, 5)).astype(np.float32)
OF_GRADIENTS = ["grad_cam", "grad_cam_plus_plus", "xgrad_cam", "hires_cam", "layer_cam"]


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_of_planes_as_of_rows(name: str) -> None:
    """A volume's planes are places as others are: of the same places in a row the weights are the same."""
    function = getattr(channel_weights, name)
    flat = function(A, A[::-1]).reshape(2, -1, 5)
    volume = A.reshape(2, 3, 2, 2, 5)
    np.testing.assert_allclose(function(volume, volume[::-1]).reshape(2, -1, 5), flat, rtol=1e-5)


def test_signs_of_the_sum() -> None:
    activations = np.array([[[[1, 2], [3, -1]]]], np.float32)
    weights = np.array([1, -1], np.float32).reshape(1, 1, 1, 2)
    found = [combine(activations, weights, sign)[0, 0].tolist() for sign in ("positive", "negative", "both")]
    assert found == [[0, 4], [1, 0], [-1, 4]]


def test_a_channel_that_was_skipped_has_no_weight() -> None:
    without = np.array([[1, np.nan], [np.nan, 4]], np.float32)
    found = channel_weights.ablation_cam(A[..., :2], Ablated(np.array([2, -2], np.float32), without))
    assert found[:, 0, 0].tolist() == [[0.5, 0], [0, -3]]
