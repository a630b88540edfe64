"""The passes in their order, each with a description, which the user reads in the list of changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from xai_cam.models.loading import config_passes, graph, keras1, named_activations, operations
from xai_cam.models.loading.functions import nodes, translation
from xai_cam.models.loading.shape import Config


class Pass(NamedTuple):
    """One change of a layer's configuration.

    `change` mends a layer in place, leaves alone what is as Keras 3 wants it, and tells whether it did
    anything; `text` says which Keras wrote what it mends.
    """

    text: str
    change: Callable[[Config], bool]


OUTER_PASSES = [
    Pass(
        "Keras <= 2.2.2 wrote the configuration of a Sequential as a bare list of layers",
        config_passes.sequential_as_dict,
    ),
    Pass(
        "Keras <= 2.2 and tf.keras gave a Sequential's input shape to its first layer, or to none",
        config_passes.input_layer_first,
    ),
]
"""Changes that look at a model before anything inside it has changed."""

PASSES = [
    Pass(
        "Keras 3 writes no modules into whole H5 files, where operations (`a + b`) seem layers",
        operations.operation_of_h5,
    ),
    Pass("Some operations have their name beside their configuration", operations.operation_with_name),
    Pass("Keras 1 had one `Merge` for every way of merging", keras1.merge_mode),
    Pass("tf.keras 2.12 wrote numbers as arrays of NumPy", config_passes.plain_numbers),
    Pass("Names of arguments that changed between Keras 2 and 3", config_passes.rename_arguments),
    Pass("Keras 1 gave the rows and columns of a kernel as separate arguments", keras1.kernel_size),
    Pass("Keras 1 called the orderings of dimensions after its backends, `th` and `tf`", keras1.data_format),
    Pass("Keras 1 padded by four numbers, or by a dict of sides", keras1.padding_pairs),
    Pass(
        "`Model`, `BatchNormalizationV1` and other names that Keras has given up", config_passes.rename_class
    ),
    Pass("Names that tf.keras gave to the functions of `tf.nn`", named_activations.rename_activation),
    Pass(
        "Old arguments (also stray ones of a base class) that make Keras 3 refuse the layer",
        config_passes.drop_obsolete,
    ),
    Pass("Arguments that Keras 3 does not have, and that were set to nothing", config_passes.drop_unset),
    Pass(
        "tf.keras 1.13 to 2.15 wrote BatchNormalization's `axis` as a list of one", config_passes.single_axis
    ),
    Pass(
        "tf.keras 2 wrote mixed-precision policies as objects of classes that are gone",
        config_passes.plain_dtype,
    ),
    Pass(
        "tf.keras 2.4 to 2.15 wrote arithmetic on tensors as functions of TensorFlow, by their names",
        translation.calls_as_arguments,
    ),
    Pass(
        "tf.keras before 2.4 wrote arithmetic on tensors as nodes of TensorFlow's graph",
        nodes.node_as_function,
    ),
    Pass(
        "Initialisers, regularisers and constraints: stray arguments, also of a newer Keras 3; old modules",
        config_passes.modern_objects,
    ),
    Pass(
        "Keras 2 wrote class names without the module that Keras 3 looks them up in",
        config_passes.name_module,
    ),
    Pass(
        "Layers in the order of the data flow, as Keras writes them and builds them fastest",
        graph.sort_layers,
    ),
    Pass(
        "Keras 2 lists even a single input or output, which Keras 3 takes for a structure of one",
        graph.single_ends,
    ),
]
"""Changes that hold for every configuration."""

KERAS2_PASSES = [
    Pass(
        "In Keras 2 a call with `training=True` was final; Keras 3 lets the outer call decide",
        config_passes.never_in_training,
    ),
    Pass(
        "Keras 2 referred to a tensor given by keyword (`attention(x, value=y)`) among the numbers and flags",
        graph.tensors_by_keyword,
    ),
    Pass(
        "Keras 2's `hard_sigmoid` is clip(0.2 x + 0.5, 0, 1), Keras 3's is relu6(x + 3) / 6",
        config_passes.old_hard_sigmoid,
    ),
    Pass(
        "At inference, tf.keras' RandomCrop takes the largest window of the right proportions and resizes it",
        config_passes.random_crop_as_resizing,
    ),
    Pass(
        "Before Keras 2.2 a Flatten knew no data format: it took what was there",
        config_passes.flatten_as_it_lies,
    ),
    Pass(
        "Before TensorFlow 2 a GRU reset its state before the product, and did not say so",
        config_passes.reset_before,
    ),
    Pass(
        "Keras 2 wrote the code of a Lambda as a list; it is only built where the user allowed it",
        operations.lambda_as_object,
    ),
    Pass(
        "Keras 3 allows no `/` in the name of a layer, of which tf.keras' DenseNet is full",
        graph.names_without_slash,
    ),
    Pass(
        "Keras 2 counted the calls of a nested model from 1, since building it was its call 0",
        graph.count_nodes_from_zero,
    ),
]
"""Changes for what Keras 0 to 2 alone wrote, after the others."""

LAST_PASSES = [
    Pass(
        "Functions of TensorFlow become the layers and operations of Keras that compute the same",
        translation.functions_as_layers,
    ),
]
"""Changes that look at a model as Keras 3 would make it but for them."""
