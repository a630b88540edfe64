"""The text of a settings file: a profile with what was concluded about a model, and why."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xai_cam.cli.errors import with_options
from xai_cam.errors import InputError, ModelError
from xai_cam.files.stores.fetched import origin_of
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.images.extra_sources import file_in

if TYPE_CHECKING:
    from xai_cam.models.input.feeding import Feeding

HEADER = """\
# Settings of xai-cam: options that the command line leaves out. `xai-cam config` shows what is in force.
# Paths are relative to this file. A line that begins with # is off.
"""

GUESS = "a guess: "


@dataclass(frozen=True)
class Entry:
    """A setting with the comment above it; one that is not `live` is commented out."""

    key: str
    value: Any
    comment: str = ""
    live: bool = True

    def lines(self) -> Iterator[str]:
        """The comment and the setting, as TOML."""
        if self.comment:
            yield f"# {in_one_line(with_options(self.comment))}"
        yield f"{'' if self.live else '# '}{self.key} = {as_toml(self.value)}"


def profile_text(name: str, entries: Iterable[Entry], about: str) -> str:
    """The table of a profile, with a comment on the model."""
    lines = [f"[profile.{toml_key(name)}]", f"# {in_one_line(about)}"]
    return "\n".join([*lines, *(line for entry in entries for line in entry.lines())]) + "\n"


def file_text(name: str, profile: str) -> str:
    """A whole file with one profile, which is the default."""
    return f"{HEADER}\ndefault-profile = {as_toml(name)}\n\n{profile}"


def in_one_line(text: str) -> str:
    """A text that cannot end the comment that it stands in: a layer may be called anything."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else as_toml(name)


def as_toml(value: Any) -> str:
    """A value as TOML writes it.

    Raises
    ------
    InputError
        It is a text that is no Unicode, as a file's name may be.
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, Path):
        value = value.as_posix()
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{value!r} is no text in UTF-8, which a settings file is. Rename it.") from error
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def beside(path: Path, folder: Path) -> str:
    """A path as seen from the folder of the settings file; of a copy, the URL that it is fetched from."""
    path = origin_of(path)
    if isinstance(path, StorePath):
        return str(path)
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


# --- What is concluded about a model -----------------------------------------------------------------


def about_model(feeding: Feeding) -> str:
    """The head and the input in words."""
    size = " x ".join(map(str, feeding.network.input_shape))
    return f"Head: {feeding.network.head.describe()}. Input: {size}."


def entry_of_labels(feeding: Feeding, path: Path | None, folder: Path, given: bool) -> Entry:
    """The labels, or where they could come from."""
    if given and str(path) == "none":
        return Entry("labels", "none", "No class names, as asked for.")
    if path is None or feeding.labels is None:
        return Entry("labels", "labels.txt", "No names of the classes beside the model. One per line:", False)
    names = ", ".join(list(feeding.labels)[:3]) + (", ..." if len(feeding.labels) > 3 else "")
    found = "" if given else ", found beside the model"
    return Entry("labels", beside(path, folder), f"{len(feeding.labels):,} names{found}: {names}")


def entry_of_scaling(feeding: Feeding, given: bool) -> Entry:
    """The preprocessing; a guess is left off, so that every run goes on calling it one."""
    scaling = feeding.preprocessing
    if given:
        return Entry("preprocess", scaling.name, "As asked for.")
    guessed = scaling.reason.startswith(GUESS)
    reason = scaling.reason.partition("; `preprocess`")[0]
    if not guessed:
        return Entry("preprocess", scaling.name, f"Concluded: {reason}.")
    search = "`xai-cam evaluate --try-preprocess FOLDER` finds out on labelled images."
    return Entry("preprocess", scaling.name, f"{reason[0].upper()}{reason[1:]}. {search}", False)


def entry_of_layer(feeding: Feeding) -> Entry:
    """The target layer, or why there is none."""
    try:
        layer = feeding.network.default_layer()
    except ModelError as error:
        return Entry("reshape", "14x14", error.message, False)
    rows, columns, _ = layer.maps_shape or (0, 0, 0)
    beside_it = ", ".join(info.title for info in feeding.network.side_by_side())
    others = f" Other branches or calls end in {beside_it}." if beside_it else ""
    comment = f"The layer that xai-cam takes by default; its maps are {rows} x {columns}.{others}"
    return Entry("layer", layer.path, comment)


def entries_of_inputs(
    feeding: Feeding, image_input: str | None, extra: Sequence[tuple[str, str]], folder: Path
) -> list[Entry]:
    """Which input is the image, and what the others are held at, or that it has to be said."""
    network = feeding.network
    if not network.extras:
        return []
    others = f"Other inputs: {'; '.join(map(str, network.extras))}."
    given = [f"{name}={value_beside(value, folder)}" for name, value in extra]
    advice = "" if given else " What each is held at:"
    example = given or [f"{one.name}=0" for one in network.extras]
    entries = [Entry("extra", example, f"{others}{advice}", bool(given))]
    return [Entry("image-input", image_input), *entries] if image_input else entries


def value_beside(value: str, folder: Path) -> str:
    """What an input is held at, a file as seen from the folder of the settings file."""
    file = file_in(value)
    return value if file is None else beside(as_path(file), folder) + value[len(file) :]


def entries_of_looks(colormaps: Sequence[str]) -> list[Entry]:
    """Settings that people like to make, off."""
    return [
        Entry("method", ["grad-cam", "score-cam"], "Several methods. `xai-cam methods` lists them.", False),
        Entry("recursive", True, "Look for images in sub-folders too.", False),
        Entry("colormap", colormaps[0], f"One of {', '.join(colormaps)}.", False),
    ]
