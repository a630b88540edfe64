"""Consoles that lack most letters: no command fails over a name in Japanese, before its work or after it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from support.bounded import cost_of
from xai_cam.cli import main
from xai_cam.cli.settings.layout import commands_of

Files = tuple[Path, Path]

PLACE = "日本 é 🐈"
LABELS = ("猫", "é", "🐈")
MODEL = ("-m", f"{PLACE}/model.json", "-w", f"{PLACE}/model.weights.h5")
NAMED = (*MODEL, "--labels", f"{PLACE}/names.txt")
PHOTOS = f"{PLACE}/photos"

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "compare": (
        (*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/panels", "--method", "grad-cam", "--steps", "0"),
        (*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/panels", "--method", "grad-cam", "--steps", "0", "--json"),
    ),
    "config": ((), ("--json",), ("explain",), ("--json", "explain")),
    "convert": (
        (*MODEL, "-o", f"{PLACE}/neu.keras", "--overwrite"),
        (*MODEL, "-o", f"{PLACE}/neu.json", "--json", "--overwrite"),
    ),
    "doctor": ((),),
    "evaluate": (
        (*NAMED, PHOTOS),
        (*NAMED, PHOTOS, "--json"),
        (*NAMED, PHOTOS, "--only", "wrong"),
        (*NAMED, PHOTOS, "--results", "-"),
        (*NAMED, PHOTOS, "--try-preprocess"),
    ),
    "explain": (
        (*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/maps", "--dry-run"),
        (*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/maps", "--results", "-"),
        (*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/maps", "-c", "猫", "--report", f"{PLACE}/report.html"),
    ),
    "features": ((*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/features", "--results", "-"),),
    "init": ((*NAMED, "-o", f"{PLACE}/new.toml", "--overwrite"),),
    "kernels apply": (("--fir", "box", "-r", PHOTOS, "-o", f"{PLACE}/filtered", "--results", "-"),),
    "kernels edit": (
        (*NAMED, "--zero", "conv_1:0", "-o", f"{PLACE}/edited", "--overwrite", "-r", PHOTOS),
        (*NAMED, "--rank", "-r", PHOTOS),
    ),
    "kernels prepend": ((*NAMED, "--fir", "box", "-o", f"{PLACE}/prepended", "--overwrite", "-r", PHOTOS),),
    "kernels show": (MODEL, (*MODEL, "--json"), (*MODEL, "--picture", "-o", f"{PLACE}/kernels")),
    "layers": (MODEL, (*MODEL, "--all"), (*MODEL, "--json")),
    "merge": (
        (f"{PLACE}/猫.csv", "-o", f"{PLACE}/all.csv"),
        (f"{PLACE}/猫.csv", "-o", f"{PLACE}/all.csv", "--overwrite", "--json"),
    ),
    "methods": ((), ("--json",)),
    "sanity": ((*NAMED, "-r", PHOTOS, "-o", f"{PLACE}/sanity", "--draws", "1", "--method", "grad-cam"),),
}
"""By command: what it is called with."""


@pytest.fixture
def place(
    tiny_files: Files, tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder of such a name with all that the commands read; the cache lies in it too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / PLACE / "cache"))
    shutil.copytree(tiny_files[0].parent, PLACE)
    for seed, label in enumerate(LABELS):
        make_photo(Path(PHOTOS, label, f"{label} {seed}.png"), seed=seed)
    Path(PLACE, "names.txt").write_text("\n".join(LABELS), encoding="utf-8")
    Path("xai-cam.toml").write_text(
        f'default-profile = "{PLACE}"\n[profile."{PLACE}"]\nmodel = "{PLACE}/model.json"\n', encoding="utf-8"
    )
    return tmp_path


def call(code_page: str, *words: str) -> Result:
    """`xai-cam` on a console of that code page, which takes no other letters."""
    return CliRunner(charset=code_page).invoke(main, words, catch_exceptions=False)


@pytest.mark.parametrize("path", sorted(set(commands_of(main)) - {"demo"}))
def test_every_command_on_a_western_console(path: str, place: Path) -> None:
    if path == "merge":
        shard = ("--shard", "1/1", "--results", f"{PLACE}/猫.csv")
        assert call("cp1252", "evaluate", *NAMED, PHOTOS, *shard).exit_code == 0
    for arguments in COMMANDS[path]:
        result = call("cp1252", *path.split(), *arguments)
        assert result.exit_code == 0, (arguments, result.stderr)
        if "--json" in arguments and path != "convert":
            assert json.loads(result.stdout_bytes.decode("cp1252"))


@pytest.mark.parametrize("code_page", ["cp932", "ascii"])
@pytest.mark.parametrize("path", ["config", "convert", "evaluate", "kernels show", "methods"])
def test_others_on_consoles_that_have_less(path: str, code_page: str, place: Path) -> None:
    for arguments in COMMANDS[path]:
        result = call(code_page, *path.split(), *arguments)
        assert result.exit_code == 0, (arguments, result.stderr)
        assert "--only" in arguments or result.stdout_bytes.decode(code_page), "names are bytes, all else not"


def test_what_a_console_has_is_shown(place: Path) -> None:
    """And the rest as it can be written in Python."""
    words = ("explain", *NAMED, "-r", PHOTOS, "-o", "maps", "--dry-run")
    western, japanese = (call(page, *words).stdout_bytes.decode(page) for page in ("cp1252", "cp932"))
    assert "\\u65e5\\u672c é \\U0001f408" in western and "日本 \\xe9 \\U0001f408" in japanese


def test_a_process_of_its_own(place: Path) -> None:
    """With streams of its own, as users have them: the first of these commands failed after its work."""
    for words in (("convert", *MODEL, "-o", f"{PLACE}/日本.keras"), ("demo", "--help")):
        done = cost_of(*words, cwd=Path(), PYTHONIOENCODING="cp1252:strict", PYTHONUTF8="0")
        assert done.code == 0 and "Traceback" not in done.stderr
    assert Path(PLACE, "日本.keras").is_file()


@pytest.mark.skipif(os.name == "nt", reason="says itself what a console of Windows does")
def test_a_console_of_windows_keeps_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a handle there, which would be closed when another takes its number."""
    from xai_cam.cli import process

    led: list[tuple[int, int]] = []
    monkeypatch.setattr(process.os, "dup2", lambda *numbers: led.append(numbers))
    monkeypatch.setattr(process.os, "name", "nt")
    monkeypatch.setattr(process.sys.stderr, "isatty", lambda: True, raising=False)
    with process.quiet_start():
        pass
    assert not led
    monkeypatch.setattr(process.sys.stderr, "isatty", lambda: False, raising=False)
    with process.quiet_start():
        pass
    assert len(led) == 2, "elsewhere it is led away and back"
