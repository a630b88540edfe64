"""Messages of the library as the command line shows them: with options for arguments, and exit codes."""

from __future__ import annotations

import ast
import re

import click

from xai_cam.errors import InputError, ModelError, NoImagesError, XaiCamError
from xai_cam.files.visible import shortened, visible
from xai_cam.shell import quoted

EXIT_CODES: dict[type[XaiCamError], int] = {InputError: 2, ModelError: 3, NoImagesError: 4}
"""Error -> exit code of the command; 1 for any other error."""

OPTIONS = {
    "against": "--against",
    "allow_unsafe": "--allow-unsafe",
    "append": "--append",
    "as_json": "--json",
    "baseline": "--baseline",
    "batch_size": "--batch-size",
    "boxes": "--boxes",
    "by": "--by",
    "channel_order": "--channel-order",
    "channels_by": "--channels-by",
    "chunk_size": "--chunk-size",
    "classes": "--class",
    "colormap": "--colormap",
    "components": "--components",
    "charts": "--charts",
    "combine": "--planes",
    "custom_objects": "--custom-objects",
    "depth": "--depth",
    "device": "--device",
    "draws": "--draws",
    "engine": "--engine",
    "executor": "--executor",
    "extra": "--extra",
    "fail_fast": "--fail-fast",
    "enlarge": "--enlarge",
    "file_format": "--format",
    "fit": "--fit",
    "follow_links": "--follow-links",
    "frame": "--frame",
    "fuse": "--fuse",
    "call": "--call",
    "gpus_per_worker": "--gpus-per-worker",
    "head": "--head",
    "image_input": "--image-input",
    "reshape": "--reshape",
    "inside": "--inside",
    "kernel_size": "--kernel-size",
    "labels": "--labels",
    "layer": "--layer",
    "layers": "--layer",
    "like": "--like",
    "limit": "--limit",
    "margin": "--margin",
    "masks": "--masks",
    "max_channels": "--max-channels",
    "tolerance": "--tolerance",
    "max_pixels": "--max-pixels",
    "measures": "--measures",
    "method": "--method",
    "methods": "--method",
    "model": "--model",
    "multiply": "--multiply",
    "only": "--only",
    "animation": "--animation",
    "blend": "--blend",
    "sheet": "--sheet",
    "theme": "--theme",
    "threshold": "--threshold",
    "opacity": "--opacity",
    "output": "--output",
    "output_name": "--output-name",
    "region": "--region",
    "overwrite": "--overwrite",
    "part": "--part",
    "patch": "--patch",
    "precision": "--precision",
    "preprocess": "--preprocess",
    "ray_address": "--ray-address",
    "recursive": "--recursive",
    "report": "--report",
    "resize_with": "--resize-with",
    "shard": "--shard",
    "shrink_on_load": "--shrink-on-load",
    "results": "--results",
    "saves": "--save",
    "scale": "--scale",
    "score": "--score",
    "samples": "--samples",
    "seed": "--seed",
    "smooth": "--smooth",
    "set": "--set",
    "show_bands": "--show-bands",
    "sign": "--sign",
    "size": "--size",
    "specs": "--fir",
    "steps": "--steps",
    "stride": "--stride",
    "target": "--class",
    "target_class": "--class",
    "top": "--top",
    "truth": "--truth",
    "weights": "--weights",
    "workers": "--workers",
    "window": "--window",
    "xla": "--xla",
    "zero": "--zero",
    "Replace": "--set",
    "Scale": "--multiply",
    "Zero": "--zero",
}
"""Arguments of the library, and edits of kernels -> the options that carry them."""

IN_WORDS = {
    "custom_objects={name: class}": "--custom-objects, as a module or a .py file",
    "custom_objects={name: function}": "--custom-objects, as a module or a .py file",
    "size=(height, width)": "--size HxW",
    "window=(low, high)": "--window LOW:HIGH",
}
"""Arguments whose values the command line takes in another form -> the text to print."""

ARGUMENT = re.compile(r"""`(?P<name>\w+)(?:=(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^`]*))?`""")
"""An argument as the library names it, with or without its value; a value in quotes may hold backticks."""

PAIR = re.compile(r"\((\d+), (\d+)\)")


def as_click(error: XaiCamError) -> click.ClickException:
    """The same error as click prints it: `Error: ...`, without a traceback."""

    class Shown(click.ClickException):
        exit_code = exit_code_of(type(error))

    return Shown(shortened(visible(with_options(error.message))))


def exit_code_of(kind: type[XaiCamError]) -> int:
    """The exit code of a command that ends with such an error."""
    return next((code for known, code in EXIT_CODES.items() if issubclass(kind, known)), 1)


def with_options(message: str) -> str:
    """A message with `` `device="cpu"` `` written as `--device cpu`; other text stays as it is."""
    return ARGUMENT.sub(_option, message)


def _option(match: re.Match[str]) -> str:
    whole, name, value = match[0], match["name"], match["value"]
    if whole.strip("`") in IN_WORDS:
        return IN_WORDS[whole.strip("`")]
    if name not in OPTIONS:
        return whole
    return OPTIONS[name] if value in (None, "True") else f"{OPTIONS[name]} {_for_a_shell(value)}"


def _for_a_shell(value: str) -> str:
    """A value of Python as the option takes it: `"a b"` -> `'a b'`, `(224, 160)` -> `224x160`."""
    if pair := PAIR.fullmatch(value):
        return f"{pair[1]}x{pair[2]}"
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value  # it stands for one: N
    return quoted(",".join(map(str, found)) if isinstance(found, tuple) else str(found))
