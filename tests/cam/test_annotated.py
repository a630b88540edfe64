"""A map's parts as annotations: COCO's boxes, outlines that fill them, scores where there are any."""

from __future__ import annotations

import numpy as np

from oracle import regions as oracle
from support.maps import made
from xai_cam.cam.annotated import annotate

PLACED = np.zeros((9, 12), np.float32)
PLACED[1:5, 2:9], PLACED[2, 4] = 0.5, 0
PLACED[7:9, 10:12] = 1


def test_everything_of_two_parts() -> None:
    one = made(PLACED)
    found = annotate(one, "cat", one.regions(components="all"), "p/a.jpg", (9, 12))
    assert found["images"] == [{"id": 1, "file_name": "p/a.jpg", "width": 12, "height": 9}]
    assert found["categories"] == [{"id": 3, "name": "cat"}]
    first, second = found["annotations"]
    assert (first["bbox"], first["area"], first["iscrowd"], first["score"]) == ([2, 1, 7, 4], 27, 0, 0.25)
    assert (second["bbox"], second["area"]) == ([10, 7, 2, 2], 4)
    assert second["attributes"] == {
        **{"method": "grad-cam", "layer": "conv", "height": 1.0},
        **{"peak_x": 10, "peak_y": 7},
    }
    assert first["attributes"]["height"] == 0.5
    (polygon,) = first["segmentation"]
    np.testing.assert_array_equal(oracle.filled(polygon, 9, 12), PLACED == 0.5)


def test_a_value_has_no_score() -> None:
    one = made(PLACED, probability=np.nan)
    (found,) = annotate(one, "age", one.regions(), "a", (9, 12))["annotations"]
    assert "score" not in found
