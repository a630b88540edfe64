"""A sanity check in a notebook, as a table and as a chart: by hand."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import xai_cam.sanity.shown
from support.maps import Photos
from support.sanity_checks import counted_check, even_check
from xai_cam.cam.pictured import Source
from xai_cam.errors import InputError
from xai_cam.sanity.checks import Check
from xai_cam.sanity.shown import SanityReport


def report(*checks: Check, source: Source | None = None) -> SanityReport:
    return SanityReport(checks, np.array([1, 0, 1]), 2, 4, source, ("ant", "<u>bee"))


def test_it_is_shown_in_a_line() -> None:
    found = report(even_check(0.1, 0.1, 0.1), even_check(0.95, 0.1, 0.1))
    assert repr(found) == (
        "<Sanity check of 3 images, 2 draws: some-cam at block/relu passed, some-cam at block/relu failed>"
    )


def test_a_table_of_steps() -> None:
    """Images 0 and 2, draws 0 and 1: correlations (image + draw) / 10, mean 0.15."""
    frame = report(counted_check()).to_frame()
    assert list(frame["randomised"]) == ["dense_0", "block/conv", "(other classes)"]
    np.testing.assert_allclose(frame["correlation"], [0.15, 0.15, 0.25])
    np.testing.assert_allclose(frame["draw_2"][:2], [0.2, 0.2])


def test_plain_values_for_json() -> None:
    found = json.loads(json.dumps(report(counted_check()).to_dict(), allow_nan=False))
    assert found["images"][1] == {"image": 1, "class": 0, "class_name": "ant"}
    assert found["checks"][0]["method"] == "some-cam" and found["seed"] == 4


def test_the_page_has_verdicts_similarities_maps_and_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(counted_check("<s>cam"), source=Source(Photos.of((40, 40), (40, 40), (40, 40))))
    html = found._repr_html_()
    assert html.count("<img") == 2 and "<s>" not in html and "&lt;s&gt;cam" in html
    assert "0.25 (0.25 to 0.25)" in html and "not judged" in html
    monkeypatch.setattr(xai_cam.sanity.shown, "is_there", lambda _: False)
    assert report(counted_check())._repr_html_().count("<img") == 0


def test_a_figure_of_an_image() -> None:
    found = report(counted_check(), source=Source(Photos.of((40, 40), (40, 60), (40, 40))))
    np.testing.assert_array_equal(found.figure(), found.figure(0))
    assert found.figure(1).shape[1] != found.figure(0).shape[1]
    for number in (3, -1):
        with pytest.raises(InputError, match=f"no picture of image {number}"):
            found.figure(number)
    again = pickle.loads(pickle.dumps(found))
    with pytest.raises(InputError, match="before the check is pickled"):
        again.figure(0)
    assert again.plot()._repr_png_()[:4] == b"\x89PNG"
