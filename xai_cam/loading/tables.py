"""What older versions of Keras called things, one table a kind; `upgrade` applies them."""

from __future__ import annotations

RENAMED_CLASSES = {
    "Model": "Functional",  # Keras <= 2.2 and tf.keras <= 2.2
    "Network": "Functional",
    "BatchNormalizationV1": "BatchNormalization",  # tf.keras 1.13 to 2.1
    "BatchNormalizationV2": "BatchNormalization",
    "ThresholdedReLU": "ReLU",  # gone in Keras 3, which has ReLU(threshold=...)
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
}
"""Layer class of old -> class of Keras 3."""

RENAMED_ARGUMENTS = {
    "InputLayer": {"batch_input_shape": "batch_shape"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {"theta": "threshold"},
}
"""Layer class (as the file has it) -> argument of old -> argument of Keras 3."""

OBSOLETE_ARGUMENTS = {
    "*": {"batch_input_shape", "input_dtype", "dynamic", "rng_type"},
    "InputLayer": {"ragged"},
    "BatchNormalization": {"renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size"},
    "DepthwiseConv2D": {"groups", "filters"}
    | {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "DepthwiseConv1D": {"groups", "filters"}
    | {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "SeparableConv1D": {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "SeparableConv2D": {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "Conv1DTranspose": {"groups"},
    "Conv2DTranspose": {"groups"},
    "Conv3DTranspose": {"groups"},
    "SpatialDropout1D": {"noise_shape", "trainable"},
    "SpatialDropout2D": {"noise_shape", "trainable"},
    "SpatialDropout3D": {"noise_shape", "trainable"},
    "LSTM": {"implementation", "time_major"},
    "GRU": {"implementation", "time_major"},
    "SimpleRNN": {"implementation", "time_major"},
}
"""Layer class of Keras 3 (or `*`) -> arguments that Keras 3 dropped and that change nothing at inference."""

NEUTRAL_VALUES: dict[tuple[str, str], tuple[object, ...]] = {
    ("BatchNormalization", "renorm"): (None, False),
    ("BatchNormalization", "virtual_batch_size"): (None,),
    ("Conv1DTranspose", "groups"): (None, 1),
    ("Conv2DTranspose", "groups"): (None, 1),
    ("Conv3DTranspose", "groups"): (None, 1),
}
"""Obsolete arguments that did change something unless they had one of these values."""

OBJECT_ARGUMENTS = {
    "_initializer": "keras.initializers",
    "_regularizer": "keras.regularizers",
    "_constraint": "keras.constraints",
}
"""Ending of an argument's name -> the module its value comes from."""
