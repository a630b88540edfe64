"""The table of rules: which operations are said in others."""

from __future__ import annotations

from xai_cam.cam.engines.openvino.rewriting import Rule
from xai_cam.cam.engines.openvino.rules import elementwise, linear, pooling, shapes

RULES: dict[str, Rule] = {
    "ReluGrad": elementwise.relu,
    "Relu6Grad": elementwise.relu6,
    "LeakyReluGrad": elementwise.leaky_relu,
    "EluGrad": elementwise.elu,
    "SeluGrad": elementwise.selu,
    "SoftsignGrad": elementwise.softsign,
    "SigmoidGrad": elementwise.sigmoid,
    "TanhGrad": elementwise.tanh,
    "SqrtGrad": elementwise.sqrt,
    "RsqrtGrad": elementwise.rsqrt,
    "ReciprocalGrad": elementwise.reciprocal,
    "InvGrad": elementwise.reciprocal,
    "FusedBatchNormGradV3": elementwise.batch_normalization,
    "LRNGrad": elementwise.local_response,
    "Sum": shapes.total,
    "ShapeN": shapes.shapes,
    "ConcatOffset": shapes.concatenation_offsets,
    "BroadcastGradientArgs": shapes.broadcast_axes,
    "MaxPoolGrad": pooling.maximum,
    "AvgPoolGrad": pooling.average,
    "AvgPool3DGrad": pooling.average,
    "ResizeBilinearGrad": linear.resizing,
    "ResizeNearestNeighborGrad": linear.resizing,
    "ResizeBicubicGrad": linear.resizing,
    "MirrorPadGrad": linear.mirror_padding,
    "StridedSliceGrad": linear.strided_slice,
    "SpaceToBatchND": linear.space_to_batch,
    "DepthwiseConv2dNativeBackpropInput": linear.depthwise_convolution,
}
"""Operation of TensorFlow -> its rule, exact but for rounding."""
