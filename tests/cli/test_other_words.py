"""Words for options that we do not have: the error names ours."""

from __future__ import annotations

import pytest

from tests.support.commands import run
from xai_cam.cli import OTHER_WORDS, main


@pytest.mark.parametrize(
    ("command", "option", "ours"),
    [(c, option, ours) for c, words in OTHER_WORDS.items() for option, ours in words.items()],
)
def test_the_error_names_our_word(command: str, option: str, ours: str) -> None:
    kernels = main.commands["kernels"].commands  # type: ignore[attr-defined]
    path = ["kernels", command] if command in kernels else [command]
    known = (kernels if command in kernels else main.commands)[command]
    assert ours in {name for param in known.params for name in param.opts}, "one that there is"
    result = run(*path, option, "1")
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: No such option '{option}'. Did you mean '{ours}'?\n")


def test_any_other_word_is_clicks_to_refuse() -> None:
    result = run("explain", "--colourmap", "turbo")
    assert result.exit_code == 2 and "No such option" in result.stderr and "'--colormap'" in result.stderr
