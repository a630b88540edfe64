"""The command line: options and help texts; commands import their implementation when they run."""

from __future__ import annotations

import sys
from typing import Any

try:  # half a second of imports, in which a user may press Ctrl-C
    import click

    from xai_cam._version import __version__
    from xai_cam.cli.commands import Group
    from xai_cam.cli.console import INTERRUPTED
    from xai_cam.cli.errors import as_click
    from xai_cam.cli.lazily import Lazily
    from xai_cam.cli.printing import tell
    from xai_cam.cli.signals import ended_as_by_ctrl_c
    from xai_cam.cli.streams import StandardOutputError, lasting_streams
    from xai_cam.cli.values import COPIES
    from xai_cam.errors import XaiCamError
    from xai_cam.files.stores.urls import is_url
    from xai_cam.files.visible import visible
except KeyboardInterrupt:
    if sys.stderr is not None:
        sys.stderr.write("Interrupted.\n")
    sys.exit(130)  # `INTERRUPTED`, which may not be there yet


OTHER_WORDS = {
    "apply": {"--combine": "--planes", "--filter": "--filters", "--size": "--kernel-size"},
    "edit": {"--scale": "--multiply"},
    "evaluate": {"--report": "--charts"},
    "prepend": {"--input-size": "--size"},
    "sanity": {"--trials": "--draws"},
}
"""By command: names that other commands or tools have for an option -> the name here."""


def in_our_words(error: click.NoSuchOption) -> click.UsageError:
    """The same error, naming the right option where it is known."""
    command = error.ctx.info_name if error.ctx else None
    ours = OTHER_WORDS.get(command or "", {}).get(error.option_name)
    if ours is None:
        return error
    return click.UsageError(f"No such option {error.option_name!r}. Did you mean {ours!r}?", error.ctx)


def unanswered(error: OSError) -> XaiCamError:
    """What a store would not do, where nobody had words for it."""
    return XaiCamError(f"{error.filename}: {error.strerror or error}. Run the same command again.")


class Commands(Group):
    """Shows errors of the library as click does, and ends an interrupted run as shells expect it."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line, with globs left as they are written and streams that last."""
        # Windows: click would expand globs before we can mirror folders from them.
        kwargs.setdefault("windows_expand_args", False)
        with lasting_streams(), ended_as_by_ctrl_c():
            try:
                return super().main(*args, **kwargs)
            except StandardOutputError as error:  # click's own words: --help, --version
                tell(f"Error: Cannot write to standard output: {error.strerror}. Redirect it elsewhere.")
                sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors of the library and of click are shown in the command line's words."""
        try:
            return super().invoke(ctx)
        except XaiCamError as error:
            for copy, url in ctx.meta.get(COPIES, {}).items():
                error.message = error.message.replace(copy, url)
            raise as_click(error) from error
        except OSError as error:
            if not is_url(str(error.filename)):
                raise
            raise as_click(unanswered(error)) from None
        except click.NoSuchOption as error:
            raise in_our_words(error) from error
        except click.exceptions.NoArgsIsHelpError:
            raise  # its message is a whole --help
        except click.ClickException as error:
            vars(error)["message"] = visible(error.message)  # a name on the command line may be a stranger's
            raise
        except KeyboardInterrupt:
            tell("Interrupted.")
            sys.exit(INTERRUPTED)


SECTIONS = {
    "Heat maps": ("explain", "compare"),
    "Checks": ("evaluate", "sanity"),
    "Inside the model": ("layers", "features", "kernels"),
    "Getting started": ("demo", "init", "methods", "doctor"),
    "Tools": ("config", "completion", "convert", "merge"),
}


HOMES = {
    **{name: f"{__name__}.{name}" for names in SECTIONS.values() for name in names},
    **dict.fromkeys(("layers", "methods", "doctor"), f"{__name__}.inspect"),
}
"""Name of a command -> its module."""


@click.group(
    cls=Commands,
    sections=SECTIONS,
    commands=Lazily(HOMES),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="xai-cam %(version)s")
def main() -> None:
    """See what a trained Keras image model looked at: heat maps by Grad-CAM, Score-CAM and relatives.

    Start with `xai-cam demo`, or with your own model and images:

    \b
        xai-cam explain -m my_model.keras photos/
        xai-cam explain -m my_model.keras -o maps/ photos/
        xai-cam explain -m model.json -w weights.h5 photos/

    Names of the classes are taken from labels.txt beside the model, one per line.
    """
