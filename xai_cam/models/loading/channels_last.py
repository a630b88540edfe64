"""Models with channels first -> the same models with channels last, which alone run on a CPU.

Every tensor whose channels stood first is kept with its channels moved to the end, from the model's input
on. Layers that know a data format are told the new one, axes are renumbered, and where the order itself
matters (`Flatten`, `Reshape`, `Dense`, ...) a `Permute` hands on the tensor as the file's author saw it.
Kernels lie in one order for both formats, so that no weight changes.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from xai_cam.errors import ModelError
from xai_cam.models.loading.graph import calls_of, in_order, unused_name
from xai_cam.models.loading.shape import MODELS, WRAPPERS, Config, damaged, layers_in, name_of

FIRST, LAST = "channels_first", "channels_last"

Layout = int | None
"""Rank of a tensor whose channels were moved to the end; None for one that is as the file has it."""

CONVOLUTIONS = {
    f"{kind}{n}D{suffix}": n + 2
    for kind, suffix in (("Conv", ""), ("Conv", "Transpose"), ("SeparableConv", ""), ("DepthwiseConv", ""))
    for n in (1, 2, 3)
}
FORMATTED = CONVOLUTIONS | {
    f"{kind}{n}D": n + 2
    for kind in ("MaxPooling", "AveragePooling", "ZeroPadding", "Cropping", "UpSampling", "SpatialDropout")
    for n in (1, 2, 3)
}
POOLED = {f"Global{kind}Pooling{n}D": n + 2 for kind in ("Max", "Average") for n in (1, 2, 3)}
"""Layer class with a `data_format` -> rank of its input."""

ELEMENTWISE = frozenset(
    {"Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout"}
    | {"ActivityRegularization", "Identity", "Rescaling"}
    | {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}
)
"""Classes that treat every element alike, wherever it lies."""

AXIS = frozenset({"BatchNormalization", "Concatenate", "Normalization"})
"""Classes that need their `axis` renumbered, and nothing else."""


def channels_first_layers(model: Config) -> set[str]:
    """Names of the convolutions with channels first, at all depths."""
    names = set()
    for layer in layers_in(model):
        if layer["class_name"] in MODELS:
            names |= channels_first_layers(layer)
        inner = layer["config"]["layer"] if layer["class_name"] in WRAPPERS else layer
        if inner["class_name"] in CONVOLUTIONS and inner["config"].get("data_format") == FIRST:
            names.add(name_of(layer))
    return names


def make_channels_last(model: Config) -> list[Layout]:
    """Change `model` in place; the layouts of its outputs.

    Raises
    ------
    ModelError
        A layer cannot be had with channels last.
    """
    if model["class_name"] == "Sequential":
        return [_sequential(model)]
    return _functional(model)


# --- Where channels are moved ------------------------------------------------------------------------


def _input_layouts(model: Config) -> dict[str, Layout]:
    """For every `InputLayer`: what the first layer behind it that knows a data format asks for."""
    layers = model["config"]["layers"]
    after: dict[str, list[Config]] = defaultdict(list)
    if model["class_name"] == "Sequential":
        for layer, following in pairwise(layers):
            after[name_of(layer)].append(following)
    else:
        for layer in layers:
            for name in {reference[0] for call in calls_of(layer) for reference in call}:
                after[name].append(layer)
    inputs = [name_of(layer) for layer in layers if layer["class_name"] == "InputLayer"]
    return {name: _asked_for(name, after) for name in inputs}


def _asked_for(name: str, after: dict[str, list[Config]]) -> Layout:
    pending, seen = [name], {name}
    while pending:
        for layer in after[pending.pop(0)]:
            class_name, config = layer["class_name"], layer["config"]
            if class_name in MODELS:
                return next(iter(_input_layouts(layer).values()), None)
            rank = (FORMATTED | POOLED).get(class_name)
            if rank:
                return rank if config.get("data_format") == FIRST else None
            if class_name in ELEMENTWISE | AXIS and name_of(layer) not in seen:
                seen.add(name_of(layer))
                pending.append(name_of(layer))
    return None


def _move_input(layer: Config, layout: Layout) -> None:
    shape = layer["config"].get("batch_shape")
    if layout and isinstance(shape, list) and len(shape) == layout:
        layer["config"]["batch_shape"] = [shape[0], *shape[2:], shape[1]]


# --- One layer ---------------------------------------------------------------------------------------


def _arrange(layer: Config, layouts: list[Layout]) -> tuple[list[Layout], list[Layout]]:
    """Tell a layer the new format; the layouts that it wants of its inputs, and those of its outputs."""
    class_name, config = layer["class_name"], layer["config"]
    if class_name in MODELS:
        return list(_input_layouts(layer).values()) or [None], make_channels_last(layer) or [None]
    if str(layer.get("module")).startswith("keras.src.ops"):  # its axes are no part of the configuration
        return [None] * len(layouts), [None]
    wanted, given = _arrange_one(class_name, config, next((rank for rank in layouts if rank), None))
    return [wanted] * len(layouts), [given]


def _arrange_one(class_name: str, config: Config, layout: Layout) -> tuple[Layout, Layout]:
    rank = (FORMATTED | POOLED).get(class_name)
    if class_name in WRAPPERS and config["layer"]["config"].get("data_format") == FIRST:
        raise ModelError(
            f"Layer {config.get('name')!r} ({class_name}) runs a layer with channels first, which works "
            "only on a GPU. Rebuild it with channels last and save the model again."
        )
    if rank and config.get("data_format") == FIRST:
        if layout is None and class_name not in CONVOLUTIONS:
            return None, None  # runs as it is, and its neighbours take the tensor as the file has it
        if config.get("activation") in ("softmax", "log_softmax"):
            raise ModelError(
                f"Layer {config.get('name')!r} takes a softmax along the image's width. Rebuild it with "
                "channels last and save the model again."
            )
        config["data_format"] = LAST
        return rank, None if class_name in POOLED and not config.get("keepdims") else rank
    if layout is None:
        return None, None
    if class_name == "Flatten":
        # Since Keras 2.2 a Flatten that was told of channels first has put them last before it flattened.
        moved = config.get("data_format") == FIRST
        config["data_format"] = LAST
        return layout if moved else None, None
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis  # as Normalization writes it
    if class_name in AXIS and isinstance(axis, int):
        config["axis"] = _moved_axis(axis, layout)
        return layout, layout
    if class_name in ELEMENTWISE and _is_elementwise(config):
        return layout, layout
    return None, None


def _is_elementwise(config: Config) -> bool:
    along_axis = config.get("activation") in ("softmax", "log_softmax")
    return not along_axis and not any(isinstance(config.get(key), list) for key in ("scale", "offset"))


def _moved_axis(axis: int, rank: int) -> int:
    axis %= rank
    return axis if axis == 0 else rank - 1 if axis == 1 else axis - 1


# --- Whole models ------------------------------------------------------------------------------------


def _permute(name: str, current: Layout, wanted: Layout) -> Config:
    """The layer that moves channels to the end, or back to the front."""
    rank = wanted or current or 0
    order = [*range(2, rank), 1] if wanted else [rank - 1, *range(1, rank - 1)]
    return {
        "module": "keras.layers",
        "class_name": "Permute",
        "config": {"name": name, "dims": order},
        "registered_name": None,
    }


def _name_of_permute(source: str, wanted: Layout) -> str:
    return f"{source}_channels_{'last' if wanted else 'first'}"


def _sequential(model: Config) -> Layout:
    layers: list[Config] = []
    taken = {name_of(layer) for layer in model["config"]["layers"]}
    layout = next(iter(_input_layouts(model).values()), None)
    for layer in model["config"]["layers"]:
        if layer["class_name"] == "InputLayer":
            _move_input(layer, layout)
            layers.append(layer)
            continue
        wanted, given = _arrange(layer, [layout])
        if wanted[0] != layout:
            source = name_of(layers[-1]) if layers else "input"
            name = unused_name(_name_of_permute(source, wanted[0]), taken)
            taken.add(name)
            layers.append(_permute(name, layout, wanted[0]))
        layers.append(layer)
        layout = given[0]
    model["config"]["layers"] = layers
    return layout


def _functional(model: Config) -> list[Layout]:
    layouts: dict[str, list[Layout]] = {}
    turned: dict[tuple, str] = {}
    taken = {name_of(layer) for layer in model["config"]["layers"]}
    inputs = _input_layouts(model)
    ordered: list[Config] = []
    for layer in in_order(model["config"]["layers"]):
        name = name_of(layer)
        if layer["class_name"] == "InputLayer":
            _move_input(layer, inputs[name])
            layouts[name] = [inputs[name]]
            ordered.append(layer)
            continue
        calls = calls_of(layer)
        first = [_layout_at(layouts, reference) for call in calls[:1] for reference in call]
        wanted, layouts[name] = _arrange(layer, first or [None])
        for call in calls:  # a layer may be called on its own output
            for i, reference in enumerate(call):
                layout = _layout_at(layouts, reference)
                asked = wanted[min(i, len(wanted) - 1)]
                if layout != asked:
                    ordered += _convert(reference, layout, asked, turned, taken)
        ordered.append(layer)
    model["config"]["layers"] = ordered
    ends = model["config"].get("output_layers")
    return [_layout_at(layouts, r) for call in calls_of({"inbound_nodes": [ends]}) for r in call]


def _layout_at(layouts: dict[str, list[Layout]], reference: list) -> Layout:
    of_layer, tensor = layouts.get(reference[0], [None]), reference[2]
    return of_layer[tensor if isinstance(tensor, int) and 0 <= tensor < len(of_layer) else 0]


def _convert(
    reference: list, current: Layout, wanted: Layout, turned: dict[tuple, str], taken: set[str]
) -> list[Config]:
    """Let `reference` point at its tensor in the wanted layout; the layer for it, unless it is there."""
    source, node, tensor = reference[:3]
    if not isinstance(tensor, int):
        raise damaged(f"a call takes tensor {tensor!r} of {source!r}")
    key = (source, node, tensor, wanted)
    known = key in turned
    name = turned.setdefault(key, unused_name(_name_of_permute(source, wanted), taken))
    reference[:3] = [name, 0, 0]
    if known:
        return []
    taken.add(name)
    new = _permute(name, current, wanted)
    return [{**new, "name": name, "inbound_nodes": [[[source, node, tensor, {}]]]}]
