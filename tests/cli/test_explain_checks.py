"""What is asked of outputs that are not written is refused in one sentence, with what to add."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from xai_cam.cli.explain_checks import check_boxes, check_looks
from xai_cam.errors import InputError
from xai_cam.runs.request import Request


def test_coco_needs_boxes() -> None:
    for results in (None, "-", "rows.csv", "rows.jsonl"):
        check_boxes(results, Request())
    check_boxes("all.JSON", Request(saves=("overlay", "boxes")))
    with pytest.raises(InputError, match="Add boxes to --save"):
        check_boxes("all.JSON", Request())


@pytest.mark.parametrize(
    ("name", "saves", "message"),
    [
        ("threshold", ("overlay",), "--threshold is for figures, masks, boxes. Add boxes to --save."),
        ("threshold", ("mask",), ""),
        ("components", ("figure",), ""),
        ("marks", ("boxes",), "--mark is for figures. Add figure to --save."),
    ],
)
def test_looks(name: str, saves: tuple[str, ...], message: str) -> None:
    names = ("grid", "marks", "theme", "animation", "threshold", "components")
    context = click.Context(click.Command("explain"))
    for one in names:
        source = click.core.ParameterSource
        context.set_parameter_source(one, source.COMMANDLINE if one == name else source.DEFAULT)
    with context:
        if message:
            with pytest.raises(InputError, match=message):
                check_looks(Request(saves=saves), sheet=bool(Path()))
        else:
            check_looks(Request(saves=saves))
