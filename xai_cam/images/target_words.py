"""What a map is of, in words: of which output, which class, and against which others."""

from __future__ import annotations

from collections.abc import Sequence

from xai_cam.images.labels import name_of

TARGET_WORDS = {"similarity": "likeness to the reference", "target": "the function given"}
"""What is explained where that is no class and no value."""


def describe_target(name: str, against: Sequence[str] = (), output_name: str = "") -> str:
    """As `cat`, `cat, not lynx or dog`, `species: cat`.

    Parameters
    ----------
    name : str
        The class explained, or whatever else is.
    against : sequence of str
        What it is explained against.
    output_name : str
        The output that it is one of, where there are several.
    """
    start = f"{output_name}: " if output_name else ""
    rivals = f"{', '.join(against[:-1])} or {against[-1]}" if len(against) > 1 else "".join(against)
    return f"{start}{name}{f', not {rivals}' if rivals else ''}"


def rival_names(against: Sequence[str | int], labels: Sequence[str] | None) -> tuple[str, ...]:
    """Names of the classes that another is explained against, which are known by name or by index."""
    return tuple(one if isinstance(one, str) else name_of(one, labels) for one in against)
