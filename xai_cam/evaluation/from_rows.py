"""The figures of an evaluation from its rows, as those of several runs that were put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.evaluation.figures import Evaluation, evaluate

SCORE = "p_"
"""What the columns of the classes' scores begin with."""

SUM_OFF = 1e-4
"""What the two probabilities of an image may be off from a sum of 1."""


def is_evaluation(columns: Sequence[str]) -> bool:
    """Whether these are the columns of `xai-cam evaluate`."""
    return "truth_score" in columns and any(name.startswith(SCORE) for name in columns)


def names_in(columns: Sequence[str]) -> list[str]:
    """The names of the classes, which their columns are called after."""
    found = [name.removeprefix(SCORE) for name in columns if name.startswith(SCORE)]
    numbered = [name.removesuffix(f"-{index}") for index, name in enumerate(found)]
    several = all(map(str.__ne__, numbered, found)) and len(set(numbered)) < len(numbered)
    return numbered if several else found


def evaluation_of(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> tuple[Evaluation | None, list[str]]:
    """The figures of all images that could be read, if any could, and the names of the classes.

    Raises
    ------
    InputError
        A row is none of xai-cam evaluate.
    """
    names, of_scores = names_in(columns), [name for name in columns if name.startswith(SCORE)]
    truth: list[int] = []
    predicted: list[int] = []
    scores: list[np.ndarray] = []
    for row in rows:
        if row["outcome"] == "failed":
            continue
        try:
            truth.append(int(row["truth_index"]))
            predicted.append(int(row["predicted_index"]))
            scores.append(np.array([float(row[name]) for name in of_scores], np.float32))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The row of {row['image']} is none of xai-cam evaluate: {error}. Name tables that it wrote."
            ) from error
    if not truth:
        return None, names
    stacked = np.stack(scores)
    return evaluate(np.array(truth), stacked, np.array(predicted), names, is_binary(stacked)), names


def is_binary(scores: np.ndarray) -> bool:
    """Whether two classes share one probability: of every image the two sum to 1."""
    share = scores.shape[1] == 2 and bool(((scores >= 0) & (scores <= 1)).all())
    return share and bool(np.allclose(scores.sum(1), 1, rtol=0, atol=SUM_OFF))
