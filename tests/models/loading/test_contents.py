"""What readers give, and what they are given."""

from __future__ import annotations

from xai_cam.models.loading.contents import Contents, Reading
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.source import READERS, WEIGHT_READERS


def test_a_reader_may_find_nothing_but_a_configuration():
    found = Contents({"class_name": "Sequential"})
    assert (found.version, found.weights, found.loss) == (None, None, None)


def test_weights_are_read_unless_others_were_named():
    assert Reading(lambda *_: None, Limits()).with_weights  # type: ignore[arg-type,return-value]


def test_every_kind_of_container_has_a_reader():
    """HDF5 of either layout is opened without one."""
    with_readers = {*READERS, *WEIGHT_READERS}
    assert {*Kind} - with_readers == {Kind.WHOLE_H5, Kind.LEGACY_WEIGHTS, Kind.KERAS3_WEIGHTS}
