"""The lines of a dry run."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.cli.dry_run import show_outlook
from xai_cam.errors import OutputError
from xai_cam.images.finding import Found

FOUND = Found(
    failures={Path("gone.png"): "use `recursive=True`"}, own_outputs=2, passed_over={Path("x.png"): "a pipe"}
)


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [(Path("a.png"), Path("a_x.png"), "to do"), (Path("b.png"), Path("b_x.png"), "use `output`")]
    show_outlook(outputs, FOUND, "-")
    told = capsys.readouterr()
    assert (
        told.out == "gone.png (use --recursive)\na.png -> a_x.png (to do)\nb.png -> b_x.png (use --output)\n"
    )
    assert told.err == "Left out x.png (a pipe).\n"
    show_outlook([], FOUND, quiet=True)
    assert not capsys.readouterr().err


def test_a_table_that_cannot_be_written_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OutputError, match="No such file"):
        show_outlook([], FOUND, str(tmp_path / "nowhere" / "rows.csv"))
    assert not capsys.readouterr().out
