"""The page on Python names what the package has; that its code runs is tested with all other blocks."""

from __future__ import annotations

import re

from support import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def test_every_public_name_of_the_page_is_there() -> None:
    import xai_cam

    used = set(re.findall(r"xai_cam\.(\w+)", PAGE))
    used |= {name for names in re.findall(r"from xai_cam import (.*)", PAGE) for name in names.split(", ")}
    assert used and used <= {*dir(xai_cam), "keras"}


def test_every_public_name_is_in_the_reference() -> None:
    import xai_cam

    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    tables = {"METHODS", "METRICS", "BASELINES", "__version__"}
    assert set(re.findall(r"^::: xai_cam\.(\w+)$", page, re.MULTILINE)) | tables == set(xai_cam.__all__)
