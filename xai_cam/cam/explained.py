"""One map of a batch as an `Explanation`, with all that is known of its target."""

from __future__ import annotations

import numpy as np

from xai_cam.cam.evidence import LayerEvidence
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.input_evidence import InputEvidence
from xai_cam.cam.map_sign import OPPOSITE, Found
from xai_cam.cam.methods import METHODS, Evidence
from xai_cam.cam.residuals import describe_residual
from xai_cam.cam.status import ABSOLUTE, judge
from xai_cam.cam.target_facts import region_of, rivals_of, score_name_of
from xai_cam.models.input.inputs import as_inputs
from xai_cam.models.layers import WHOLE, LayerInfo

EMPTY = {
    "predicted": "no place of the image is predicted as the class, so that there is nothing to explain",
    "masks": "the mask of the image is empty, so that there is nothing to explain",
}
"""Why there is nothing in a map over a region without places."""


def takes_scores(method: str) -> bool:
    """Whether a method's maps depend on the class; those of baselines do not."""
    return method in METHODS and METHODS[method].evidence is not Evidence.ACTIVATIONS


def _not_negative(found: Found) -> str:
    """Why nothing in a map can be below 0, if that is so by construction; a logit or a value can."""
    method = METHODS.get(found.method)
    if method is None or (found.score == "logit" and not method.evidence.by_position):
        return ""
    return method.not_negative.format(found.method)


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def _made_of(evidence: LayerEvidence | InputEvidence, method: str) -> str:
    if method not in METHODS or isinstance(evidence, LayerEvidence):
        return ""
    return evidence.sampling.describe(METHODS[method], evidence.images.shape[1:-1])


def as_explanation(
    evidence: LayerEvidence | InputEvidence, target_layer: LayerInfo, i: int, column: int, found: Found
) -> Explanation:
    """The map of image i for one column of the classes asked for."""
    batch = evidence.batch
    number = int(batch.classes[i, column])
    which, block, goal = batch.block_of(number)
    forward, targets = evidence.forward, batch.targets
    rivals = rivals_of(targets, block, number, forward.held, i)
    name = score_name_of(targets, block, not rivals) if found.score == "logit" else found.score
    sign = OPPOSITE[found.sign] if goal.direction == "down" else found.sign  # of what the value does
    by = found.method if found.one_sided else ""
    if found.method in METHODS and METHODS[found.method].absolute and not by:
        sign = "both"  # a positive map too says nothing of which
    if goal.direction == "down":
        found = found._replace(residual=_negated(found.residual), change=_negated(found.change))
    region = region_of(targets, block, number, as_inputs(batch.images), forward.held, i)
    place = "input" if target_layer is WHOLE else "layer"
    status, cause = judge(found.cam, forward.activations[i], found.value, name, sign, by, place)
    if status == "blank" and by and METHODS[by].absolute:
        cause = ABSOLUTE.format(by)
    if status == "blank" and found.sign == "negative" and (reason := _not_negative(found)):
        cause = reason
    if status == "ok":
        cause = cause or describe_residual(found.residual, found.change)
    if region is not None and not region.any() and takes_scores(found.method):
        found = found._replace(cam=np.zeros_like(found.cam))  # equal or undefined weights of nothing
        status, cause = "blank", EMPTY[targets.aim.region]
    of_classes = block.head is not None and not block.head.is_regression
    return Explanation(
        cam=found.cam,
        method=found.method,
        layer=target_layer.path,
        target_class=goal.target_class,
        predicted_class=int(forward.predicted[i, which]) if of_classes and batch.predicts(i, block) else None,
        score=float(-found.value if goal.direction == "down" else found.value),
        score_name=name,
        probability=float(forward.probabilities[i, number]),
        ranking=batch.ranking(i, block),
        status=status,
        cause=cause,
        engine=found.engine,
        image=i,
        part=target_layer.part(batch.images.shape[1:-1]),
        against=rivals,
        output_name=goal.output_name,
        region=region,
        region_part=None if region is None else targets.part_of(block),
        members=goal.members,
        direction=goal.direction,
        sign=found.sign,
        column=number,
        passes=found.passes,
        channels=found.channels,
        expected_error=found.error,
        made_of=_made_of(evidence, found.method),
        standard_error=found.standard_error,
        residual=found.residual,
        score_change=found.change,
    )
