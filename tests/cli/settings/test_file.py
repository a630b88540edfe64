"""The settings file: where it is looked for, and which ones are refused, with the nearest right word."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from support.settings import call, going_to, refused, taken, tool
from support.systems import pipe
from xai_cam.cli.settings.file import MAX_BYTES, find_settings, open_settings, parse_text
from xai_cam.errors import InputError

MODEL = 'model = "m.keras"\n'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder in which the tests work; it is the current folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, path: str = "xai-cam.toml") -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def test_it_is_looked_for_in_the_folders_above_up_to_home() -> None:
    assert find_settings() is None
    write(MODEL, "a/xai-cam.toml")
    with going_to(Path("a/b/c")):
        assert find_settings() == Path("../../xai-cam.toml")
        assert taken()["model"] == str(Path("../../m.keras"))
        write(MODEL, "../xai-cam.toml")
        assert find_settings() == Path("../xai-cam.toml"), "the nearest one"
    assert find_settings() is None, "not in the folders below"


def test_nothing_above_home_or_a_repository_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write(MODEL)
    Path("clone/.git").mkdir(parents=True)
    with going_to(Path("clone/photos")):
        assert find_settings() is None
        write(MODEL, "../xai-cam.toml")
        assert find_settings() == Path("../xai-cam.toml"), "its root is looked into"
    monkeypatch.setenv("HOME", str(Path("house").absolute()))
    monkeypatch.setenv("USERPROFILE", str(Path("house").absolute()))
    with going_to(Path("house/room")):
        assert find_settings() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a current folder")
def test_a_folder_that_is_gone_has_none() -> None:
    with going_to(Path("gone")):
        Path("../gone").rmdir()
        assert find_settings() is None


def test_a_named_file_is_taken_in_place_of_the_found_one() -> None:
    write(MODEL)
    write('model = "other.keras"\n', "sets/other.toml")
    assert taken()["model"] == "m.keras"
    assert taken("--config", "sets/other.toml")["model"] == str(Path("sets/other.keras"))
    assert taken(XAI_CAM_CONFIG="sets/other.toml")["model"] == str(Path("sets/other.keras"))
    assert taken("--config", "xai-cam.toml", XAI_CAM_CONFIG="sets/other.toml")["model"] == "m.keras"
    assert "Missing option '-m'" in refused("explain", "--config", "none")
    assert "Missing option '-m'" in refused("explain", XAI_CAM_CONFIG="none")


def test_no_model_at_all_says_how_to_write_one_down() -> None:
    assert refused("explain") == (
        "Missing option '-m' / '--model'. Name a model, or write it down for good: `xai-cam init -m MODEL`."
    )


def test_help_answers_whatever_the_file_says() -> None:
    write("no toml")
    result = call("explain", "--help")
    assert result.exit_code == 0 and "--fit" in result.output
    write(f'{MODEL}fit = "crop"\nopacity = 0.25\n')
    assert "0.25" not in call("explain", "--help").output, "the defaults are the command's own"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fit = crop", "xai-cam.toml is not valid TOML (line 1, column 7: Invalid value). Correct it there."),
        ("[" * 5000, "xai-cam.toml is not valid TOML"),
        ("size = 9" + "9" * 5000, "xai-cam.toml is not valid TOML"),
        ("#" * (MAX_BYTES + 1), "The settings xai-cam.toml are larger than 64 kB."),
        ('ffit = "crop"', "xai-cam.toml: 'ffit' is no option. Did you mean 'fit'?"),
        (
            'default-profil = "a"',
            "'default-profil' is no option. Did you mean 'default-profile'?",
        ),
        ('labels = "a\\u0000b"', "xai-cam.toml: 'labels' has a control character in it"),
        ('[profile.p]\nlayer = ["a\\u0000b"]', "[profile.p]: 'layer' has a control character in it"),
        ('labels = "a\\u001b[2J"', "xai-cam.toml: 'labels' has a control character in it"),
        ('["a\\u001b[2J"]', r"xai-cam.toml: the name 'a\x1b[2J' has control characters. Rename it."),
        ('[profile."a\\u001b[2J"]', r"the name 'a\x1b[2J' has control characters. Rename it."),
        (f"{'a.' * 11}a = 1", "xai-cam.toml has a key with more than 10 dots"),
        (f"[{'a.' * 30_000}a]", "xai-cam.toml has a key with more than 10 dots"),
        (f"x = {'[' * 150}{']' * 150}", "xai-cam.toml: 'x' is no option"),
        (f"fit = {'[' * 150}{']' * 150}", "is no text and no number"),
        ("zzz = 1", "xai-cam.toml: 'zzz' is no option. See `xai-cam explain --help`"),
        ('config = "a"', "xai-cam.toml: 'config' is no option."),
        ('from_file = "a"\nfrom-file = "b"', "xai-cam.toml: 'from-file' is set twice. Leave one out."),
        ("[explian]\nfit = 1", "a table [explian], but there is no such command. Did you mean 'explain'?"),
        ("[profil.a]\nfit = 1", "a table [profil], but there is no such command. Did you mean 'profile'?"),
        ('[explain]\nlayr = "a"', "xai-cam.toml, [explain]: 'layr' is no option. Did you mean 'layer'?"),
        (
            '[kernels.show]\nopacity = "a"',
            "xai-cam.toml, [kernels.show]: 'opacity' is no option of this command. It is one of explain.",
        ),
        (
            "[kernels.sow]\nfit = 1",
            "[kernels]: 'sow' is none of its tables. There are [kernels.show].",
        ),
        ("[kernels]\nfit = 1", "xai-cam.toml, [kernels]: 'fit' is none of its tables."),
        ('[profile]\ncats = "a"', "'cats' in [profile] is no profile. Write a table [profile.cats]."),
        (
            "[profile.cats]\nfitt = 1",
            "toml, [profile.cats]: 'fitt' is no option. Did you mean 'fit'?",
        ),
        ('default-profile = "dogs"\n[profile.cats]', "xai-cam.toml has no profile 'dogs'. There are: cats."),
    ],
)
def test_what_no_command_knows_is_refused(text: str, message: str) -> None:
    write(text)
    assert message in refused("explain", "-m", "m.keras").replace("\n", " ")


def test_what_cannot_be_read_is_refused() -> None:
    assert refused("explain", "--config", "no.toml").startswith("Cannot read the settings no.toml: No such")
    Path("folder").mkdir()
    assert "are not a file" in refused("explain", "--config", "folder")
    Path("latin.toml").write_bytes(b'labels = "\xe4.txt"\n')
    assert "is not valid TOML" in refused("explain", "--config", "latin.toml")
    if hasattr(os, "mkfifo"):
        pipe("pipe.toml")
        assert "are not a file" in refused("explain", "--config", "pipe.toml"), "and nobody waits for it"


def test_keys_and_tables_are_sorted() -> None:
    write(
        '\ufeffrecursive = true\ndefault_profile = "a.b"\n[explain]\nfrom_file = "x"\n'
        '[kernels.show]\nlayer = "c"\n[profile."a.b"]\nmodel = "m"\n'
    )
    file = open_settings(None, tool)
    assert file is not None and file.found and file.folder == Path()
    assert file.general == {"recursive": True}
    assert file.own == {"explain": {"from-file": "x"}, "kernels show": {"layer": "c"}}
    assert file.profiles == {"a.b": {"model": "m"}} and file.default_profile == "a.b"
    assert open_settings("xai-cam.toml", tool) is not None
    with pytest.raises(InputError, match=r"has no profile 'a'\. There are: a\.b"):
        file.profile("a")


def test_text_is_parsed() -> None:
    assert parse_text(b"a = 1", Path("x")) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        'x = ["""a"""", {%s = 1}]',
        'x = ["""\nb""", {%s = 1}, "c"]',
        "x = ['''a'''', {%s = 1}, 'c']",
        "x = ['\\', {%s = 1}, '#']",
        '%s = "#"',
        "x = {y = 1, %s = 2} # '",
    ],
)
def test_dots_are_counted_where_they_are_in_keys(text: str) -> None:
    with pytest.raises(InputError, match="more than 10 dots"):
        parse_text((text % f"{'a. ' * 11}a").encode(), Path("x"))


@pytest.mark.parametrize("text", ['x = "%s"', "x = '%s'", 'x = """\n%s"""', "x = 1 # %s", "x = '''%s''' # '"])
def test_dots_in_texts_are_not(text: str) -> None:
    assert list(parse_text((text % ("a." * 20)).encode(), Path("x"))) == ["x"]


@pytest.mark.parametrize("text", ['"\\"', "'", '"', '"""\\', "\\", '"""a', "'''a", "#'\n", '"\\\n', "a."])
def test_no_file_takes_long(text: str) -> None:
    start = time.thread_time()
    with pytest.raises(InputError):
        parse_text((text * (60_000 // len(text)) + "\\").encode(), Path("x"))
    assert time.thread_time() - start < 2
