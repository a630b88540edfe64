"""--help in sections, whatever decorators an option is from, and flags that can be taken back."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click
import pytest
from click.testing import CliRunner

from support.commands import run
from xai_cam.cli import SECTIONS, main
from xai_cam.cli.commands import ALONE, Command, Group, negation_of, section_of
from xai_cam.cli.groups import group, section, together
from xai_cam.cli.sections import LOOKS, MODEL, key_of
from xai_cam.cli.settings.layout import commands_of


@dataclass(frozen=True)
class Anything:
    """A record of whichever options."""

    head: str | None = None
    save: str | None = None
    blend: str | None = None


def help_of(*words: str) -> dict[str, list[str]]:
    """Title -> the options or commands that --help lists below it."""
    result = run(*words, "--help")
    assert result.exit_code == 0
    found: dict[str, list[str]] = {}
    for title, body in re.findall(r"^(\S.*):\n((?:  .*\n?)+)", result.stdout, re.MULTILINE):
        found[title] = [line.split()[0].rstrip(",") for line in re.findall(r"^  (\S.*)", body, re.MULTILINE)]
    return found


def test_the_sections_of_explain() -> None:
    found = help_of("explain")
    titles = ["Model", "What to explain", "Images", "Outputs", "Looks", "Machine", "Run"]
    assert list(found) == titles
    assert {"-m", "-w", "--labels", "--allow-unsafe"} <= set(found["Model"])
    assert {"-l", "-c", "--method", "--score"} <= set(found["What to explain"])
    assert {"--preprocess", "-r", "--include", "--only", "--from-file"} <= set(found["Images"])
    assert {"-o", "--save", "--format", "--results", "--report"} <= set(found["Outputs"])
    assert {"--colormap", "--opacity", "--enlarge", "--blend", "--grid", "--theme"} <= set(found["Looks"])
    assert {"-b", "--engine", "--device"} <= set(found["Machine"])
    assert {"--overwrite", "--dry-run", "-q", "--config", "--profile", "-h"} <= set(found["Run"])


@pytest.mark.parametrize("path", commands_of(main))
def test_no_option_is_left_out(path: str) -> None:
    listed = [name for names in help_of(*path.split()).values() for name in names]
    options = [p.opts[0] for p in commands_of(main)[path].params if isinstance(p, click.Option)]
    assert sorted(listed) == sorted([*options, "-h"])


def test_an_option_lies_where_its_group_does() -> None:
    @click.command(cls=Command)
    @group("model", Anything, click.option("--head"))
    @group("picture", Anything, section(LOOKS, click.option("--blend")), click.option("--save"))
    @section(MODEL, click.option("--a"), section(LOOKS, click.option("--b")))
    @together(click.option("--own"), click.option("--results"))
    def draw(**_: object) -> None: ...

    sections = {key_of(param): section_of(param) for param in draw.params if isinstance(param, click.Option)}
    assert sections == {
        "head": "Model",
        "blend": "Looks",
        "save": "Outputs",
        "a": "Model",
        "b": "Looks",
        "own": "",
        "results": "Outputs",
        "config": "Run",
        "profile": "Run",
    }
    assert draw.heading == "What to draw"


def test_few_options_need_no_headings() -> None:
    assert list(help_of("methods")) == ["Options"] == list(help_of("doctor"))


def test_all_descriptions_stand_in_one_column() -> None:
    text = run("explain", "--help").stdout.partition("Model:")[2]
    starts = {len(match[0]) for match in re.finditer(r"^ {20,}(?=\S)", text, re.MULTILINE)}
    assert starts == {34}


def test_commands_stand_in_their_sections_with_whole_summaries() -> None:
    found = help_of()
    assert list(found) == ["Options", *SECTIONS], "and none is left over"
    assert sorted(name for title in SECTIONS for name in found[title] if name in main.commands) == sorted(
        main.commands
    )
    text = " ".join(run("--help").stdout.split())
    assert "..." not in text.replace("[ARGS]...", "")
    assert "List the layers and operations that can be explained; a star marks the default." in text
    assert "-m my_model.keras photos/" in text and "labels.txt beside the model" in text


def test_a_command_without_a_section_is_listed_all_the_same() -> None:
    @click.group(cls=Group, sections={"First": ["one", "gone"]})
    def tool() -> None: ...

    for name in ("one", "two"):
        tool.add_command(click.Command(name, help=f"{name} thing."))
    text = CliRunner().invoke(tool, ["--help"]).output
    assert text.endswith("First:\n  one  one thing.\n\nCommands:\n  two  two thing.\n")


@pytest.mark.parametrize("path", [*commands_of(main), "doctor", "init", "config", "completion"])
def test_every_command_has_examples(path: str) -> None:
    assert f"Examples:\n      xai-cam {path}" in run(*path.split(), "--help").stdout or (
        path == "completion" and "Examples:" in run("completion", "--help").stdout
    )


def test_flags_can_be_taken_back() -> None:
    seen = []

    @click.command(cls=Command)
    @click.option("-r", "--recursive", is_flag=True)
    @click.option("--no-cache", is_flag=True)
    @click.option("--json", is_flag=True)
    @click.option("--no-json", is_flag=True)
    def act(**given: bool) -> None:
        seen.append(given)

    done = CliRunner().invoke(act, ["-r", "--no-recursive", "--no-cache", "--cache", "--no-json"])
    assert done.exit_code == 0, done.output
    assert seen == [{"recursive": False, "no_cache": False, "json": False, "no_json": True}]
    assert "--no-recursive" not in CliRunner().invoke(act, ["--help"]).output
    assert negation_of(click.Option(["-r", "--recursive"])) == "--no-recursive"
    assert negation_of(click.Option(["--no-cache"])) == "--cache"


def test_options_that_stand_alone_are_options() -> None:
    keys = {key_of(param) for command in commands_of(main).values() for param in command.params}
    assert ALONE.keys() - keys <= {"help", "append", "sheet"}
