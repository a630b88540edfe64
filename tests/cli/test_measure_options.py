"""Options of what is measured of maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from xai_cam.cam.baselines import BASELINES
from xai_cam.cli.measure_options import MeasureOptions, measure_options
from xai_cam.images.finding import ImageFile
from xai_cam.metrics.measures import PRESETS, USUAL


def measuring(*arguments: str) -> MeasureOptions:
    """The options that a command is called with."""
    seen: list[Any] = []

    @click.command()
    @measure_options
    def command(measuring: MeasureOptions) -> None:
        seen.append(measuring)

    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception:
        raise result.exception
    return seen[0]


def test_what_is_measured_where_nothing_is_named() -> None:
    assert measuring() == MeasureOptions()
    asked = measuring().of(Path("masks"), "all")
    assert asked.asked.names == USUAL and (asked.masks, asked.scale) == (Path("masks"), "all")
    assert asked.baselines == () and asked.names is None


def test_measures_are_named_between_commas_or_one_by_one() -> None:
    options = measuring("--measures", "gain, drop", "--measures", "entropy", "--baselines", "--steps", "7")
    asked = options.of(None, "own")
    assert asked.asked.names == ("drop", "gain", "entropy") and asked.asked.steps == 7
    assert asked.baselines == tuple(BASELINES)
    assert measuring("--measures", "adcc,max-sensitivity").measures == ("adcc", "max_sensitivity")
    assert measuring("--measures", "all").of(None, "own").asked.names == PRESETS["all"]


def test_boxes_are_read_when_images_are_known(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("image,x0,y0,x1,y1\na,1,2,3,4\n", encoding="utf-8")
    images = [ImageFile(Path("a.png"), Path())]
    options = measuring("--boxes", str(tmp_path / "b.csv"))
    asked = options.of(None, "own")
    found = options.with_boxes(asked, images)
    assert found.boxes is not None and found.boxes.of(images[0]) is not None and asked.boxes is None
    assert measuring().with_boxes(asked, images) is asked


def test_a_measure_that_there_is_not() -> None:
    with pytest.raises(click.BadParameter, match="'depth' is none of the choices"):
        measuring("--measures", "drop,depth")
