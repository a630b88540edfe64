"""Settings that do not fit what a command is asked for, and are passed over: nobody insisted on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xai_cam.cam.methods import METHODS

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """Arguments of commands (all where none is named), and when they say something."""

    names: tuple[str, ...]
    when: Callable[[Params], bool]
    commands: tuple[str, ...] = ()


def _scores_channels(params: Params) -> bool:
    return any(METHODS[name].evidence.by_channel for name in params.get("methods") or ())


def _needs_layer(params: Params) -> bool:
    names = params.get("methods")
    return not names or any(METHODS[name].needs_layer for name in names)  # a command's own method is a CAM


def _covers(params: Params) -> bool:
    return any(METHODS[name].covers for name in params.get("methods") or ())


def _samples(params: Params) -> bool:
    return any(METHODS[name].samples for name in params.get("methods") or ())


def _draws(params: Params) -> bool:
    return any(METHODS[name].random for name in params.get("methods") or ())


def _has_images(params: Params) -> bool:
    return bool(params.get("images") or params.get("from_file"))


FITS = (
    Fit(("max_channels", "tolerance", "channels_by", "precision"), _scores_channels),
    Fit(("channels_by",), lambda params: params.get("max_channels") is not None),
    Fit(("margin",), lambda params: params.get("only") == "unsure"),
    Fit(("fuse",), lambda params: len(params.get("layers") or ()) > 1 and _needs_layer(params)),
    Fit(("samples",), _samples),
    Fit(("patch", "stride"), _covers),
    Fit(("seed",), _draws, ("explain", "compare")),
    Fit(("layers",), _needs_layer, ("explain", "compare", "sanity")),
    Fit(
        (
            *("model", "weights", "inside", "layer", "part", "channel_order"),
            *("custom_objects", "allow_unsafe", "limit"),
        ),
        lambda params: not params.get("specs"),
        ("kernels apply",),
    ),
    Fit(("kernel_size",), lambda params: bool(params.get("specs")), ("kernels apply",)),
    Fit(("layer", "score"), lambda params: bool(params.get("rank")), ("kernels edit",)),
    Fit(("size", "head"), _has_images, ("kernels prepend",)),
    Fit(("results",), _has_images, ("kernels edit", "kernels prepend")),
    Fit(
        ("channel_order",),
        lambda params: bool(params.get("picture")) and params.get("combine") == "rgb",
        ("kernels show",),
    ),
)


def not_fitting(path: str, params: Params) -> list[str]:
    """The arguments that say nothing to what the command `path` is asked for."""
    fits = [fit for fit in FITS if (not fit.commands or path in fit.commands) and not fit.when(params)]
    return [name for fit in fits for name in fit.names]
