"""Nodes of a graph, which tf.keras wrote for arithmetic on tensors before 2.4, as calls of functions.

`x / 255.` was the node of an operation `RealDiv`, with the numbers among its inputs beside it.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.calls import are_whole, is_whole, sides_of
from xai_cam.models.loading.functions.parts import between
from xai_cam.models.loading.graph import tensor_of
from xai_cam.models.loading.shape import Config, damaged, is_reference

NODE = "TensorFlowOpLayer"


class Form(NamedTuple):
    """The function of an operation, its inputs after the first by name, and its attributes by name."""

    function: str
    inputs: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


_UNARY = {
    **{name: f"math.{name.lower()}" for name in ("Abs", "Sqrt", "Rsqrt", "Square", "Exp", "Log", "Log1p")},
    **{
        name: f"math.{name.lower()}"
        for name in ("Floor", "Ceil", "Round", "Rint", "Sign", "Reciprocal", "Erf")
    },
    **{name: f"math.{name.lower()}" for name in ("Sin", "Cos", "Tan", "Atan", "Expm1", "Sigmoid", "Tanh")},
    **{name: f"nn.{name.lower()}" for name in ("Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign")},
    **{"Neg": "math.negative", "Inv": "math.reciprocal", "Softmax": "nn.softmax", "Shape": "shape"},
    **{"LogSoftmax": "nn.log_softmax", "LogicalNot": "math.logical_not", "ZerosLike": "zeros_like"},
    **{"Identity": "identity", "StopGradient": "stop_gradient", "OnesLike": "ones_like", "Size": "size"},
    "Rank": "rank",
}

_BINARY = {
    **{"RealDiv": "math.truediv", "Div": "math.truediv", "Sub": "math.subtract", "Mul": "math.multiply"},
    **{"AddV2": "math.add", "Add": "math.add", "Maximum": "math.maximum", "Minimum": "math.minimum"},
    **{"Pow": "math.pow", "FloorDiv": "floor_div", "FloorMod": "math.floormod", "Equal": "math.equal"},
    **{"SquaredDifference": "math.squared_difference", "DivNoNan": "math.divide_no_nan"},
    **{"Greater": "math.greater", "GreaterEqual": "math.greater_equal", "Less": "math.less"},
    **{"LessEqual": "math.less_equal", "NotEqual": "math.not_equal", "LogicalAnd": "math.logical_and"},
    "LogicalOr": "math.logical_or",
}

_LAST = ("data_format", "data_format")
_WINDOW = (("strides", "strides"), ("padding", "padding"), _LAST)
_POOLING = (("ksize", "ksize"), *_WINDOW)
_FILTER = (*_WINDOW, ("dilations", "dilations"))
_KEPT = (("keep_dims", "keepdims"),)
_CENTRED = (("half_pixel_centers", "half_pixel_centers"), ("align_corners", "align_corners"))
_BLOCK = (("block_size", "block_size"), _LAST)
_RADIUS = tuple((name, name) for name in ("depth_radius", "bias", "alpha", "beta"))
_STATISTICS = (("epsilon", "epsilon"), ("is_training", "is_training"), _LAST)

FORMS: dict[str, Form] = {
    **{name: Form(function) for name, function in _UNARY.items()},
    **{name: Form(function, ("y",)) for name, function in _BINARY.items()},
    **{
        name: Form(f"math.reduce_{name.lower()}", ("axis",), _KEPT)
        for name in ("Mean", "Sum", "Max", "Min", "Prod", "Any", "All")
    },
    **{
        name: Form(f"math.{name.lower()}", ("axis",), (("output_type",) * 2,))
        for name in ("ArgMax", "ArgMin")
    },
    **{"BiasAdd": Form("nn.bias_add", ("bias",), (_LAST,)), "Atan2": Form("math.atan2", ("x",))},
    **{"Reshape": Form("reshape", ("shape",)), "Transpose": Form("transpose", ("perm",))},
    **{
        "ExpandDims": Form("expand_dims", ("axis",)),
        "Squeeze": Form("squeeze", (), (("squeeze_dims", "axis"),)),
    },
    **{"Pad": Form("pad", ("paddings",)), "PadV2": Form("pad", ("paddings", "constant_values"))},
    **{"MirrorPad": Form("pad", ("paddings",), (("mode", "mode"),)), "Tile": Form("tile", ("multiples",))},
    **{"Cast": Form("cast", (), (("DstT", "dtype"),)), "ReverseV2": Form("reverse", ("axis",))},
    "GatherV2": Form("gather", ("indices", "axis"), (("batch_dims", "batch_dims"),)),
    "OneHot": Form("one_hot", ("depth", "on_value", "off_value"), (("axis", "axis"), ("T", "dtype"))),
    **{"SelectV2": Form("where", ("x", "y")), "Select": Form("where", ("x", "y"))},
    "ClipByValue": Form("clip_by_value", ("clip_value_min", "clip_value_max")),
    "LeakyRelu": Form("nn.leaky_relu", (), (("alpha", "alpha"),)),
    "ResizeBilinear": Form("image.resize_bilinear", ("size",), _CENTRED),
    **{"MaxPool": Form("nn.max_pool", (), _POOLING), "AvgPool": Form("nn.avg_pool", (), _POOLING)},
    "Conv2D": Form("nn.conv2d", ("filters",), _FILTER),
    "DepthwiseConv2dNative": Form("nn.depthwise_conv2d", ("filters",), _FILTER),
    "MatMul": Form("matmul", ("b",), (("transpose_a",) * 2, ("transpose_b",) * 2)),
    "BatchMatMulV2": Form("matmul", ("b",), (("adj_x", "transpose_a"), ("adj_y", "transpose_b"))),
    **{"DepthToSpace": Form("nn.depth_to_space", (), _BLOCK), "LRN": Form("nn.lrn", (), _RADIUS)},
    "SpaceToDepth": Form("nn.space_to_depth", (), _BLOCK),
    "Unpack": Form("unstack", (), (("num", "num"), ("axis", "axis"))),
    "FusedBatchNormV3": Form("nn.fused_batch_norm", ("scale", "offset", "mean", "variance"), _STATISTICS),
}
"""Operation of TensorFlow -> the function that makes its node."""

TYPES = {
    **{"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_UINT8": "uint8"},
    **{"DT_INT32": "int32", "DT_INT64": "int64", "DT_BOOL": "bool", "DT_INT8": "int8"},
}


def node_as_function(layer: Config) -> bool:
    """tf.keras before 2.4 wrote arithmetic on tensors as nodes of TensorFlow's graph."""
    if layer["class_name"] != NODE:
        return False
    config = layer["config"]
    node, name = config.get("node_def"), layer.get("name", config.get("name"))
    if not isinstance(node, dict) or not isinstance(name, str) or not isinstance(node.get("op"), str):
        raise damaged(f"the operation {name!r} is no node of a graph")
    function, calls = "", []
    for call in layer.get("inbound_nodes") or []:
        inputs = _inputs(call, config.get("constants") or {})
        function, first, arguments = _call(node["op"], inputs, node.get("attr") or {}, name)
        calls.append({"args": [first], "kwargs": arguments})
    if not calls:
        raise damaged(f"the operation {name!r} is not called")
    layer |= {
        "class_name": "TFOpLambda",
        "config": {"name": name, "function": function},
        "inbound_nodes": calls,
    }
    return True


def _inputs(call: Any, constants: Any) -> list[Any]:
    """What a node takes, in its order: the tensors of the model, and numbers at their places."""
    if not isinstance(call, list) or not all(map(is_reference, call)) or not isinstance(constants, dict):
        raise damaged("a node of a graph takes what is no tensor")
    tensors = [tensor_of(reference) for reference in reversed(call)]
    known = {int(place): _numbers(value) for place, value in constants.items() if str(place).isdecimal()}
    count = len(tensors) + len(known)
    if len(known) < len(constants) or any(place >= count for place in known):
        raise damaged("a node of a graph takes numbers at places that it has not")
    return [known[i] if i in known else tensors.pop() for i in range(count)]


def _numbers(value: Any) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        inner = value.get("config")
        value = inner.get("value") if isinstance(inner, dict) else None
    if sides_of(value) is None and value != [] and not isinstance(value, bool):
        raise damaged("a node of a graph takes numbers that are none")
    return value


def _call(operation: str, inputs: list[Any], attributes: Any, name: str) -> tuple[str, Any, Config]:
    """The function of a node, its first argument, and the others by name."""
    given = (
        {key: _attribute(value) for key, value in attributes.items()} if isinstance(attributes, dict) else {}
    )
    if operation == "ConcatV2" and len(inputs) > 1:
        return "concat", inputs[:-1], {"axis": inputs[-1]}
    if operation in ("Pack", "AddN") and inputs:
        return (
            ("stack", inputs, {"axis": given.get("axis", 0)})
            if operation == "Pack"
            else ("add_n", inputs, {})
        )
    if operation == "Split" and len(inputs) == 2:
        return "split", inputs[1], {"num_or_size_splits": given.get("num_split"), "axis": inputs[0]}
    if operation == "StridedSlice" and len(inputs) == 4:
        return "__operators__.getitem", inputs[0], {"slice_spec": _parts(inputs[1:], given)}
    form = FORMS.get(operation)
    if form is None or len(inputs) != 1 + len(form.inputs):
        raise ModelError(
            f"Layer {name!r} is the operation {operation!r} of TensorFlow as it is called here, which has no "
            "counterpart in Keras 3. Rebuild the model with layers of Keras in its place and save it again."
        )
    arguments = dict(zip(form.inputs, inputs[1:], strict=True))
    arguments |= {
        argument: given[key] for key, argument in form.attributes if given.get(key) not in (None, [])
    }
    return form.function, inputs[0], arguments


def _attribute(value: Any) -> Any:
    """An attribute of a node, which says of what type it is; None for all but numbers, flags and texts."""
    kind, inner = next(iter(value.items()), (None, None)) if isinstance(value, dict) else (None, None)
    if kind == "i":
        return _whole(inner)
    if kind == "list" and isinstance(inner, dict):
        listed = inner.get("i", [])
        return list(map(_whole, listed)) if isinstance(listed, list) else None
    if kind == "s":
        return _text(inner)
    if kind == "type":
        return TYPES.get(str(inner))
    return inner if kind in ("b", "f") and isinstance(inner, bool | int | float) else None


def _whole(value: Any) -> int | None:
    """A whole number, which JSON of protocol buffers has as a text."""
    digits = str(value).removeprefix("-")
    return int(str(value)) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def _text(value: Any) -> str | None:
    try:
        return base64.b64decode(str(value), validate=True).decode("ascii")
    except ValueError:  # also what is no base64, and no text
        return None


def _parts(bounds: list[Any], given: Config) -> Any:
    """The indices of a strided slice, of which masks say what kind each is."""
    begin, end, steps = bounds
    rows = all(isinstance(row, list) and row and are_whole(row) for row in bounds)
    masks = {
        name: given.get(f"{name}_mask", 0) for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if not rows or len({len(row) for row in bounds}) > 1 or not all(map(is_whole, masks.values())):
        raise damaged("a slice has bounds that are no whole numbers")
    parts: list[Any] = []
    for i, (first, last, step) in enumerate(zip(begin, end, steps, strict=True)):
        marked = {name for name, mask in masks.items() if mask >> i & 1}
        if "ellipsis" in marked:
            parts.append({"class_name": "__ellipsis__"})
        elif "new_axis" in marked:
            parts.append(None)
        elif "shrink_axis" in marked:
            parts.append(first)
        else:
            parts.append(
                between(None if "begin" in marked else first, None if "end" in marked else last, step)
            )
    return parts
