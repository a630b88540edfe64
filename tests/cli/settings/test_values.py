"""Settings as options take them, and those that a file may not make which was found and not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.settings import going_to, refused, taken
from support.systems import link

MODEL = 'model = "m"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a repository's root, and the current one."""
    (tmp_path / "here" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def write(text: str) -> None:
    Path("xai-cam.toml").write_text(MODEL + text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("opacity = 0.25", "opacity", "0.25"),
        ("opacity = 1", "opacity", "1.0"),
        ('opacity = "1"', "opacity", "1.0"),
        ('size = "2x3"', "size", "2 3"),
        ("class = 7", "classes", "7"),
        ('class = [7, "cat"]', "classes", "7 cat"),
        ('labels = "none"', "labels", "none"),
        ('labels = "a/../l.txt"', "labels", str(Path("a/../l.txt"))),
        ('[explain]\nresults = "-"', "results", "-"),
    ],
)
def test_what_is_taken(text: str, name: str, value: str) -> None:
    write(text)
    assert taken()[name] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fit = "crap"', "xai-cam.toml: fit: 'crap' is not one of 'stretch', 'crop'."),
        ("opacity = 2", "xai-cam.toml: opacity: 2.0 is not in the range 0<=x<=1."),
        ("size = 224", "xai-cam.toml: size: '224' is not a size. Write height x width, such as 224x224."),
        ("size = [2, 3]", "xai-cam.toml: size: the option takes one value. Write it without brackets."),
        ('fit = ""', "xai-cam.toml: fit: '' is no text and no number. Write one, or leave the key out."),
        ("fit = []", "xai-cam.toml: fit: [] is no text and no number."),
        ("fit = 1979-05-27", "xai-cam.toml: fit: datetime.date(1979, 5, 27) is no text and no number."),
        ("fit = true", "xai-cam.toml: fit: the option takes a value. Write that in place of true or false."),
        ('recursive = "yes"', "xai-cam.toml: recursive: 'yes' is neither true nor false. Write one of them."),
        ('[explain]\nfit = "crap"', "xai-cam.toml, [explain]: fit: 'crap' is not one of"),
    ],
)
def test_what_no_option_takes(text: str, message: str) -> None:
    write(text)
    assert message in refused("explain")


def test_a_wrong_variable_is_named() -> None:
    assert refused("explain", "-m", "m", XAI_CAM_FIT="crap").startswith("XAI_CAM_FIT: 'crap' is not one of")
    assert refused("explain", "-m", "m", XAI_CAM_EXPLAIN_RECURSIVE="x").startswith(
        "XAI_CAM_EXPLAIN_RECURSIVE:"
    )


def test_paths_are_relative_to_the_file_and_variables_to_the_current_folder(folder: Path) -> None:
    write('labels = "l.txt"\noutput = "maps"\n[explain]\nresults = "rows.csv"\n')
    with going_to(Path("a/b")):
        found = taken()
        assert [found[name] for name in ("model", "labels", "output", "results")] == [
            str(Path("../..") / name) for name in ("m", "l.txt", "maps", "rows.csv")
        ]
        assert taken(XAI_CAM_LABELS="l.txt")["labels"] == "l.txt"
        assert taken("--labels", "l.txt")["labels"] == "l.txt"
    write(f'labels = "{(folder / "l.txt").as_posix()}"\n')
    assert taken()["labels"] == str(folder / "l.txt")


def test_urls_stay_as_they_are_in_a_file_that_is_named(folder: Path) -> None:
    write('[explain]\nresults = "s3://bucket/rows.csv"\n')
    assert taken("--config", str(folder / "xai-cam.toml"))["results"] == "s3://bucket/rows.csv"


def test_home_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    write('labels = "~/l.txt"\n')
    assert taken()["labels"] == str(folder / "l.txt")
    assert taken(XAI_CAM_LABELS="~/v.txt")["labels"] == str(folder / "v.txt")
    write('labels = "~nobody-of-this-name/l.txt"\n')
    assert taken()["labels"] == str(Path("~nobody-of-this-name/l.txt"))


HOSTILE = {
    "allow-unsafe = true": "runs code",
    "allow_unsafe = true": "runs code",
    'custom-objects = "evil.py"': "runs code",
    'limit = "seconds=99999"': "lets a model cost what it likes",
    'custom_objects = "package.evil"': "runs code",
    "[explain]\nallow-unsafe = true": "runs code",
    'default-profile = "p"\n[profile.p]\ncustom-objects = "evil.py"': "runs code",
    "overwrite = true": "replaces files",
    'from-file = "list.txt"': "leads out of its folder",
    "follow-links = true": "leads out of its folder",
    'output = ".."': "leads out of its folder",
    'output = "/tmp"': "leads out of its folder",
    'output = "s3://bucket/maps"': "leads to another computer",
    'labels = "s3://bucket/labels.txt"': "leads to another computer",
    '[explain]\nresults = "S3://bucket/rows.csv"': "leads to another computer",
    'output = "~"': "leads out of its folder",
    'output = "link"': "leads out of its folder",
    'output = "a/../../b"': "leads out of its folder",
    '[explain]\nresults = "../rows.csv"': "leads out of its folder",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_folder_of_a_stranger_does_nothing_to_others(text: str, folder: Path) -> None:
    link(Path("link"), folder.parent)
    write(text)
    message = refused("explain").replace("\n", " ")
    assert f" {HOSTILE[text]}, which a file may not that was found and not named." in message
    assert message.endswith("Name it, if you trust it: --config xai-cam.toml")
    if "link" not in text:
        assert taken("--config", "xai-cam.toml"), "its user may"


def test_what_the_command_line_says_is_the_users(folder: Path) -> None:
    write('output = ".."\nallow-unsafe = false\noverwrite = false\n')
    assert taken("-o", "maps")["output"] == "maps"
    write("")
    variables = {"XAI_CAM_ALLOW_UNSAFE": "1", "XAI_CAM_OUTPUT": str(folder.parent), "XAI_CAM_OVERWRITE": "1"}
    assert {"allow_unsafe", "output", "overwrite"} <= taken(**variables).keys()


def test_below_the_folder_of_the_file_outputs_stay_in_it() -> None:
    write('output = "maps"\n')
    with going_to(Path("a/b")):
        assert taken()["output"] == str(Path("../../maps"))
