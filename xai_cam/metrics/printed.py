"""A comparison as the table of a paper: means with intervals, for LaTeX (booktabs) or Markdown.

The best mean of a column is bold; a star says that it is better than every other one by the test of
`verdicts`. A bold figure without a star may be the best by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from xai_cam.errors import InputError
from xai_cam.files.visible import visible
from xai_cam.metrics.bootstrap import Difference, Estimate
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.measure import Metric
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.verdicts import TEST, is_baseline

IN_LATEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",  # \textquotedbl is not in every font encoding
}
IN_MARKDOWN = {letter: f"\\{letter}" for letter in "\\`*_|[]<>~"}
"""What has a meaning of its own in a cell."""


def with_interval(found: Estimate | Difference, metric: str) -> str:
    """A value with its interval: one decimal where it has a unit, otherwise three."""
    digits = 1 if METRICS[metric].unit else 3
    value, low, high = (f"{round(x, digits) + 0.0:.{digits}f}" for x in (found.value, found.low, found.high))
    return value if math.isnan(found.low) else f"{value} [{low}, {high}]"


def table_of(comparison: Comparison, kind: str) -> str:
    """The means of all variants as the source of a table, which ends with a newline.

    Parameters
    ----------
    comparison : Comparison
        What was measured.
    kind : str
        `tex` or `md`.

    Raises
    ------
    InputError
        It is another word.
    """
    if kind not in TABLES:
        raise InputError(f"The kind of a table is {kind!r}. Use {' or '.join(TABLES)}.")
    return "".join(f"{line}\n" for line in TABLES[kind](comparison))


def _tex(comparison: Comparison) -> Iterator[str]:
    yield f"% {_note(comparison)}"
    yield r"% \usepackage{booktabs}"
    yield rf"\begin{{tabular}}{{l{'r' * len(comparison.metrics)}}}"
    yield r"\toprule"
    arrows = {"lower": r" $\downarrow$", "higher": r" $\uparrow$", "neither": ""}
    rows = [METRICS[name] for name in comparison.metrics]
    heads = [_escaped(_title(row), IN_LATEX) + arrows[_better(comparison, row)] for row in rows]
    yield rf"{' & '.join(['', *heads])} \\"
    yield r"\midrule"
    before = False
    for variant in comparison.variants:
        if is_baseline(variant) and not before:
            before = True
            yield r"\midrule"
        cells = _cells(comparison, variant, r"\textbf{{{}}}".format, "$^{*}$", "--")
        yield rf"{' & '.join([_escaped(variant, IN_LATEX), *cells])} \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _md(comparison: Comparison) -> Iterator[str]:
    arrows = {"lower": " ↓", "higher": " ↑", "neither": ""}
    rows = [METRICS[name] for name in comparison.metrics]
    heads = [_escaped(_title(row), IN_MARKDOWN) + arrows[_better(comparison, row)] for row in rows]
    yield f"| {' | '.join(['', *heads])} |"
    yield f"|---|{'---:|' * len(comparison.metrics)}"
    for variant in comparison.variants:
        cells = _cells(comparison, variant, "**{}**".format, r"\*", "–")
        yield f"| {' | '.join([_escaped(variant, IN_MARKDOWN), *cells])} |"
    yield ""
    yield _escaped(_note(comparison), {"*": r"\*"})


TABLES: dict[str, Callable[[Comparison], Iterator[str]]] = {"tex": _tex, "md": _md}


def _title(row: Metric) -> str:
    return f"{row.title}{row.unit and ', ' + row.unit}"


def _better(comparison: Comparison, row: Metric) -> str:
    return row.better if comparison.is_directed else "neither"


def _cells(
    comparison: Comparison, variant: str, bold: Callable[[str], str], star: str, nothing: str
) -> Iterator[str]:
    """A variant's means, with their intervals."""
    for metric in comparison.metrics:
        found = comparison.estimates[variant][metric]
        if math.isnan(found.value):
            yield nothing
            continue
        value, _, interval = with_interval(found, metric).partition(" ")
        shown = bold(value) if value == _best_value(comparison, metric) else value
        few = f" of {found.count:,}" if found.count < len(comparison.images) else ""
        yield f"{shown}{star * (comparison.best(metric) == variant)}{interval and ' ' + interval}{few}"


def _best_value(comparison: Comparison, metric: str) -> str | None:
    """The best mean as it is printed; None where no end is better, or where there is nothing to compare."""
    better = _better(comparison, METRICS[metric])
    found = [of[metric] for of in comparison.estimates.values() if not math.isnan(of[metric].value)]
    if better == "neither" or len(found) < 2:
        return None
    best = (min if better == "lower" else max)(found, key=lambda one: one.value)
    return with_interval(best, metric).partition(" ")[0]


def _note(comparison: Comparison) -> str:
    images = f"{len(comparison.images):,} image{'s' * (len(comparison.images) != 1)}"
    return (
        f"Means over {images} with 95 % bootstrap intervals; bold: the best mean; *: better than every other "
        f"one ({TEST})."
    )


def _escaped(text: str, letters: dict[str, str]) -> str:
    return "".join(letters.get(letter, letter) for letter in visible(text))
