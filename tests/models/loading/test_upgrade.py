"""The walk over a configuration: what it says of its changes, and that it leaves alone what it is given."""

from __future__ import annotations

import copy
import json

from support.configurations import layer, old
from support.small_models import build_tiny
from xai_cam.models.loading.building import build
from xai_cam.models.loading.upgrade import Origin, upgrade


def test_what_was_changed_is_told():
    made = upgrade(old(layer("Flatten"), layer("LeakyReLU", alpha=0.2)), Origin(backend="theano"))
    assert made.origin == Origin("2.15.0", "theano")
    (renamed,) = [names for what, names in made.changes.items() if "Names of arguments" in what]
    assert "leakyrelu" in renamed


def test_a_configuration_is_not_changed():
    for config in (old(layer("LeakyReLU", alpha=0.1), layer("Flatten")), json.loads(build_tiny().to_json())):
        kept = copy.deepcopy(config)
        build(upgrade(config).config)
        assert config == kept
