"""Names in older versions of Keras, one table per kind; `upgrade` applies them."""

from __future__ import annotations

RENAMED_CLASSES = {
    "Convolution1D": "Conv1D",  # Keras 1
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",  # of Keras 0; Dense has worked along the last axis since
    "Model": "Functional",  # Keras <= 2.2 and tf.keras <= 2.2
    "Network": "Functional",
    "BatchNormalizationV1": "BatchNormalization",  # tf.keras 1.13 to 2.1
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",  # they differ in training alone
    "GroupedQueryAttention": "GroupQueryAttention",  # what Keras 3 writes into whole H5 files
    "ThresholdedReLU": "ReLU",  # gone in Keras 3, which has ReLU(threshold=...)
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "RandomHeight": "Identity",  # tf.keras 2; they change images in training alone
    "RandomWidth": "Identity",
}
"""Former layer class -> class of Keras 3."""

MERGE_MODES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
}
"""Mode of Keras 1's `Merge` -> class of Keras 2 and 3."""

_POOLING = {"border_mode": "padding", "dim_ordering": "data_format"}
_CONVOLUTION = {
    "nb_filter": "filters",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    **_POOLING,
}
_CONVOLUTION_1D = {**_CONVOLUTION, "filter_length": "kernel_size", "subsample_length": "strides"}
_POOLING_1D = {**_POOLING, "pool_length": "pool_size", "stride": "strides"}
_POOLING_2D = {**_POOLING, "poolsize": "pool_size", "stride": "strides"}  # the latter two of Keras 0
_ORDERING = {"dim_ordering": "data_format"}
_DROPOUT = {"p": "rate", **_ORDERING}
_RECURRENT = {"output_dim": "units", "dropout_W": "dropout", "dropout_U": "recurrent_dropout"}
_GATED = {**_RECURRENT, "inner_activation": "recurrent_activation"}

RENAMED_ARGUMENTS = {
    "InputLayer": {"batch_input_shape": "batch_shape"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {"theta": "threshold"},
    # Keras 0 and 1
    "Dense": {"output_dim": "units", "bias": "use_bias"},
    "TimeDistributedDense": {"output_dim": "units", "bias": "use_bias"},
    "Convolution1D": _CONVOLUTION_1D,
    "AtrousConvolution1D": _CONVOLUTION_1D,
    "Convolution2D": _CONVOLUTION,
    "AtrousConvolution2D": _CONVOLUTION,
    "Convolution3D": _CONVOLUTION,
    "Deconvolution2D": _CONVOLUTION,
    "Deconvolution3D": _CONVOLUTION,
    "SeparableConvolution2D": _CONVOLUTION,
    "MaxPooling1D": _POOLING_1D,
    "AveragePooling1D": _POOLING_1D,
    "MaxPooling2D": _POOLING_2D,
    "AveragePooling2D": _POOLING_2D,
    "MaxPooling3D": _POOLING,
    "AveragePooling3D": _POOLING,
    **{f"Global{kind}Pooling{n}D": _ORDERING for kind in ("Max", "Average") for n in (2, 3)},
    **{f"{name}{n}D": _ORDERING for name in ("ZeroPadding", "Cropping", "UpSampling") for n in (2, 3)},
    "UpSampling1D": {"length": "size"},
    "Dropout": _DROPOUT,
    "GaussianDropout": _DROPOUT,
    "SpatialDropout1D": _DROPOUT,
    "SpatialDropout2D": _DROPOUT,
    "SpatialDropout3D": _DROPOUT,
    "GaussianNoise": {"sigma": "stddev"},
    "Reshape": {"dims": "target_shape"},
    "SimpleRNN": _RECURRENT,
    "LSTM": _GATED,
    "GRU": _GATED,
}
"""Layer class (as the file has it) -> former argument -> argument of Keras 3."""

DATA_FORMATS = {"th": "channels_first", "tf": "channels_last", "default": "channels_last"}
"""Keras 1's `dim_ordering`, called after the backends -> `data_format`."""

KERNEL_LENGTHS = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
"""The arguments that became one `kernel_size`, in its order."""

RENAMED_ACTIVATIONS = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "identity": "linear",
    "exp": "exponential",
}
"""Name that tf.keras gave to functions of `tf.nn` -> name in Keras."""

RENAMED_FUNCTIONS = {"swish": "silu", "identity_v2": "linear"}
"""Names of TensorFlow's functions that Keras knows as texts alone -> name in Keras."""

_OF_NUMBERS = {
    **{"abs": "Absolute", "absolute": "Absolute", "neg": "Negative", "negative": "Negative", "sign": "Sign"},
    **{"sin": "Sin", "cos": "Cos", "tan": "Tan", "atan": "Arctan", "arctan": "Arctan", "sinh": "Sinh"},
    **{"square": "Square", "sqrt": "Sqrt", "round": "Round", "floor": "Floor", "expm1": "Expm1"},
    **{"log1p": "Log1p"},
}

OPERATION_ACTIVATIONS = {
    **{name: ("keras.src.ops.numpy", class_name) for name, class_name in _OF_NUMBERS.items()},
    **{"erf": ("keras.src.ops.math", "Erf"), "rsqrt": ("keras.src.ops.math", "Rsqrt")},
}
"""Functions of TensorFlow that are no activations of Keras -> module and class of the operation of Keras."""

OBSOLETE_ARGUMENTS = {
    "*": {"batch_input_shape", "input_dtype", "dynamic", "rng_type"}
    # Keras 0 and 1: what draws, holds back and punishes weights while they are trained
    | {"init", "inner_init", "forget_bias_init", "weights", "consume_less", "cache_enabled", "custom_name"}
    | {f"{weight}_{what}" for weight in "WUb" for what in ("regularizer", "constraint")},
    "InputLayer": {"ragged"},
    "Dense": {"input_dim", "input_length"},
    "Conv1D": {"input_dim", "input_length"},
    "Conv2D": {"input_dim", "stack_size"},
    "Embedding": {"dropout"},
    "MaxPooling2D": {"ignore_border"},
    "AveragePooling2D": {"ignore_border"},
    "BatchNormalization": {"renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size"}
    | {"mode"},
    "DepthwiseConv2D": {"groups", "filters"}
    | {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "DepthwiseConv1D": {"groups", "filters"}
    | {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "SeparableConv1D": {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "SeparableConv2D": {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "Conv1DTranspose": {"groups"},
    "Conv2DTranspose": {"groups", "output_shape"},
    "Conv3DTranspose": {"groups", "output_shape"},
    "SpatialDropout1D": {"noise_shape", "trainable"},
    "SpatialDropout2D": {"noise_shape", "trainable"},
    "SpatialDropout3D": {"noise_shape", "trainable"},
    "RNN": {"time_major"},
    "ConvLSTM1D": {"time_major"},
    "ConvLSTM2D": {"time_major"},
    "ConvLSTM3D": {"time_major"},
    "Attention": {"causal"},
    "AdditiveAttention": {"causal"},
    "MultiHeadAttention": {"query_shape", "key_shape", "value_shape", "softmax_robust_masking"},
    "RandomRotation": {"value_range"},
    "LSTM": {"implementation", "time_major", "input_dim", "input_length"},
    "GRU": {"implementation", "time_major", "input_dim", "input_length"},
    "SimpleRNN": {"implementation", "time_major", "input_dim", "input_length"},
    "Identity": {"factor", "interpolation", "seed"},
}
"""Layer class of Keras 3 (or `*`) -> arguments that Keras 3 dropped and that change nothing at inference."""

NEUTRAL_VALUES: dict[tuple[str, str], tuple[object, ...]] = {
    ("BatchNormalization", "renorm"): (None, False),
    ("BatchNormalization", "virtual_batch_size"): (None,),
    ("BatchNormalization", "mode"): (None, 0),
    **{(name, "time_major"): (None, False) for name in ("RNN", "LSTM", "GRU", "SimpleRNN")},
    **{(f"ConvLSTM{n}D", "time_major"): (None, False) for n in (1, 2, 3)},
    ("Attention", "causal"): (None, False),
    ("AdditiveAttention", "causal"): (None, False),
    ("Conv1DTranspose", "groups"): (None, 1),
    ("Conv2DTranspose", "groups"): (None, 1),
    ("Conv3DTranspose", "groups"): (None, 1),
    ("MaxPooling2D", "ignore_border"): (None, True),
    ("AveragePooling2D", "ignore_border"): (None, True),
}
"""Obsolete arguments that did change something unless they had one of these values."""

OBJECT_ARGUMENTS = {
    "_initializer": "keras.initializers",
    "_regularizer": "keras.regularizers",
    "_constraint": "keras.constraints",
}
"""Ending of an argument's name -> the module its value comes from."""
