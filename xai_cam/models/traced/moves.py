"""What each operation of a TensorFlow graph does to where its numbers lie."""

from __future__ import annotations

from typing import Any

from xai_cam.models.traced.combining import broadcast, concat, einsum, matmul, pack
from xai_cam.models.traced.layout import Layout
from xai_cam.models.traced.loops import as_list, as_stack, item, with_item
from xai_cam.models.traced.regrouping import reduce, reshape, squeezed, tile, transpose
from xai_cam.models.traced.rules import Found, Layouts, Move, by_shape
from xai_cam.models.traced.slicing import gather, pad, reverse, roll, slice_of, split, strided_slice, unpack
from xai_cam.models.traced.values import Values
from xai_cam.models.traced.windows import scale_and_translate, scaled, transposed, window

ELEMENTWISE = frozenset(
    (
        *("Abs", "Acos", "Acosh", "Add", "AddN", "AddV2", "AdjustContrastv2", "AdjustHue"),
        *("AdjustSaturation", "Asin", "Asinh", "Atan", "Atan2"),
        *("Atanh", "BiasAdd", "Bitcast", "BroadcastTo", "Cast", "Ceil", "CheckNumerics"),
        *("ClipByValue", "Cos", "Cosh", "Div", "DivNoNan", "Elu", "EnsureShape", "Equal", "Erf"),
        *("Erfc", "Erfinv", "Exp", "Expm1", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars"),
        *("FakeQuantWithMinMaxVarsPerChannel", "HSVToRGB", "RGBToHSV"),
        *("Floor", "FloorDiv", "FloorMod", "FusedBatchNorm", "FusedBatchNormV2"),
        *("FusedBatchNormV3", "Greater", "GreaterEqual", "Identity", "Inv", "IsFinite", "IsNan"),
        *("LRN", "LeakyRelu", "Less", "LessEqual", "Log", "Log1p", "LogSoftmax"),
        *("LogicalAnd", "LogicalNot", "LogicalOr", "Maximum", "Minimum", "Mod", "Mul", "MulNoNan"),
        *("Neg", "NotEqual", "OnesLike", "Pow", "PreventGradient", "RealDiv", "Reciprocal", "Relu"),
        *("Relu6", "Rint", "Round", "Rsqrt", "Select", "SelectV2", "Selu", "Sigmoid", "Sign"),
        *("Sin", "Sinh", "Snapshot", "Softmax", "Softplus", "Softsign", "Sqrt", "Square"),
        *("SquaredDifference", "StopGradient", "Sub", "Tan", "Tanh", "TruncateDiv", "Xdivy"),
        *("Xlogy", "ZerosLike"),
    )
)
"""Operations that treat each place by itself, or that let no place go elsewhere."""

CONVOLUTIONS = frozenset(("Conv2D", "Conv3D", "DepthwiseConv2dNative", "_FusedConv2D"))

SHAPE_ONLY = frozenset(("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"))
"""Operations that ask for no number of their input."""

POOLINGS = frozenset(("MaxPool", "MaxPoolV2", "AvgPool", "MaxPool3D", "AvgPool3D"))

WINDOWS = CONVOLUTIONS | POOLINGS

PADDINGS = frozenset(("Pad", "PadV2", "MirrorPad"))

REDUCTIONS = frozenset(["Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "EuclideanNorm"])


def layouts_behind(operation: Any, layouts: Layouts, values: Values) -> list[Layout | None]:
    """The layouts of an operation's first outputs; a guess with a doubt where the operation is unknown."""
    if not any(layout and layout.spatial for layout in layouts):
        return []
    if operation.type in ELEMENTWISE:
        found: Found = broadcast(operation, layouts, values)
    else:
        move = MOVES.get(operation.type)
        found = move(operation, layouts, values) if move else by_shape(operation, layouts)
    each = found if isinstance(found, list) else [found]
    return [_fitting(one, output) for one, output in zip(each, operation.outputs, strict=False)]


def _fitting(found: Layout | None, output: Any) -> Layout | None:
    """A layout, unless it runs over no places or the tensor has another shape."""
    is_list = output.dtype.name == "variant"  # which has no shape of its own
    fits = found is not None and found.spatial and (is_list or output.shape.is_compatible_with(found.shape))
    return found.coarsened() if found and fits else None


def is_unknown(operation: Any) -> bool:
    """Whether nothing is known of an operation, so that it may have moved places."""
    return operation.type not in ELEMENTWISE | MOVES.keys() | SHAPE_ONLY


def nowhere(operation: Any, layouts: Layouts, values: Values) -> Layout | None:
    """For operations whose output holds places, not what is there, or one number for all of them."""
    del operation, layouts, values
    return None


MOVES: dict[str, Move] = {
    **dict.fromkeys(WINDOWS, window),
    **dict.fromkeys(REDUCTIONS, reduce),
    **dict.fromkeys(("ArgMax", "ArgMin", "L2Loss", "Where"), nowhere),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"), scaled(0)),
    **dict.fromkeys(("SpaceToBatchND", "BatchToSpaceND", "DepthToSpace", "SpaceToDepth"), scaled(0)),
    "ExtractImagePatches": scaled(0),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2"), transposed),
    "ScaleAndTranslate": scale_and_translate,
    **dict.fromkeys(("Concat", "ConcatV2"), concat),
    "Pack": pack,
    "StridedSlice": strided_slice,
    "Slice": slice_of,
    **dict.fromkeys(("Split", "SplitV"), split),
    "Unpack": unpack,
    **dict.fromkeys(PADDINGS, pad),
    "ReverseV2": reverse,
    "Roll": roll,
    **dict.fromkeys(("Gather", "GatherV2"), gather),
    "Reshape": reshape,
    **dict.fromkeys(("Squeeze", "ExpandDims"), squeezed),
    "Transpose": transpose,
    "Tile": tile,
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), matmul),
    "Einsum": einsum,
    "TensorListFromTensor": as_list,
    "TensorListStack": as_stack,
    "TensorListGetItem": item,
    "TensorListSetItem": with_item,
}
