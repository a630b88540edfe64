"""Options of methods that sample: what is refused, and what was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam import Explainer, explain, sanity_check
from xai_cam.cam.methods import METHODS
from xai_cam.cam.occlusion import Patches
from xai_cam.cam.sampling import Sampling, check_sampling
from xai_cam.errors import InputError


def test_what_was_given() -> None:
    assert Sampling().given == {} and Sampling(seed=0).given == {}
    assert Sampling(patch=8.0, stride=2).given == {"patch": 8, "stride": 2}  # type: ignore[arg-type]
    assert Sampling(np.int64(5), 3.0).given == {"samples": 5, "seed": 3}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"samples": 0}, "samples"),
        ({"samples": 2.5}, "samples"),
        ({"seed": -1}, "seed"),
        ({"patch": 0}, "patch"),
        ({"stride": "4"}, "stride"),
        ({"patch": 4, "stride": 5}, "leaves pixels between patches of 4"),
    ],
)
def test_what_is_refused(given: dict[str, Any], name: str) -> None:
    with pytest.raises(InputError, match=name):
        Sampling(**given)


def test_what_a_map_is_made_of() -> None:
    """By default a patch is an eighth of the shorter side, and RISE has 4,000 masks (as in its paper)."""
    occlusion, rise = METHODS["occlusion"], METHODS["rise"]
    assert Sampling().describe(occlusion, (96, 120)) == "patch 12, stride 6"
    assert Sampling(patch=9, stride=9).describe(occlusion, (96, 120)) == "patch 9, stride 9"
    assert Sampling().describe(rise, (96, 120)) == "4,000 masks of 7 × 7 cells"
    assert Sampling(samples=1).describe(rise, (8, 9, 9)) == "1 mask of 7 × 7 × 7 cells"
    assert Sampling(samples=9).describe(METHODS["smooth-grad"], (96, 96)) == ""


def test_the_patches_of_an_input() -> None:
    assert Sampling(patch=8, stride=8).patches((32, 32)) == Patches((32, 32), 8, 8)
    assert Sampling(stride=2).patches((32, 32)) == Patches((32, 32), 4, 2)
    with pytest.raises(InputError, match="leaves pixels between patches of 4"):
        Sampling(stride=5).patches((32, 32))


@pytest.mark.parametrize(
    ("method", "given", "said"),
    [
        ("saliency", {"samples": 4}, "`samples` is for methods that make several inputs"),
        ("occlusion", {"seed": 4}, "`seed` is for methods that draw inputs at random"),
        (
            "rise",
            {"patch": 4},
            "`patch` is for methods that cover patches of an image. Use one of these: occ",
        ),
        ("grad-cam", {"stride": 4}, "`stride` is for methods that cover patches"),
    ],
)
def test_what_no_method_heeds_is_refused(method: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_sampling([method], Sampling(**given))
    check_sampling([method, "rise", "occlusion"], Sampling(**given))
    check_sampling([method], Sampling(seed=0))


def test_python_refuses_them_too(tiny_model: Any) -> None:
    """But not the seed of a sanity check, which is of the weights."""
    x, said = np.random.default_rng(0).random((1, 16, 16, 3), np.float32), "is for methods that"
    with pytest.raises(InputError, match=said):
        explain(tiny_model, x, samples=3)
    with pytest.raises(InputError, match=said):
        Explainer(tiny_model, seed=3).explain(x)
    with pytest.raises(InputError, match=said):
        sanity_check(tiny_model, x, method="grad-cam", patch=3)
    asked: dict[str, Any] = {"method": ["grad-cam", "smooth-grad"], "samples": 2, "draws": 1, "others": 1}
    assert len(sanity_check(tiny_model, x, seed=3, **asked).checks) == 2
    sanity_check(tiny_model, x, method="grad-cam", seed=3, draws=1, others=1)
