"""A network that is known without being opened, opened: with the same layer, and the same targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xai_cam.cam.targets import Targets
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo

if TYPE_CHECKING:
    from xai_cam.models.network import Network


def opened(
    network: NetworkFacts, target_layer: LayerInfo, targets: Targets | None
) -> tuple[Network, LayerInfo, Targets | None]:
    """The same three of the network with its model; themselves if it is there."""
    live: Network = network.live()
    if live is network:
        return live, target_layer, targets
    return live, live.own(target_layer), None if targets is None else targets.of(live)
