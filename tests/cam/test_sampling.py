"""Options of methods that sample: what is refused, and what was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.sampling import Sampling
from xai_cam.errors import InputError


def test_what_was_given() -> None:
    assert Sampling().given == {} and Sampling(seed=0).given == {}
    assert Sampling(np.int64(5), 3.0).given == {"samples": 5, "seed": 3}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "name"), [({"samples": 0}, "samples"), ({"samples": 2.5}, "samples"), ({"seed": -1}, "seed")]
)
def test_what_is_refused(given: dict[str, Any], name: str) -> None:
    with pytest.raises(InputError, match=name):
        Sampling(**given)
