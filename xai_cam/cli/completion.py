"""`xai-cam completion`: the script that makes a shell complete xai-cam's commands."""

from __future__ import annotations

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.printing import say

PROGRAM, VARIABLE = "xai-cam", "_XAI_CAM_COMPLETE"

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "fish": (('string split ","', 'string split --max 1 ","'),),
    "bash": (
        (
            "for completion in $response; do",
            """local lines type value
    mapfile -t lines <<< "$response"
    for completion in "${lines[@]}"; do""",
        ),
        (
            """IFS=',' read type value <<< "$completion\"""",
            """type=${completion%%,*} value=${completion#*,}""",
        ),
        (
            "COMPREPLY+=($value)",
            """if [[ ! $value =~ ^[A-Za-z0-9_./:=,+@%~-]*$ ]]; then
                local home=
                [[ $value =~ ^(~[A-Za-z0-9_.-]*/) ]] && home=${BASH_REMATCH[1]}
                printf -v value %q "${value#"$home"}"
                [[ $value == \\$* ]] && continue
                value=$home$value
            fi
            [[ $value == */ ]] && compopt -o nospace
            COMPREPLY+=("$value")""",
        ),
    ),
    "zsh": (
        (
            "compadd -U -V unsorted -a completions",
            """compadd -U -V unsorted -- ${completions:#*/}
        compadd -U -V unsorted -S '' -- ${(M)completions:#*/}
        return 0""",
        ),
    ),
}
"""By shell: parts of click's script, and what replaces them.

No space follows a folder, and commas are kept. bash inserts what it is given as it stands, and a layer or a
file may be called anything, `$(rm -r x)` too: so all that is not plain is quoted (zsh and fish do that), and
no line is split or taken for a glob. A name that bash would write as `$'...'` is left out, which in an open
quote would end that.
"""


@click.command(cls=Command, settings=False)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes a shell complete commands, options and their values.

    Options, methods, layers of the model, classes, profiles and files of the right kind are completed
    with the Tab key. Write the script to a file that the shell reads when it starts, or:

    \b
    Examples:
        echo 'eval "$(xai-cam completion bash)"' >> ~/.bashrc
        echo 'eval "$(xai-cam completion zsh)"' >> ~/.zshrc
        xai-cam completion fish > ~/.config/fish/completions/xai-cam.fish
    """
    for line in script(ctx.find_root().command, shell).splitlines():
        say(line)


def script(root: click.Command, shell: str) -> str:
    """The script for a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(root, {}, PROGRAM, VARIABLE)
    text = made.source_template % made.source_vars()  # `source` would start bash to ask for its version
    for before, after in CHANGES[shell]:
        text = text.replace(before, after)
    return text
