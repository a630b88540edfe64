"""How right a classifier is, counted image by image.

`truth` and `predicted` are sequences of n class indices, `scores` n rows of N numbers. Where a share has
nothing to be a share of, it is NaN.
"""

import math
from collections.abc import Sequence

NAN = math.nan
Z = 1.959963984540054  # 97.5 % of the normal distribution lies below


def share(part: float, whole: float) -> float:
    return part / whole if whole else NAN


# --- Decisions ------------------------------


def outcomes(truth: Sequence[int], chosen: Sequence[bool], of: int) -> tuple[int, int, int, int]:
    """True positives, false positives, false negatives, true negatives of the class `of`."""
    tp = fp = fn = tn = 0
    for actual, said in zip(truth, chosen, strict=True):
        if said:
            tp, fp = tp + (actual == of), fp + (actual != of)
        else:
            fn, tn = fn + (actual == of), tn + (actual != of)
    return tp, fp, fn, tn


def rates(truth: Sequence[int], chosen: Sequence[bool], of: int) -> dict[str, float]:
    """What a rule that has `chosen` some images is worth for the class `of`."""
    tp, fp, fn, tn = outcomes(truth, chosen, of)
    precision, recall = share(tp, tp + fp), share(tp, tp + fn)
    both = tp + fp + fn
    return {
        "accuracy": share(tp + tn, tp + fp + fn + tn),
        "precision": precision,
        "recall": recall,
        "specificity": share(tn, tn + fp),
        # the harmonic mean, which is 0 as soon as one of the two would be
        "f1": NAN if not both else 0.0 if not tp else 2 / (1 / precision + 1 / recall),
    }


def confusion(truth: Sequence[int], predicted: Sequence[int], classes: Sequence[int]) -> list[list[int]]:
    """Rows of true classes, columns of predicted ones."""
    table = [[0 for _ in classes] for _ in classes]
    for actual, said in zip(truth, predicted, strict=True):
        table[list(classes).index(actual)][list(classes).index(said)] += 1
    return table


def top(truth: Sequence[int], scores: Sequence[Sequence[float]], k: int) -> float:
    """Share of images with fewer than k classes before the true one; of equals the lower index is first."""
    hits = 0
    for actual, row in zip(truth, scores, strict=True):
        before = 0
        for c, score in enumerate(row):
            before += score > row[actual] or (score == row[actual] and c < actual)
        hits += before < k
    return share(hits, len(truth))


def mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Weighted, without the values that are not known."""
    known = [(v, w) for v, w in zip(values, weights, strict=True) if not math.isnan(v)]
    return share(sum(v * w for v, w in known), sum(w for _, w in known))


# --- Scores ------------------------------


def auc(truth: Sequence[int], scores: Sequence[float], of: int) -> float:
    """Share of pairs of an image of the class and one of none in which the first has the higher score."""
    wins = pairs = 0.0
    for a, score in zip(truth, scores, strict=True):
        for b, other in zip(truth, scores, strict=True):
            if a == of and b != of:
                pairs += 1
                wins += 1.0 if score > other else 0.5 if score == other else 0.0
    return share(wins, pairs)


def standard_error(area: float, abnormal: int, normal: int) -> float:
    """Of an area under a ROC curve, as Hanley & McNeil (1982) write it on their page 31."""
    q1 = area / (2 - area)
    q2 = (2 * area * area) / (1 + area)
    total = area * (1 - area)
    total += (abnormal - 1) * (q1 - area * area)
    total += (normal - 1) * (q2 - area * area)
    return math.sqrt(max(total, 0) / (abnormal * normal))


def best_thresholds(truth: Sequence[int], scores: Sequence[float]) -> list[float]:
    """All scores that as a threshold give the largest recall + specificity of class 1 (Youden 1950)."""
    gains = {}
    for threshold in scores:
        found = rates(truth, [score >= threshold for score in scores], 1)
        gains[threshold] = found["recall"] + found["specificity"]
    return [threshold for threshold, gain in gains.items() if gain > max(gains.values()) - 1e-9]


def log_loss(truth: Sequence[int], scores: Sequence[Sequence[float]]) -> float:
    """Mean of -log p of the true class, p at least 1e-12."""
    return sum(-math.log(max(row[c], 1e-12)) for c, row in zip(truth, scores, strict=True)) / len(truth)


def wilson(right: int, total: int) -> tuple[float, float]:
    """The shares p from which `right / total` is 1.96 standard errors away: (q - p)^2 = z^2 p (1 - p) / n."""
    q = right / total
    # as a p^2 + b p + c = 0
    a, b, c = 1 + Z * Z / total, -(2 * q + Z * Z / total), q * q
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)
