"""Settings of maps: what makes no sense is refused as soon as it is said."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.cam.map_settings import MapSettings
from xai_cam.errors import InputError


def test_the_usual_ones() -> None:
    usual = MapSettings()
    assert (usual.score, usual.sign, usual.smooth) == (None, "positive", False)
    assert not usual.limits.given and not usual.sampling.given


@pytest.mark.parametrize("given", [{"sign": "up"}, {"smooth": "yes"}, {"smooth": 1}])
def test_what_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(given))):
        MapSettings(**given)
