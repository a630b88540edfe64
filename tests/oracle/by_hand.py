"""Examples small enough to work out on paper: two channels on a 2 x 2 grid, and the map to expect.

`BY_HAND` serves any implementation. Every map is relu(sum over k of W_k * A_k), not normalised. The comment
above an example works out its weights; `why` says what it would catch.
"""

import math
from dataclasses import dataclass

import numpy as np

from .arrays import Array

NAN = math.nan


@dataclass(frozen=True, eq=False)
class Example:
    """One method on one image.

    Attributes
    ----------
    method : its name, as on the command line
    activations : (2, 2, 2), rows, columns, channels
    evidence : gradients (2, 2, 2); or scores (2,), NaN for a skipped channel; or None if it takes none
    expected : map (2, 2)
    why : what is special about the example
    score : the image's own score, for "ablation-cam" only
    """

    method: str
    activations: Array
    evidence: Array | None
    expected: Array
    why: str
    score: float | None = None

    def __str__(self) -> str:
        return f"{self.method}: {self.why}"


def maps(first: list[list[float]], second: list[list[float]]) -> Array:
    """Two channels, each written as its 2 x 2 map, as one array (2, 2, 2) with the channels last."""
    return np.stack([np.array(first, dtype=float), np.array(second, dtype=float)], axis=-1)


def grid(rows: list[list[float]]) -> Array:
    """A map (2, 2)."""
    return np.array(rows, dtype=float)


def scores(first: float, second: float) -> Array:
    """One score per channel, (2,)."""
    return np.array([first, second], dtype=float)


A = maps([[1, 2], [3, 4]], [[4, 0], [0, 0]])
"""The activations of most examples."""

SIGNED = maps([[-1, 2], [0, 1]], [[0, -4], [2, 1]])
"""Activations of both signs, as before a ReLU."""

ONE_CONSTANT = maps([[5, 5], [5, 5]], [[1, 0], [0, 2]])
"""The first channel is constant: it has no mask."""

BY_HAND: list[Example] = [
    # w1 = (4 + 0 + 0 + 0) / 4 = 1, w2 = (1 + 1 + 0 + 0) / 4 = 1/2
    # map = [1*1 + 4/2, 1*2; 1*3, 1*4]
    Example(
        "grad-cam",
        A,
        maps([[4, 0], [0, 0]], [[1, 1], [0, 0]]),
        grid([[3, 2], [3, 4]]),
        "mean of each channel",
    ),
    # w1 = (1 + 0 + 0 + 1) / 4 = 1/2, w2 = (-1 + 0 + 0 + 0) / 4 = -1/4
    # map = relu [1/2 - 4/4, 2/2; 3/2, 4/2] = relu [-1/2, 1; 3/2, 2]
    Example(
        "grad-cam",
        A,
        maps([[1, 0], [0, 1]], [[-1, 0], [0, 0]]),
        grid([[0, 1], [3 / 2, 2]]),
        "negative sum cut off",
    ),
    # map = [4*1 + 1*4, 0*2 + 1*0; 0, 0]
    Example(
        "hires-cam",
        A,
        maps([[4, 0], [0, 0]], [[1, 1], [0, 0]]),
        grid([[8, 0], [0, 0]]),
        "position by position",
    ),
    # map = relu [1*1 - 1*4, 0; 0, 1*4] = relu [-3, 0; 0, 4]
    Example(
        "hires-cam",
        A,
        maps([[1, 0], [0, 1]], [[-1, 0], [0, 0]]),
        grid([[0, 0], [0, 4]]),
        "negative gradient counts",
    ),
    # map = [1*1 + 0*4, 0; 0, 1*4]: the negative gradient is cut off before the sum
    Example(
        "layer-cam",
        A,
        maps([[1, 0], [0, 1]], [[-1, 0], [0, 0]]),
        grid([[1, 0], [0, 4]]),
        "negative gradient cut off",
    ),
    # map = relu [1*-1 + 1*0, 1*2 + 0*-4; 0*0 + 3*2, 1*1 + 1*1] = relu [-1, 2; 6, 2]
    Example(
        "layer-cam",
        SIGNED,
        maps([[1, 1], [0, 1]], [[1, -2], [3, 1]]),
        grid([[0, 2], [6, 2]]),
        "negative sum cut off",
    ),
    # For g != 0, alpha = 1 / (2 + S*g) with S the channel's sum.
    # S1 = 1: g = 1 -> 1/3, g = 2 -> 1/4; w1 = 1/3 * 1 + 1/4 * 2 = 5/6
    # S2 = 2: g = -1 -> denominator 2 - 2 = 0, alpha = 0; g = 1 -> 1/4; w2 = 1/4
    # map = [5/6 * 1, 1/4 * 2; 0, 0]
    Example(
        "grad-cam++",
        maps([[1, 0], [0, 0]], [[0, 2], [0, 0]]),
        maps([[1, 2], [0, 0]], [[-1, 1], [0, 0]]),
        grid([[5 / 6, 1 / 2], [0, 0]]),
        "a denominator of 0",
    ),
    # S1 = 4: g = 1 -> 1/6; g = -1 -> relu(g) = 0; w1 = 1/6
    # S2 = -4: g = 1 -> 1 / (2 - 4); w2 = -1/2
    # map = relu [1/6 - 1/2, 1/6 + 5/2; 1/6, 1/6] = relu [-1/3, 8/3; 1/6, 1/6]
    Example(
        "grad-cam++",
        maps([[1, 1], [1, 1]], [[1, -5], [0, 0]]),
        maps([[1, -1], [0, 0]], [[1, 0], [0, 0]]),
        grid([[0, 8 / 3], [1 / 6, 1 / 6]]),
        "negative channel sum, negative gradient",
    ),
    # w1 = (1*1 + 0*2 + 1*3 + 1*4) / (1 + 2 + 3 + 4) = 8/10; the sum of A2 is 0: w2 = 0
    Example(
        "xgrad-cam",
        maps([[1, 2], [3, 4]], [[1, -1], [0, 0]]),
        maps([[1, 0], [1, 1]], [[7, 8], [9, 9]]),
        grid([[4 / 5, 8 / 5], [12 / 5, 16 / 5]]),
        "a channel sum of 0",
    ),
    # w1 = (2*1 + 0*1 + 1*2 + 5*0) / 4 = 1, w2 = (-3*2 + 1*2) / 4 = -1
    # map = relu [1 - 2, 1; 2, 0 - 2]
    Example(
        "xgrad-cam",
        maps([[1, 1], [2, 0]], [[2, 0], [0, 2]]),
        maps([[2, 0], [1, 5]], [[-3, 0], [0, 1]]),
        grid([[0, 1], [2, 0]]),
        "negative sum cut off",
    ),
    # w = (3, 1) / (3 + 1); map = [3/4*1 + 1/4*4, 3/4*2; 3/4*3, 3/4*4]
    Example(
        "score-cam", A, scores(math.log(3), 0), grid([[7 / 4, 3 / 2], [9 / 4, 3]]), "softmax over channels"
    ),
    # w = (1/2, 1/2); map = relu [-1/2, 2/2 - 4/2; 2/2, 1/2 + 1/2] = relu [-1/2, -1; 1, 1]
    Example("score-cam", SIGNED, scores(7, 7), grid([[0, 0], [1, 1]]), "negative sum cut off"),
    # w = (0, 1), whatever the size of the only live score
    Example("score-cam", ONE_CONSTANT, scores(NAN, -2), grid([[1, 0], [0, 2]]), "a constant channel"),
    # w = (0, 0): there is nothing to explain with
    Example(
        "score-cam",
        maps([[5, 5], [5, 5]], [[0, 0], [0, 0]]),
        scores(NAN, NAN),
        grid([[0, 0], [0, 0]]),
        "all channels constant",
    ),
    # exp(1000) is no number, exp(-2000) is 0: w = (0, 1)
    Example("score-cam", A, scores(-1000, 1000), grid([[4, 0], [0, 0]]), "scores beyond exp"),
    # map = [1/2*1 + 1/4*4, 1/2*2; 1/2*3, 1/2*4]
    Example("score-cam-official", A, scores(1 / 2, 1 / 4), grid([[3 / 2, 1], [3 / 2, 2]]), "no softmax"),
    # map = relu [1*-1, 1*2 - 1/4*4; 1/4*2, 1 + 1/4] = relu [-1, 1; 1/2, 5/4]
    Example(
        "score-cam-official", SIGNED, scores(1, 1 / 4), grid([[0, 1], [1 / 2, 5 / 4]]), "negative sum cut off"
    ),
    # w = (0, 1/2)
    Example(
        "score-cam-official",
        ONE_CONSTANT,
        scores(NAN, 1 / 2),
        grid([[1 / 2, 0], [0, 1]]),
        "a constant channel",
    ),
    # w1 = (2 - 1) / 2 = 1/2, w2 = (2 - 3) / 2 = -1/2
    # map = relu [1/2 - 4/2, 2/2; 3/2, 4/2] = relu [-3/2, 1; 3/2, 2]
    Example("ablation-cam", A, scores(1, 3), grid([[0, 1], [3 / 2, 2]]), "negative weight", score=2.0),
    # w1 = (-2 + 4) / |-2| = 1, w2 = (-2 + 3) / |-2| = 1/2; map = [1 + 4/2, 2; 3, 4]
    Example("ablation-cam", A, scores(-4, -3), grid([[3, 2], [3, 4]]), "negative score", score=-2.0),
    # w = (0, (4 - 2) / 4)
    Example(
        "ablation-cam",
        ONE_CONSTANT,
        scores(NAN, 2),
        grid([[1 / 2, 0], [0, 1]]),
        "a constant channel",
        score=4.0,
    ),
    # A'A = [2, 1; 1, 2]: eigenvalues 3 for (1, 1) / sqrt 2, and 1 for (1, -1) / sqrt 2
    # map = [1 + 1, 1; 1, 0] / sqrt 2; centred first, it would be another vector
    Example(
        "eigen-cam",
        maps([[1, 1], [0, 0]], [[1, 0], [1, 0]]),
        None,
        grid([[math.sqrt(2), math.sqrt(1 / 2)], [math.sqrt(1 / 2), 0]]),
        "not centred",
    ),
    # w = (1, 0) or (-1, 0); the projection on the first is [-2, 1; 0, 0], with the sum -1. So it is the
    # second, and map = relu [2, -1; 0, 0]
    Example(
        "eigen-cam",
        maps([[-2, 1], [0, 0]], [[0, 0], [0, 0]]),
        None,
        grid([[2, 0], [0, 0]]),
        "sign such that the sum is not negative",
    ),
]
