"""Figures from rows: those of the arrays that the rows were written from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.evaluation.figures import as_figures, evaluate
from xai_cam.evaluation.from_rows import evaluation_of, is_binary, is_evaluation, names_in

FIXED = ["image", "outcome", "truth_index", "predicted_index", "truth_score"]


def rows_of(truth: np.ndarray, scores: np.ndarray, names: list[str]) -> list[dict[str, Any]]:
    """As a table of text has them, with a failure among them."""
    found: list[dict[str, Any]] = [
        {
            "image": f"{n}.png",
            "outcome": "right" if row.argmax() == t else "wrong",
            "truth_index": str(t),
            "predicted_index": str(row.argmax()),
            **{f"p_{name}": repr(float(p)) for name, p in zip(names, row, strict=True)},
        }
        for n, (t, row) in enumerate(zip(truth, scores, strict=True))
    ]
    failed = dict.fromkeys(found[0], "") | {"image": "x.png", "outcome": "failed", "truth_index": "1"}
    return [found[0], failed, *found[1:]]


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_figures_are_those_of_the_arrays(classes: int) -> None:
    rng = np.random.default_rng(classes)
    scores = rng.dirichlet(np.ones(classes), 60).astype(np.float32)
    truth, names = rng.integers(0, classes, 60), [f"class {n}" for n in range(classes)]
    columns = [*FIXED, *(f"p_{name}" for name in names)]
    found, named = evaluation_of(rows_of(truth, scores, names), columns)
    assert found is not None and named == names and found.binary == (classes == 2)
    wanted = evaluate(truth, scores, scores.argmax(1), names, binary=classes == 2)
    assert as_figures(found, names) == as_figures(wanted, names)


def test_two_scores_that_are_no_shares_of_one_are_not_binary() -> None:
    assert is_binary(np.array([[0.25, 0.75], [1, 0]], np.float32))
    assert not is_binary(np.array([[0.25, 0.75], [0.9, 0.9]], np.float32)), "two classes, each by itself"
    assert not is_binary(np.array([[-1.5, 2.5]], np.float32)), "no probabilities"
    assert not is_binary(np.array([[0.25, 0.5, 0.25]], np.float32))


def test_names_of_classes() -> None:
    assert names_in([*FIXED, "p_cat", "p_dog-1"]) == ["cat", "dog-1"]
    assert names_in([*FIXED, "p_cat-0", "p_cat-1", "p_dog-2"]) == ["cat", "cat", "dog"]
    assert names_in([*FIXED, "p_a-0", "p_b-1"]) == ["a-0", "b-1"], "numbered by us where names repeat alone"


def test_which_tables_are_of_an_evaluation() -> None:
    assert is_evaluation([*FIXED, "p_cat"])
    assert not is_evaluation(FIXED)
    assert not is_evaluation(["image", "precision", "p_cat"])


def test_images_that_all_failed_have_no_figures() -> None:
    row = {"image": "x.png", "outcome": "failed", "truth_index": "1", "predicted_index": "", "p_a": ""}
    assert evaluation_of([row], [*FIXED, "p_a"]) == (None, ["a"])


def test_a_row_without_numbers_is_refused() -> None:
    row = {"image": "x.png", "outcome": "right", "truth_index": "1", "predicted_index": "", "p_a": "0.5"}
    with pytest.raises(InputError, match=r"The row of x\.png is none of xai-cam evaluate"):
        evaluation_of([row], [*FIXED, "p_a"])
