"""What the options of a command ask for, checked before anything is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_cam.cam.engines.questions import Computing
    from xai_cam.runs.plan import Request


def make_request(options: dict[str, Any]) -> Request:
    """The request of a command, from those of its options that are a field of it.

    Raises
    ------
    InputError
        What is asked for cannot be meant.
    """
    from xai_cam.images.labels import read_labels
    from xai_cam.runs.plan import Request

    labels = read_labels(options["labels"]) if options["labels"] else None
    fields = Request.__dataclass_fields__.keys() - {"labels"}
    asked = {name: value for name, value in options.items() if name in fields}
    request = Request(labels=labels, **asked).tidy()
    check_request(request)
    return request


def check_request(request: Request) -> None:
    """Refuse what cannot be meant, before a model is loaded.

    Raises
    ------
    InputError
    """
    from xai_cam.cam.methods import METHODS, check_score
    from xai_cam.errors import InputError
    from xai_cam.images.labels import resolve

    for method in request.methods:
        check_score(METHODS[method], request.score)
    for spec in request.classes:
        if spec != "folder":
            resolve(spec, request.labels, "")
    if request.fuse and len(request.layers) < 2:
        raise InputError("--fuse makes one map of several layers. Name at least two with --layer.")
    by_channel = [name for name, method in METHODS.items() if method.evidence.by_channel]
    if set(by_channel) & set(request.methods):
        return
    for option, given in (
        ("--max-channels", request.max_channels),
        ("--precision", request.precision != "f32"),
    ):
        if given:
            raise InputError(
                f"{option} is for methods that score each channel. Ask for one of these: "
                f"{', '.join(by_channel)}."
            )


def check_computing(options: dict[str, Any]) -> None:
    """Refuse what cannot compute together, and an engine that is not installed, before TensorFlow starts.

    Raises
    ------
    XaiCamError
    """
    from xai_cam.cam.engines.questions import Computing
    from xai_cam.extras import check_extra
    from xai_cam.models.devices import check_device

    check_device(options["device"])
    computing = Computing(options["engine"], options["device"], options.get("precision", "f32"))
    if computing.engine == "openvino" or computing.precision != "f32":
        check_extra("openvino")


def computing_of(options: dict[str, Any]) -> Computing:
    """What computes in a process that sees no other device than the one asked for."""
    from xai_cam.cam.engines.questions import Computing

    return Computing(
        options["engine"],
        "gpu" if options["device"].startswith("gpu:") else options["device"],
        options.get("precision", "f32"),
        options["chunk_size"],
        not options["no_cache"],
    )
