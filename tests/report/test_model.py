"""What a page knows of all that is on it."""

from __future__ import annotations

from xai_cam.report.model import Asset, Curve, CurveChart, Item, Map, Page, SummaryRow


def picture(key: str) -> Asset:
    return Asset(key, f"{key}-thumb.jpg", f"{key}.jpg", 2, 1)


def test_variants_come_once_in_the_order_of_the_summary_then_as_they_come() -> None:
    page = Page(
        "t",
        (
            Item("a.jpg", "written", maps=(Map("d"), Map("a"), Map("c"))),
            Item("b.jpg", "written", maps=(Map("e"),)),
        ),
        summary=(SummaryRow("b", {}), SummaryRow("a", {})),
        curve_charts=(CurveChart("t", "x", "y", curves=(Curve("c", [], []), Curve("b", [], []))),),
    )
    assert page.variants == ("b", "a", "c", "d", "e")


def test_pictures_are_those_of_images_and_maps() -> None:
    page = Page(
        "t",
        (
            Item("a.jpg", "written", picture=picture("1"), maps=(Map("m", overlay=picture("2")), Map("n"))),
            Item("b.jpg", "failed"),
            Item("c.jpg", "written", maps=(Map("m", overlay=picture("3")),)),
        ),
    )
    assert [asset.key for asset in page.assets] == ["1", "2", "3"]


def test_an_empty_page() -> None:
    page = Page("t", ())
    assert (page.variants, list(page.assets)) == ((), [])
