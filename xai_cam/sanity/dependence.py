"""A sanity check in words: what a method's maps depend on, by limits that are not from the paper.

The paper gives no limit. We read two means, rank correlation rho and overlap J of the highest tenths, and ask
for both, since a map may keep its background and lose its peaks:

    rho >= 0.9 and J >= 0.82  the maps do not depend on what was changed
    rho >= 0.7 and J >= 0.33  they hardly depend on it
    else                      they depend on it

The square of rho is the share of the variance of the pixels' ranks that the original still tells: 0.81, and
about half. J is 0.9 / 1.1 where nine tenths of the highest pixels are the same, and 0.5 / 1.5 where half are.

Three things are changed: the class (predicted or next in rank; classes that look alike may well have maps
that are alike), the weights of all layers above the target (its activations stay as they are), and those of
the target too. Fewer than five images are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from xai_cam.cam.names import method_at
from xai_cam.sanity.checks import Check, Similarity

SAME, ALIKE = (0.9, 0.9 / 1.1), (0.7, 0.5 / 1.5)
"""Means of rank correlation and overlap from which maps do not, or hardly, depend on what was changed."""

FEWEST_IMAGES = 5

NOTHING_CHANGED = "No other class is compared with, and no layer was made random."


class Dependence(Enum):
    """Whether maps depend on something; the value is the verb."""

    YES = "depend"
    HARDLY = "hardly depend"
    NO = "do not depend"


@dataclass(frozen=True)
class Finding:
    """Whether maps depend on one thing, with the means of rank correlation and overlap."""

    dependence: Dependence
    what: str
    correlation: float
    overlap: float

    def __str__(self) -> str:
        means = f"{self.correlation:.2f}, top 10 % {self.overlap:.2f}"
        return f"{self.dependence.value} on {self.what} ({means})"


@dataclass(frozen=True)
class SanityVerdict:
    """Verdict on one method at one layer.

    `outcome` is `passed`, `doubtful` (something hardly matters), `failed` (something does not matter), or
    `not judged`, without findings, where the images are too few: then `reason` says so.
    """

    layer: str
    method: str
    outcome: str
    findings: tuple[Finding, ...]
    images: int
    reason: str = ""

    def __str__(self) -> str:
        start = f"{method_at(self.method, self.layer)}: {self.outcome}"
        if not self.findings:
            return f"{start}. {self.reason}"
        return f"{start}. The maps {_listed([str(finding) for finding in self.findings])}."


def judge(check: Check) -> SanityVerdict:
    """The verdict on one method at one layer."""
    count = len(check.images)
    if count < FEWEST_IMAGES:
        reason = (
            f"Images with a map to compare: {count}; at least {FEWEST_IMAGES} are needed. Give more images."
        )
        return SanityVerdict(check.layer, check.method, "not judged", (), count, reason)
    findings = [_finding("the class", check.classes)] if check.other_classes else []
    last, above = check.steps[-1], check.above
    if above is not None:
        findings.append(_finding(f"the layers above, {_span(check, True)}", above.similarity))
    if not last.above:
        findings.append(_finding(f"the weights of {_span(check, False)}", last.similarity))
    if not findings:
        return SanityVerdict(check.layer, check.method, "not judged", (), count, NOTHING_CHANGED)
    found = {finding.dependence for finding in findings}
    outcome = "passed"
    if Dependence.HARDLY in found:
        outcome = "doubtful"
    if Dependence.NO in found:
        outcome = "failed"
    return SanityVerdict(check.layer, check.method, outcome, tuple(findings), count)


def dependence(correlation: float, overlap: float) -> Dependence:
    """Whether maps depend on something, by mean rank correlation and overlap with the original maps."""
    if correlation >= SAME[0] and overlap >= SAME[1]:
        return Dependence.NO
    hardly = correlation >= ALIKE[0] and overlap >= ALIKE[1]
    return Dependence.HARDLY if hardly else Dependence.YES


def _finding(what: str, similarity: Similarity) -> Finding:
    means = similarity.correlation.value, similarity.overlap.value
    return Finding(dependence(*means), what, *means)


def _span(check: Check, above: bool) -> str:
    """The layers that were made random, all or those above the target: from the first to the last."""
    paths = [path for path, is_above in check.stages if is_above or not above]
    return paths[0] if len(paths) == 1 else f"{paths[0]} to {paths[-1]}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
