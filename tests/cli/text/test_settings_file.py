"""The text of a settings file: TOML that says what was concluded, whatever a model's layers are called."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomllib

from xai_cam.cli.text.settings_file import (
    Entry,
    as_toml,
    beside,
    entries_of_looks,
    file_text,
    in_one_line,
    profile_text,
    toml_key,
)
from xai_cam.errors import InputError

ODD = [
    'a "b"',
    "a\\b",
    "tab\tand\nline",
    "\x00\x1f\x7f\x85\u2028",
    "кот 猫 🐈",
    "[x]",
    "# no comment",
    "='''",
]


@pytest.mark.parametrize("text", ODD)
def test_any_text_comes_back(text: str) -> None:
    assert tomllib.loads(f"x = {as_toml(text)}") == {"x": text}
    assert tomllib.loads(f"{toml_key(text)} = 1") == {text: 1}
    assert tomllib.loads(f"# {in_one_line(text)}\nx = 1") == {"x": 1}


def test_values() -> None:
    assert [as_toml(value) for value in (True, 3, 0.5, ["a", "b"], Path("a/b"))] == [
        "true",
        "3",
        "0.5",
        '["a", "b"]',
        '"a/b"',
    ]
    with pytest.raises(InputError, match="no text in UTF-8"):
        as_toml("a\udcffb")


def test_no_layer_can_set_an_option() -> None:
    evil = 'relu"\n[explain]\nallow-unsafe = true\n#'
    entries = [Entry("layer", evil, f"Layer {evil}"), Entry("preprocess", evil, evil, live=False)]
    text = file_text(evil, profile_text(evil, entries, evil))
    assert tomllib.loads(text) == {"default-profile": evil, "profile": {evil: {"layer": evil}}}


def test_what_is_off_is_a_comment() -> None:
    text = profile_text(
        "cats", [Entry("a", 1, "One."), Entry("b", 2, "`preprocess` of 2.", live=False)], "It."
    )
    assert text == "[profile.cats]\n# It.\n# One.\na = 1\n# --preprocess of 2.\n# b = 2\n"
    assert not any(entry.live for entry in entries_of_looks(["hot", "cold"]))


def test_paths_as_seen_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert beside(Path("m/model.json"), Path()) == "m/model.json"
    assert beside(Path("m/model.json"), Path("sets")) == "../m/model.json"
    assert beside(tmp_path / "m.keras", Path("a/b")) == "../../m.keras"
