"""A configuration and weights -> a built model with all of them."""

from __future__ import annotations

from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.contents import Weights
from xai_cam.models.loading.hdf5 import CheckedH5
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.legacy import Matched, Style, assign_pairs, match_weights
from xai_cam.models.loading.projections import quantise_projections
from xai_cam.models.loading.stored import LayerWeights, file_layers
from xai_cam.models.loading.subclasses import called_as_saved
from xai_cam.models.loading.upgrade import Upgraded
from xai_cam.models.loading.weights import assign_keras3, check_keras3, layout_of


def fill(
    upgraded: Upgraded, weights: Weights, custom: dict[str, Any], allow_unsafe: bool
) -> tuple[Any, list[str]]:
    """The model with its weights, and what the user ought to know of them.

    Raises
    ------
    ModelError
        The weights are those of another model.
    """
    if isinstance(weights, CheckedH5) and layout_of(weights) is Kind.KERAS3_WEIGHTS:
        return _load_keras3(upgraded, weights, custom, allow_unsafe), []
    return _load_legacy(upgraded, weights, custom, allow_unsafe)


def _load_keras3(upgraded: Upgraded, weights: CheckedH5, custom: dict[str, Any], allow_unsafe: bool) -> Any:
    """Keras finds weights by the order of the layers, so that a model is read as it was saved."""
    from xai_cam.models.loading.building import allocate_weights, build, shapes_first

    with shapes_first():
        built = build(upgraded.as_saved, custom, allow_unsafe, allocate=bool(custom))
        quantise_projections(built, weights)
        check_keras3(built, weights)
        allocate_weights(built)
    with called_as_saved(built, upgraded.classes):
        assign_keras3(built, weights)
    if not upgraded.channels_first:
        return built
    with shapes_first():
        turned = build(upgraded.config, custom, allow_unsafe, allocate=bool(custom))
        quantise_projections(turned, weights)
        allocate_weights(turned)
    _copy_weights(built, turned)
    return turned


def _copy_weights(source: Any, target: Any) -> None:
    others = {layer.name: layer for layer in target.layers}
    for layer in source.layers:
        other = others[layer.name]
        if hasattr(layer, "layers"):
            _copy_weights(layer, other)
        else:
            other.set_weights(layer.get_weights())
            if hasattr(other, "finalize_state"):  # Normalization keeps constants computed from its weights
                other.finalize_state()


def _check_output_shapes(model: Any, shapes: dict[str, list[int]]) -> None:
    """Refuse output shapes of Keras 1's transposed convolutions that Keras 3 does not compute."""
    for layer in model._flatten_layers(include_self=False):
        stated = shapes.get(layer.name)
        if stated and None not in stated and sorted(stated) != sorted(layer.output.shape[1:]):
            raise ModelError(
                f"Layer {layer.name!r} is set to output {stated}, which Keras 3 cannot do. Rebuild that "
                "layer and save the model again."
            )


def _match(model: Any, weights: Weights, style: Style) -> Matched:
    if isinstance(weights, LayerWeights):
        return match_weights(model, weights.layers(), style, by_name=weights.by_name)
    quantise_projections(model, weights)
    with weights.reading() as file:
        group = file.get("model_weights", file)
        return match_weights(model, file_layers(group), style, numbered="nb_layers" in group.attrs)


def _load_legacy(
    upgraded: Upgraded, weights: Weights, custom: dict[str, Any], allow_unsafe: bool
) -> tuple[Any, list[str]]:
    from xai_cam.models.loading.building import allocate_weights, build, shapes_first

    style = Style(
        upgraded.origin.backend == "theano",
        frozenset(upgraded.channels_first),
        frozenset(upgraded.deviations),
    )
    with shapes_first():
        built = build(upgraded.config, custom, allow_unsafe, allocate=bool(custom))
        _check_output_shapes(built, upgraded.output_shapes)
        matched = _match(built, weights, style)
        allocate_weights(built)
        rotated = assign_pairs(built, matched.pairs, style, weights)
    notices = [matched.notice] if matched.notice else []
    if rotated:
        upgraded.note("rotated Theano's kernels by 180 degrees", rotated)
        notices.append(
            "The weights were trained on Theano, which convolves with kernels rotated by 180 degrees: "
            f"{len(rotated)} kernel{'s were' if len(rotated) > 1 else ' was'} rotated."
        )
    return built, notices
