"""What stands for a target in names of files and in rows: `cat`, `cat+lynx`, `age-down`, `kind_cat`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai_cam.files.names import folded, safe_name
from xai_cam.images.labels import file_name_of, name_of
from xai_cam.images.target_words import TARGET_WORDS, describe_target


def class_cell(index: int, members: Sequence[int] = ()) -> int | str:
    """The class as a cell: its index, or `3+5` of several as one."""
    return "+".join(map(str, members)) if members else index


def class_name_of(index: int | None, members: Sequence[int], labels: Sequence[str] | None) -> str:
    """The class's name, or `cat+lynx` of several as one."""
    return "+".join(name_of(k, labels) for k in members or (index,))


def words_of(
    class_name: str, score_name: str, against: Sequence[str] = (), output_name: str = "", direction: str = ""
) -> str:
    """What a row is about, in words: `kind: cat, not lynx`, `age down`, `likeness to the reference`."""
    if score_name in TARGET_WORDS:
        return describe_target(TARGET_WORDS[score_name], (), output_name)
    return describe_target(f"{class_name} down" if direction == "down" else class_name, against, output_name)


def file_part(
    told: Mapping[str, Any], labels: Sequence[str] | None, with_class: bool, with_output: bool
) -> str:
    """What tells the files of a map from those of the other targets that were asked for.

    Parameters
    ----------
    told : mapping
        Provenance of the map: `class`; of several as one `members`; the `direction` of a value; of several
        outputs its `output_name`, and the names of all `outputs`.
    labels : sequence of str, optional
        Names of the output's classes.
    with_class, with_output : bool
        Whether the class and the output have to be told.
    """
    parts = [_of_output(told.get("output_name", ""), told.get("outputs", ()))] * with_output
    return "_".join([*parts, *[_of_class(told, labels)] * with_class])


def _of_output(name: str, names: Sequence[str]) -> str:
    """The output's name, with its number where that of another begins like it."""
    part = safe_name(name)
    others = [f"{folded(safe_name(one))}_" for one in names if one != name]
    clear = all(not one.startswith(f"{folded(part)}_") for one in others)
    return part if clear or name not in names else f"{part}-{names.index(name)}"


def _of_class(told: Mapping[str, Any], labels: Sequence[str] | None) -> str:
    """The class's name; what is made of names has the indices behind it where it is a class's name too."""
    members = told.get("members") or [told["class"]]
    made = "+".join(file_name_of(k, labels) for k in members)
    made += "-down" if told.get("direction") == "down" else ""
    if len(members) == 1 and told.get("direction") != "down":
        return made
    names = [folded(file_name_of(k, labels)) for k in range(len(labels or ()))]
    indices = "+".join(map(str, members))
    unclear = folded(made) in names or any("+" in name_of(k, labels) for k in members)
    part = f"{made}-{indices}" if unclear else made
    return safe_name(part)


def target_identity(
    against: Sequence[str], region: str, mask: str | None, like: str | None
) -> dict[str, Any]:
    """What is asked of the model's outputs besides the class, as far as it is not as usual.

    `mask` and `like` are the hashes of an image's mask and of the picture to compare with.
    """
    found: dict[str, Any] = {"against": list(against)} if against else {}
    found |= {} if region == "predicted" else {"region": region}
    return found | {name: one for name, one in (("mask", mask), ("like", like)) if one is not None}
