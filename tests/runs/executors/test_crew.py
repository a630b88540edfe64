"""What stands in the place of an answer."""

from __future__ import annotations

import pickle

from xai_cam.runs.executors.crew import Lost


def test_a_loss_is_plain_data() -> None:
    assert pickle.loads(pickle.dumps(Lost("its process ended"))) == Lost("its process ended")
