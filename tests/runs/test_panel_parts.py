"""Parts of the maps of a panel: kept beside the maps, and looked at before they are believed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from support.maps import made
from xai_cam.files.rows import PARTS
from xai_cam.images.picture import Region
from xai_cam.runs.kept_maps import KEY as MAPS
from xai_cam.runs.panel_parts import KEY, keep, kept_parts

WHOLE, SIZE = Region(0, 0, 20, 20), (20, 20)


def test_they_come_back() -> None:
    maps = [made(), made(np.zeros((2, 2))), made(part=Region(0, 0, 0.5, 1))]
    panel = json.loads(json.dumps(keep(maps, WHOLE, SIZE, "0.5")))
    first, blank, upper = kept_parts(panel, 3)
    assert tuple(first) == PARTS and first["threshold"] == "0.5" and first["regions"] == 1
    assert (first["x1"], first["y1"], first["peak_x"], first["peak_y"]) == (20, 20, 15, 15)
    assert blank == {"threshold": "0.5", "regions": 0}
    assert upper["y1"] == 10 and MAPS in panel


def test_a_volume_has_none() -> None:
    assert KEY not in keep([made(np.ones((2, 2, 2)))], WHOLE, SIZE, "0.15")


@pytest.mark.parametrize("found", [None, "x", [], [{}], [{"x0": "left"}, {}], [{"x0": True}, {}]])
def test_what_is_not_believed(found: Any) -> None:
    assert kept_parts({KEY: found}, 2) == [{}, {}]
