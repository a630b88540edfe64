"""The kinds of file that a model is made of."""

from __future__ import annotations

from xai_cam.models.loading.kinds import NO_WEIGHTS, WEIGHTS_ALONE, Kind


def test_each_is_named_with_its_article():
    """As in "read from a SavedModel folder"."""
    for kind in Kind:
        assert kind.value.split()[0] in ("a", "an", "weights", "sharded"), kind


def test_no_kind_holds_weights_alone_and_none():
    assert not WEIGHTS_ALONE & NO_WEIGHTS
