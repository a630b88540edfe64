"""The choice of engine: the one requested by name, or the fastest that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xai_cam.cam.engines.full_batches import FullBatches
from xai_cam.cam.engines.questions import Computing, Engine
from xai_cam.errors import InputError
from xai_cam.extras import check_extra, is_there

if TYPE_CHECKING:
    from xai_cam.cam.targets import Targets
    from xai_cam.models.facts import NetworkFacts
    from xai_cam.models.layers import LayerInfo


def make_engine(
    computing: Computing, network: NetworkFacts, target_layer: LayerInfo, targets: Targets | None = None
) -> Engine:
    """The requested engine, for one layer of a network; one that keeps to the batch size that it may have.

    `targets` are what is explained; by default the classes or values of the outputs.

    Raises
    ------
    InputError
        No such GPU, or a GPU or a precision that the engine does not work in.
    XaiCamError
        The engine is not installed.
    """
    engine = _make(computing, network, target_layer, targets)
    return FullBatches(engine, network.batch_size) if network.batch_size else engine


def _make(
    computing: Computing, network: NetworkFacts, target_layer: LayerInfo, targets: Targets | None
) -> Engine:
    from xai_cam.models.devices import pick_device

    on_gpu = "GPU" in pick_device(computing.device)
    if pick_engine(computing, on_gpu) == "openvino":
        from xai_cam.cam.engines.openvino.conversion import import_openvino
        from xai_cam.cam.engines.openvino.engine import OpenVINOEngine
        from xai_cam.files.cache import Cache

        by_name = computing.engine == "openvino"
        if by_name:
            import_openvino()  # one that is broken is an error where it was asked for by name alone
        cache = Cache() if computing.cache else None
        return OpenVINOEngine(
            *(network, target_layer, computing.chunk_size, computing.precision, cache, by_name),
            progress=computing.progress,
            targets=targets,
            ahead=computing.ahead,
            choices=computing.choices,
        )
    from xai_cam.cam.engines.opened import opened

    live, layer, aimed = opened(network, target_layer, targets)  # before an engine imports TensorFlow
    from xai_cam.cam.engines.tensorflow import TensorFlowEngine
    from xai_cam.cam.engines.xla import XLAEngine

    by_tensorflow = XLAEngine if computing.xla else TensorFlowEngine
    return by_tensorflow(live, layer, computing.chunk_size, computing.device, computing.progress, aimed)


def pick_engine(computing: Computing, on_gpu: bool) -> str:
    """The engine that `auto` means here.

    Raises
    ------
    InputError, XaiCamError
        The settings cannot be combined, or the engine is not installed.
    """
    explicit = computing.engine == "openvino" or computing.precision != "f32"
    if explicit and on_gpu:
        raise InputError(
            'OpenVINO computes on the CPU here. Use `device="cpu"`, or `engine="tensorflow"` in f32.'
        )
    if explicit:
        check_extra("openvino")
    by_choice = computing.engine == "auto" and not on_gpu and not computing.xla
    wanted = explicit or (by_choice and is_there("openvino"))
    return "openvino" if wanted else "tensorflow"
