"""Models and layers as callers give them -> a network, and its layers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.errors import InputError, ModelError
from xai_cam.images.arrays import as_array, batch_of
from xai_cam.images.numbers import check_count, whole_number
from xai_cam.models.facts import NetworkFacts, Numbered
from xai_cam.models.input.held_inputs import held_at
from xai_cam.models.input.input_shape import RANKS, Shape
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.input.model_inputs import all_by_name, image_among, inputs_of
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import StoredModel, network_of
from xai_cam.models.layers import WHOLE, LayerInfo

Layer = Any
"""One or several: a name, a path, a number in `model.layers`, a Keras layer, or None for the default."""


def as_model(model: Any, kept: bool = False, device: str = "auto") -> Any:
    """A Keras 3 model, or a `Network`: the one given, or the one loaded from the path given.

    Where things may be `kept`, a path gives a `StoredModel`.

    Raises
    ------
    ModelError
        It is something else: a model of `tf_keras` or of another library, a class, a layer.
    """
    if isinstance(model, NetworkFacts | StoredModel):
        return model
    if isinstance(model, str | os.PathLike):
        from xai_cam.models.known.by_path import model_at

        return model_at(Path(model), kept, device)
    origins = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "tf_keras" in origins:
        raise ModelError(
            "This is a model of tf_keras, which is Keras 2. Save it (`model.save('model.h5')`) and read it "
            "with `load_model('model.h5')`."
        )
    import keras

    if not isinstance(model, keras.Model):
        what = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise ModelError(
            f"The model is {what}. Give a Keras model, as `load_model` returns, or a path to one."
        )
    return model


def as_network(
    model: Any,
    size: Any = None,
    head: str = "auto",
    reshape: tuple[int, ...] | None = None,
    call: int | None = None,
    batch_size: int | None = None,
    outputs: Sequence[str | int] = (),
    image_input: str | None = None,
) -> NetworkFacts:
    """A model, or the path to one, as a network; one that is a network already is returned as it is.

    Parameters
    ----------
    model : keras.Model, Network or path
        A model that takes images.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    head : str
        What the output means, one of `HEADS`.
    reshape, call
        As for `explain`.
    batch_size, outputs, image_input : optional
        As for `Network`.

    Raises
    ------
    ModelError
        See `as_model` and `Network`.
    InputError
        The size is not one, or the model cannot have such a head.
    """
    given = as_model(model)
    if isinstance(given, NetworkFacts):
        return given
    number = check_count("call", call)
    grid = as_size(reshape, "reshape")
    options = NetworkOptions(as_size(size), head, grid, number, batch_size, outputs, image_input)
    return network_of(given, options)


def images_for(network: NetworkFacts, images: Any) -> np.ndarray:
    """Images as callers bring them, as (n, H, W, c) float32; those of a model with channels first are turned.

    Raises
    ------
    InputError
        They do not fit the model.
    """
    found = as_array(images)
    own = (network.input_shape[-1], *network.input_shape[:-1])
    if network.channels_first and fits_channels_first(found, own):
        found = np.moveaxis(found if found.ndim > len(own) else found[None], 1, -1)
    return batch_of(found, network.input_shape)


def by_name(model: Any, images: Any, image_input: str | None = None) -> Any:
    """A list of all inputs of a model or a network by their names; anything else as it is.

    Raises
    ------
    ModelError
        It is such a list, perhaps, and nobody can say which input is the image.
    """
    if not isinstance(images, list | tuple):
        return images
    if isinstance(model, NetworkFacts):
        return all_by_name(model.entrance.inputs, model.entrance.image, images)
    inputs = inputs_of(model)
    return all_by_name(inputs, image_among(inputs, image_input), images) if len(inputs) > 1 else images


def inputs_for(network: NetworkFacts, images: Any, extra: Mapping[str, Any] | None = None) -> Inputs:
    """Images, and what the model's other inputs are held at, as a batch.

    Parameters
    ----------
    network : NetworkFacts
        Whose inputs they are.
    images : array, dict of name to array, or list of arrays
        As callers bring them; a dict or a list of all inputs holds the others too.
    extra : dict of name to value, optional
        The other inputs: a value for all images, or a row for each.

    Raises
    ------
    InputError
        They do not fit the model, or something is missing.
    """
    given = dict(extra or {})
    if isinstance(images, Inputs):
        return images
    images = by_name(network, images)
    if isinstance(images, Mapping):
        name = network.image_name
        if name not in images:
            raise InputError(
                f"The images are not among the inputs given ({', '.join(map(str, images))}). Name them "
                f"{name!r}, as the model does."
            )
        given = {str(key): value for key, value in images.items() if key != name} | given
        images = images[name]
    batch = images_for(network, images)
    scaling = getattr(images, "preprocessing", None)  # of what `prepare` returned
    black = None
    if isinstance(scaling, Preprocessing):
        black = scaling.black(network.input_shape, getattr(images, "black_known", True))
    return Inputs(batch, held_at(network.extras, given, len(batch)), black=black)


def fits_channels_first(images: np.ndarray, shape: tuple[int | None, ...]) -> bool:
    """Whether images are (n, c, H, W), or one is (c, H, W), for an input of that shape."""
    sides, count = images.shape[-len(shape) :], images.ndim - len(shape)
    return count in (0, 1) and all(w in (None, one) for one, w in zip(sides, shape, strict=True))


def input_shape(model: Any, image_input: str | None = None) -> Shape | None:
    """(H, W, channels) of a model's image, None for sizes left open; None if it is unknown.

    Of volumes and films it is (D, H, W, channels).
    """
    if isinstance(model, NetworkFacts):
        return model.input_shape
    inputs = inputs_of(model)
    shape = inputs[image_among(inputs, image_input)].shape if inputs else ()
    return shape if len(shape) in RANKS else None


def find_layers(network: NetworkFacts, layer: Layer) -> list[LayerInfo]:
    """The layers that a caller named, one or several, each once; the default layer if none is named.

    Raises
    ------
    ModelError
        No such layer, or one that has no maps.
    InputError
        Something names no layer.
    """
    several = isinstance(layer, list | tuple | set | range) or getattr(layer, "ndim", 0) == 1
    named = [find_layer(network, one) for one in (list(layer) if several else [layer]) or [None]]
    return list({info.path: info for info in named}.values())


def find_layer(network: NetworkFacts, layer: Layer = None) -> LayerInfo:
    """The one layer that a caller named: by name or path, by its number, or as the layer itself.

    Raises
    ------
    ModelError
        No such layer, or one that has no maps.
    InputError
        Something names no layer.
    """
    if layer is None or isinstance(layer, str):
        return network.find(layer)
    if isinstance(layer, LayerInfo):
        return layer if layer is WHOLE else network.find(layer.path)
    number = whole_number(layer)
    if number is not None:
        layers = network.numbered
        if not -len(layers) <= number < len(layers):
            raise ModelError(f"The model has no layer {number}: its {len(layers)} layers are counted from 0.")
        layer, path = layers[number], layers[number].path
    else:
        path = next((info.path for info in network.layers if info.layer is layer), None)
    if path is not None:
        return network.find(path)
    if "InputLayer" in (type(layer).__name__, getattr(layer, "kind", None)):
        raise ModelError("The model's input is not a layer with maps of its own. Name a layer after it.")
    if isinstance(layer, Numbered) or hasattr(layer, "get_weights"):
        raise ModelError(f"The layer {layer.name!r} is not one of this model's. Give its name instead.")
    raise InputError(f"{layer!r} is not a layer. Give a name, a number in `model.layers`, or a layer.")


def as_size(size: Any, name: str = "size") -> tuple[int, ...] | None:
    """Height and width that a caller named, as integers; None stays None.

    Those of a volume may have its slices, or a film its frames, before them.

    Raises
    ------
    InputError
        They are not two or three whole numbers above 0.
    """
    if size is None:
        return None
    numbers = [whole_number(one) for one in size] if isinstance(size, list | tuple) else []
    if len(numbers) not in (2, 3) or any(number is None or number < 1 for number in numbers):
        raise InputError(f"`{name}` is {size!r}. Give (height, width), two whole numbers.")
    return tuple(number or 0 for number in numbers)
