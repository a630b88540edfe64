"""`xai-cam completion`: its scripts complete words in the shells themselves, as typed at a terminal."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import ROOT
from support.commands import clean_environment, run
from xai_cam.cli.completion import CHANGES

PROMPT = "PS1='> '"
SETUP = {
    "bash": [["bash", "--norc", "-i"], [PROMPT, 'eval "$(xai-cam completion bash)"']],
    "zsh": [
        ["zsh", "-f", "-i"],
        [PROMPT, "autoload -Uz compinit; compinit -u -D", 'eval "$(xai-cam completion zsh)"'],
    ],
}
"""How a shell is started without the user's own files, and what is typed first."""

SECONDS = 30


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables with `xai-cam` on the path, and a current folder with a model in a folder with a space."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "my models").mkdir()
    (tmp_path / "my models" / "cat.keras").touch()
    program = tmp_path / "bin" / "xai-cam"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m xai_cam "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    return clean_environment(PATH=path, TERM="dumb", HOME=str(tmp_path), PYTHONPATH=str(ROOT))


def typed(shell: str, keys: str, until: str, environment: dict[str, str]) -> str:
    """What a terminal shows when these keys are pressed, up to `until`."""
    import pty

    arguments, lines = SETUP[shell]
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover
        os.execvpe(arguments[0], arguments, environment)
    seen = ""

    def read(end: str) -> None:
        nonlocal seen
        late = time.monotonic() + SECONDS
        while end not in seen and time.monotonic() < late:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace")

    try:
        for line in [*lines, "echo re''ady"]:
            os.write(terminal, f"{line}\n".encode())
        read("ready\r\n")
        seen = ""
        os.write(terminal, keys.encode())
        read(until)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return seen


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
@pytest.mark.parametrize("shell", SETUP)
def test_the_tab_key(shell: str, environment: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    keys, last = "xai-cam explain --method grad-cam,hi\t-m my\tc\t", "cat.keras"
    shown = typed(shell, keys, last, environment)
    assert "--method grad-cam,hires-cam " in shown and r"-m my\ models/cat.keras" in shown


def test_fish(environment: dict[str, str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("there is no fish here")
    code = (
        "source (xai-cam completion fish | psub); complete -C 'xai-cam explain --method grad-cam,hi'; "
        r"complete -C 'xai-cam explain -m my\ models/'"
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["grad-cam,hires-cam", "my models/cat.keras"], done.stderr


NAMES = [
    "a$(touch${IFS}ran)",
    "a`touch ran`",
    "a;touch ran;.png",
    "a*",
    "a\\b",
    "a'b\"c",
    "a&touch ran|b",
    "~/a b;c",
    "a,b,",
    "plain/a.b-c_d",
]
"""What a layer or a file may be called, to the harm of a shell that takes it for a command."""


def test_bash_runs_no_name(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None or subprocess.run([bash, "-c", "((BASH_VERSINFO >= 4))"], check=False).returncode:
        pytest.skip("there is no bash of 4.0 or later here")
    program = tmp_path / "xai-cam"
    lines = "".join(f"plain,{name}\n" for name in NAMES)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}END\n", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "a-file").touch()
    (tmp_path / "script").write_text(run("completion", "bash").stdout, encoding="utf-8")
    code = """
        source ./script
        COMP_WORDS=(xai-cam explain a) COMP_CWORD=2
        _xai_cam_completion xai-cam
        eval "printf '%s\\n' ${COMPREPLY[*]}"
    """
    done = subprocess.run(
        [bash, "--norc", "-c", code],
        cwd=tmp_path,
        env=clean_environment(PATH=os.pathsep.join([str(tmp_path), os.environ["PATH"]]), HOME="/home/me"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == [name.replace("~", "/home/me") for name in NAMES], done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("shell", CHANGES)
def test_the_scripts_are_changed_where_it_is_needed(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0 and "_XAI_CAM_COMPLETE" in result.stdout
    for before, after in CHANGES[shell]:
        assert after in result.stdout and before not in result.stdout.replace(after, "")


def test_another_shell() -> None:
    result = run("completion", "tcsh")
    assert result.exit_code == 2 and "'tcsh' is not one of 'bash', 'zsh', 'fish'" in result.stderr
