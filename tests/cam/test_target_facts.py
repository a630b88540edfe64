"""What is said of targets."""

from __future__ import annotations

import numpy as np
import pytest

from support.target_networks import X, network
from xai_cam import Explainer
from xai_cam.cam.aim import Aim
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.target_facts import (
    can_be_measured,
    check_probabilities,
    describe_measures,
    region_of,
    rivals_of,
    score_name_of,
)
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.models.input.inputs import Inputs

LIKE = Aim(reference=np.ones(7))


def test_names_of_scores() -> None:
    asked = [("classes", Aim(), "logit"), ("classes", Aim(against=(1,)), "contrast")]
    asked += [("values", Aim(), "value"), ("embedding", LIKE, "similarity")]
    asked += [("classes", Aim(functions=(lambda y: y[:, 0],)), "target")]
    for kind, aim, name in asked:
        targets = Targets(network(kind), aim)
        assert score_name_of(targets, targets.blocks[0]) == name
    alone = Targets(network("classes"), Aim(against=(1,)))
    assert score_name_of(alone, alone.blocks[0], True) == "logit"


@pytest.mark.parametrize(
    ("kind", "aim", "message"),
    [
        ("embedding", LIKE, "a similarity is none"),
        ("classes", Aim(functions=(lambda y: y[:, 0],)), "a function of the outputs is none"),
        ("values", Aim(), "a regression"),
        ("classes", Aim(against="similar"), "a difference of logits"),
    ],
)
def test_probabilities_are_refused_where_there_are_none(kind: str, aim: Aim, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_probabilities(Targets(network(kind), aim), "score-cam-official")
    check_probabilities(Targets(network("places")), "score-cam-official")


def test_a_score_that_was_chosen_can_be_left_out() -> None:
    explainer = Explainer.of(
        *(network("classes"), "maps", Computing("tensorflow", cache=False)),
        targets=Targets(network("classes"), Aim(against="similar")),
        settings=MapSettings("probability"),
    )
    with pytest.raises(InputError, match=r"^`score=.*Leave out `score`, or leave out `against`.$"):
        explainer.explain(X)
    with pytest.raises(InputError, match=r"^score-cam-official needs .*Use a method that works on logits"):
        explainer.explain(X, "score-cam-official")


def test_what_is_measured_is_said() -> None:
    asked = [("classes", Aim(), True, ""), ("values", Aim(), True, "only the drop is measured")]
    asked += [("embedding", LIKE, False, "A likeness is no probability")]
    for kind, aim, measured, words in asked:
        targets = Targets(network(kind), aim)
        assert can_be_measured(targets) is measured
        assert words in describe_measures(targets) and bool(words) == bool(describe_measures(targets))
    both = Targets(network("several", "kind", "amount"))
    assert can_be_measured(both) and "only the drop" in describe_measures(both)


def test_rivals_of_an_image() -> None:
    named = Targets(network("classes"), Aim(groups=((0, 3),), against=(1, 3)))
    block = named.blocks[0]
    assert [rivals_of(named, block, column, [], 0) for column in (0, 3, 5)] == [(1, 3), (1,), (1,)]
    similar = Targets(network("classes"), Aim(against="similar"))
    held = [np.arange(2 * 5 * 3).reshape(2, 5, 3)]
    assert rivals_of(similar, similar.blocks[0], 2, held, 1) == (21, 22, 23)
    assert rivals_of(Targets(network("classes")), block, 0, [], 0) == ()


def test_regions_of_an_image() -> None:
    plain = Targets(network("places"))
    held = np.zeros((3, 12, 12, 3), np.uint8)
    held[1, 2, 3, 2] = 1
    found = region_of(plain, plain.blocks[0], 2, Inputs(X), [held], 1)
    assert found is not None and found.dtype == bool and np.argwhere(found).tolist() == [[2, 3]]
    everywhere = Targets(network("places"), Aim(region="all"))
    assert region_of(everywhere, everywhere.blocks[0], 2, Inputs(X), [], 1) is None
    given = Targets(network("places"), Aim(region="masks"))
    inputs = Inputs(X, (), (held[..., 2],))
    assert np.array_equal(region_of(given, given.blocks[0], 0, inputs, [], 1), held[1, ..., 2])
    whole = Targets(network("classes"))
    assert region_of(whole, whole.blocks[0], 0, Inputs(X), [], 0) is None
