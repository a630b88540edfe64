"""What the maps of a run will take, as far as it can be told before the model is opened."""

from __future__ import annotations

from collections.abc import Mapping

from xai_cam.cam.methods import METHODS, Evidence, Method
from xai_cam.runs.request import Request


def describe_making(request: Request, images: Mapping[str, int]) -> list[str]:
    """Sentences on methods that ask the model more than once about an image; classes share what they ask.

    Parameters
    ----------
    request : Request
        What is asked for.
    images : mapping of str to int
        By method, of how many images maps are to be made.

    Raises
    ------
    InputError
        Patches do not fit the size that is asked for.
    """
    together: dict[tuple[Evidence, str], list[str]] = {}
    for name in images:
        evidence = METHODS[name].evidence
        alone = evidence.by_channel and request.limits.by_rounds  # else they share their passes
        together.setdefault((evidence, name if alone else ""), []).append(name)
    lines = []
    for names in together.values():
        passes = _passes(request, names[0], max(images[name] for name in names))
        lines += [f"{' and '.join(names)}: {passes}."] if passes else []
    return lines


def _passes(request: Request, name: str, images: int) -> str:
    """The passes of a method, in words; empty of one that takes one an image."""
    method, times = METHODS[name], _times(request)
    each = f"{images:,} image{'s' * (images != 1)}{f', each {times} times,' if times > 1 else ''} x "
    if method.samples or method.covers:
        return each + _of_inputs(request, method, images * times)
    if method.evidence.by_channel or method.evidence.by_position:
        return each + _of_layers(request, method, images * times)
    return ""


def _of_inputs(request: Request, method: Method, images: int) -> str:
    if method.covers and request.size is None:
        usual = request.patch is None and request.stride is None
        return f"every patch{' (about 225)' * usual}, a forward pass each"
    count = len(request.sampling.patches(request.size or ())) if method.covers else 0
    count = count or (request.samples or method.samples) + (method.evidence is Evidence.PATH_GRADIENTS)
    kind = "forward" if method.evidence.by_masks else "forward and backward"
    return f"{count:,} {'patches' if method.covers else 'inputs'} = {images * count:,} {kind} passes"


def _of_layers(request: Request, method: Method, images: int) -> str:
    layers = len(request.layers)
    where = "the layer" if layers == 1 else f"each of {layers} layers"
    if method.evidence.by_position:
        return f"every position of {where}, a forward pass of the layers behind each"
    fewer = "" if request.tolerance is None else ", fewer where the tolerance allows it"
    if request.max_channels is None:
        return f"every live channel of {where}, a forward pass each{fewer}"
    most = images * layers * request.max_channels
    return f"up to {request.max_channels:,} channels of {where} = up to {most:,} forward passes{fewer}"


def _times(request: Request) -> int:
    """How many images are explained for each."""
    if not request.smooth:
        return 1
    from xai_cam.cam.smoothing import SMOOTHED  # a dry run of other maps need not import what these take

    return SMOOTHED
