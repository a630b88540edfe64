"""A comparison in a notebook, as tables and as a chart: by hand, with names that mean harm."""

from __future__ import annotations

import copy
import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

import xai_cam.extras
import xai_cam.metrics.shown
from support.maps import Photos, made
from support.measured import image, measured
from xai_cam.cam.explanations import Explanations
from xai_cam.cam.pictured import Source
from xai_cam.errors import InputError, XaiCamError
from xai_cam.metrics.printed import table_of
from xai_cam.metrics.shown import ComparisonReport

HOSTILE = "<b>$x$"


def compared(examples: Explanations | None = None) -> ComparisonReport:
    """Two variants on six images: the first drops by 10 to 15, the other by 50 more; increases are equal."""
    images = [
        image(
            measured(HOSTILE, drop=10.0 + i, increase=100.0, curve=(0.9, 0.5, 0.1)),
            measured("other", drop=60.0 + i, increase=100.0, curve=(0.9, 0.8, 0.1)),
        )
        for i in range(6)
    ]
    return ComparisonReport(images, examples)


def examples() -> Explanations:
    source = Source(Photos.of((20, 30), (30, 20)))
    return Explanations(made(image=i, method=m, source=source) for i in (0, 1) for m in (HOSTILE, "other"))


def test_tables_by_hand() -> None:
    by_variant = compared().to_frame()
    first = by_variant[(by_variant["variant"] == HOSTILE) & (by_variant["metric"] == "drop")].iloc[0]
    assert first["value"] == 12.5 and first["better"] == "lower" and first["count"] == 6
    assert 10 <= first["low"] < 12.5 < first["high"] <= 15 and len(by_variant) == 4
    by_image = compared().to_frame("image")
    assert (
        list(by_image["drop"])[:4] == [10, 60, 11, 61]
        and len(by_image) == 12
        and list(by_image["image"][:3])
        == [
            0,
            0,
            1,
        ]
    )
    assert "deletion" not in by_image, "what was not measured has no column"
    with pytest.raises(InputError, match="`by` is 'row'"):
        compared().to_frame("row")


def test_what_is_pooled_over_images_has_no_value_of_an_image() -> None:
    boxed = replace(measured("a", drop=1.0), curves={"max_box_acc": np.full((1, 100), 100, np.float32)})
    found = ComparisonReport([image(boxed, rank=[[1.0]])])
    assert found.metrics == ("drop", "max_box_acc") and "max_box_acc" in set(found.to_frame()["metric"])
    by_image = found.to_frame("image")
    assert "drop" in by_image and "max_box_acc" not in by_image


def test_plain_values_for_json() -> None:
    found = json.loads(json.dumps(compared().to_dict(), allow_nan=False))
    assert found["means"]["other"]["drop"]["value"] == 62.5


def test_a_page_is_escaped_and_only_what_is_surely_better_is_bold() -> None:
    html = compared(examples())._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;$x$" in html and "drop \u2193 (%)" in html
    bold = html.count("<td") and html.split("<tbody>")[1].split("</tbody>")[0]
    assert bold.count("<strong>") == 1 and "<strong>12.5 (" in bold, "equal increases are not"
    assert html.count("<img") == 2 and "is best, ahead of other" in html


def test_a_table_for_a_paper() -> None:
    text = compared().table("tex")
    assert r"\textbf{12.5}$^{*}$" in text and text == table_of(compared(), "tex")
    assert compared().table() == table_of(compared(), "md")


def test_without_matplotlib_the_page_has_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.metrics.shown, "is_there", lambda _: False)
    assert compared()._repr_html_().count("<img") == 0
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda _: False)
    with pytest.raises(XaiCamError, match="matplotlib, which is not installed"):
        compared().plot()


def test_a_chart_shows_the_means_and_curves() -> None:
    figure = compared().plot()
    drop, increase, curves = figure.axes
    (low, high), (mean, *_) = drop.lines[2].get_xdata(), drop.lines[3].get_xdata()
    assert low < mean == 62.5 < high and increase.lines[1].get_xdata()[0] == 100
    np.testing.assert_allclose(curves.lines[0].get_ydata(), [0.9, 0.5, 0.1])
    assert figure._repr_png_()[:4] == b"\x89PNG"


def test_maps_side_by_side() -> None:
    figure = compared(examples()).figure()
    assert figure.shape[0] > 2 * 160 and figure.shape[1] > 3 * 100
    with pytest.raises(InputError, match="no image whose maps"):
        compared().figure()


def test_nothing_compared_is_shown_too() -> None:
    none = ComparisonReport([])
    assert "Comparison of nothing on 0 images" in none._repr_html_() and len(none.to_frame()) == 0
    assert repr(compared()) == f"<Comparison of {HOSTILE}, other on 6 images>"


def test_it_is_pickled_without_its_pictures() -> None:
    again = pickle.loads(pickle.dumps(compared(examples())))
    assert again.examples[0].source is None and math.isclose(again.estimates["other"]["drop"].value, 62.5)
    assert again.figure().size and copy.deepcopy(again).images
