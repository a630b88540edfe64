"""A network that is known is opened with the same layer and targets."""

from __future__ import annotations

from pathlib import Path

from support.small_models import build_tiny, save_model
from support.stored import Store
from xai_cam.cam.aim import Aim
from xai_cam.cam.engines.opened import opened
from xai_cam.cam.targets import Targets
from xai_cam.files.cache import Cache
from xai_cam.models.network import Network


def test_an_open_one_is_itself(tiny_model: object) -> None:
    network = Network(tiny_model)
    layer, targets = network.find("conv_1"), Targets(network)
    assert opened(network, layer, targets) == (network, layer, targets)


def test_a_known_one_is_opened(tmp_path: Path) -> None:
    store = Store(save_model(build_tiny(), tmp_path), Cache(tmp_path / "cache"))
    store.network()
    known = store.network()
    live, layer, targets = opened(known, known.find("conv_1"), Targets(known, Aim(region="all")))
    assert isinstance(live, Network) and layer in live.layers and layer.path == "conv_1"
    assert targets is not None and targets.network is live and targets.aim.region == "all"
    assert opened(known, known.find("conv_1"), None)[2] is None and store.opened == 2
