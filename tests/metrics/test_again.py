"""What measures that explain again are given; that they are called is in `test_measuring`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oracle import faithfulness as oracle
from xai_cam import Explanation
from xai_cam.images.picture import Region
from xai_cam.metrics.again import Batch, saliency_of


def test_a_saliency_is_that_which_images_are_multiplied_by() -> None:
    cam = np.array([[4, -1], [0, 2]], np.float32)
    one = Explanation(cam, "grad-cam", "conv", 0, 0, 1.5, "logit", 0.8, ((0, 0.8),), "ok", "", sign="both")
    expected = oracle.saliency(np.maximum(cam, 0), (6, 5))
    np.testing.assert_allclose(saliency_of(one, (6, 5)), expected, atol=1e-6)
    batch = Batch(np.zeros((1, 6, 5, 3), np.float32), [[one]], lambda images, of: [])
    np.testing.assert_array_equal(batch.saliency(one), saliency_of(one, (6, 5)))
    half = replace(one, part=Region(0, 0, 1, 0.6), cam=np.ones((1, 1), np.float32))
    assert batch.saliency(half).max() == 1 and batch.saliency(half).sum() == 18, "only where it lies"
