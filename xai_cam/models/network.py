"""A loaded model seen as a tree of layers: find one, pick the default, describe the head, look inside."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.activations import AT_ONCE
from xai_cam.models.exploring import Entrance, explore
from xai_cam.models.input.backbones import usual_scaling
from xai_cam.models.input.expected_scaling import expected_scaling
from xai_cam.models.input.input_shape import image_shape
from xai_cam.models.input.model_inputs import ModelInput, image_among, inputs_of
from xai_cam.models.input.seen_statistics import ExpectedScaling
from xai_cam.models.input.teachable_machine import fed_as_always, open_size
from xai_cam.models.layers import LayerInfo, Wanted, resolve
from xai_cam.models.observing import Seen, at, has_layers, observing
from xai_cam.models.output.answers import Answers
from xai_cam.models.output.head import Head
from xai_cam.models.plain_calls import plain_calls
from xai_cam.models.scopes import plain_scopes
from xai_cam.models.traced.nodes import nodes_of

__all__ = ["LayerInfo", "Network", "list_layers"]

log = logging.getLogger(__name__)


def _without_maps(info: LayerInfo, path: str, spatial: list[str]) -> str:
    size = "several tensors"
    if info.shape is not None:
        size = " x ".join("?" if side is None else str(side) for side in info.shape)
    stack = info.shape is not None and len(info.shape) in (3, 4) and info.shape[-3:-1] != (1, 1)
    what = "maps that lie in the picture" if stack else "spatial output"
    return (
        f"Layer {path!r} has no {what} (it gives {size}). Name a layer with maps larger "
        f"than 1 x 1: {', '.join(spatial) or 'this model has none'}."
    )


SPATIAL = Wanted(lambda info: info.spatial, "Nearest names with maps", True, _without_maps)
"""Layers that can be explained."""


class Network:
    """A Keras model, its input, its layers in the order of the call, and its head.

    Parameters
    ----------
    model : keras.Model
        Called, never changed.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    head : str
        What the output means, one of `HEADS`; `auto` concludes it.
    reshape : (int, int), optional
        Rows and columns of the grid that a transformer's tokens form, where the model does not tell.
    call : int, optional
        Which call of layers that the model calls several times, from 1 on; default: the last.
    batch_size : int, optional
        The images that it will be asked about at a time, for which there has to be memory: a model whose
        largest activation takes more than a quarter of it for that many, or whose activations take more than
        half of it at once, is refused. Of more than four, four have to fit, and batches are kept as small as
        it takes.
    outputs : sequence of str or int
        The outputs that are explained, by name or number; default: the only one, or the only classifier.
    image_input : str, optional
        The input that is the image, by name or number; default: the only one that may be.

    Attributes
    ----------
    batch_size : int or None
        The number of images that the model is limited to in one call; None: any.
    outputs, all_outputs : sequence of ModelOutput
        Those that are explained, and those that there are.
    extras : sequence of ModelInput
        The inputs besides the image.

    Raises
    ------
    ModelError
        It takes no image, its input's size is open, nobody can say which input is the image or which output
        is explained, or it fails on an image of that size, or needs too much memory.
    InputError
        The model cannot have such a head.
    """

    def __init__(
        self,
        model: Any,
        size: tuple[int, ...] | None = None,
        head: str = "auto",
        *,
        reshape: tuple[int, ...] | None = None,
        call: int | None = None,
        batch_size: int | None = None,
        outputs: Sequence[str | int] = (),
        image_input: str | None = None,
    ) -> None:
        self.model = model
        inputs = inputs_of(model)
        image = image_among(inputs, image_input) if inputs else 0
        shape = image_shape((None, *inputs[image].shape) if inputs else None, size or open_size(model))
        self.entrance = Entrance(inputs, image, shape)
        at_once = min(batch_size or AT_ONCE, AT_ONCE)
        explored = explore(model, self.entrance, head, outputs, reshape, at_once)
        self.anatomy, self.batch_size = explored.anatomy, explored.batch_size
        self.outputs, self.all_outputs = explored.outputs, explored.all_outputs
        self._kept_small = False
        self.channels_first = self.anatomy.channels_first
        self.input_shape = (*shape[1:], shape[0]) if self.channels_first else shape
        self.call = call
        self.layers = self.anatomy.layers(call)
        self.identity: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the model is there to be called."""
        return True

    def live(self) -> Network:
        """The opened network: itself."""
        return self

    @property
    def as_opened(self) -> bool:
        """Whether the weights are those of the files that `identity` is of."""
        return self.identity is not None

    @property
    def image_name(self) -> str:
        """What the model calls the input that is the image."""
        return self.entrance.inputs[self.entrance.image].name

    @property
    def extras(self) -> list[ModelInput]:
        """The inputs besides the image."""
        return self.entrance.extras

    @property
    def head(self) -> Head:
        """What the output means that is explained; of several the first.

        Raises
        ------
        ModelError
            It is neither a list of numbers nor a map of the picture.
        """
        return self.head_of(0)

    def head_of(self, which: int) -> Head:
        """The same of one of several outputs that are explained."""
        found = self.outputs[which]
        if found.head is None:
            raise ModelError(found.why_not)
        return found.head

    def find(self, path: str | None = None) -> LayerInfo:
        """The layer at `path` (a name, `outer/inner`, or an unambiguous inner name); None: the default.

        Raises
        ------
        ModelError
            No such layer, several of that name, or a layer whose output is no stack of maps.
        """
        found = self.default_layer() if path is None else resolve(self.layers, path, SPATIAL)
        if self.call is not None and self.call != found.number:
            times = "once" if found.times == 1 else f"{found.times} times"
            raise ModelError(
                f"Layer {found.path!r} is called {times}, so there is no call {self.call}. Choose another "
                "`call`, or leave it out."
            )
        return found

    def default_layer(self) -> LayerInfo:
        """The last layer or operation whose output is a stack of maps of the picture, larger than 1 x 1.

        Of a model whose output is a map itself, as of a segmentation, it is the last on the smallest grid. A
        pooling that comes last is passed over, and a layer made of others in its own manner is one step.
        Whatever stands before the first convolution does not count.
        """
        if self.bottleneck is not None:
            return self.at_call(self.bottleneck)
        ends = self.anatomy.ends
        if self.anatomy.reshape and not (ends and self.anatomy.grid_fits):
            grid = self.anatomy.reshape
            of_tokens = [info.shape for info in self.layers if info.shape and len(info.shape) == 2]
            counts = ", ".join(map(str, sorted({shape[0] or 0 for shape in of_tokens}))) or "none"
            raise ModelError(
                f"No layer has {math.prod(grid)} tokens, or a few more, that matter to the output, so "
                f"`reshape={tuple(grid)}` fits none. Layers have {counts}."
            )
        if not ends:
            raise ModelError(
                "The model has no convolution with maps of the picture larger than 1 x 1, so there is "
                "nothing to draw a heat map of. Give a convolutional network, or `reshape` for a transformer."
            )
        return self.at_call(ends[-1])

    @property
    def bottleneck(self) -> LayerInfo | None:
        """Of a model whose output is a map itself the last layer on the smallest grid."""
        of_places = any(one.head is not None and one.head.pixels for one in self.outputs)
        return self.anatomy.deepest if of_places and not self.anatomy.reshape else None

    def side_by_side(self) -> list[LayerInfo]:
        """Other layers and calls whose maps are the last of their branch, beside the default's."""
        if self.bottleneck is not None:  # it is not chosen for being the last
            return []
        return [info for info in self.anatomy.ends if info != self.default_layer()]

    def at_call(self, info: LayerInfo) -> LayerInfo:
        """The layer at the call that was asked for, if it has so many."""
        return next((one for one in self.layers if one.path == info.path), info) if self.call else info

    def expected_scaling(self) -> ExpectedScaling | None:
        """The scaling of pixels that the graph expects, or that a backbone it is known for usually has."""
        front = self.anatomy.front
        untouched = front is None or (front.affine.is_identity and front.statistics is None)
        told = (fed_as_always(self.model) if untouched else None) or expected_scaling(front)
        return told or usual_scaling([info.path for info in self.layers], str(self.model.name))

    def spatial_layers(self) -> list[LayerInfo]:
        """The layers that can be explained, in the order of the call."""
        return [info for info in self.layers if info.spatial]

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as there is memory for, which is logged once."""
        largest = self.anatomy.trace.largest[0]
        most = max(min(images, largest.images), 1)
        if most < images and not self._kept_small:
            self._kept_small = True
            where = self.anatomy.trace.where
            what, share = f"activations take {largest.describe_all(where(largest.at))}", "half"
            if largest.alone:
                what = f"largest activation takes {largest.describe(where(largest.operation))}"
                share = "a quarter"
            log.warning(
                f"The {what} for each image: continuing with at most {most} at a time, for which {share} of "
                "the memory is enough."
            )
        return most

    def run(
        self,
        inputs: Any,
        target: LayerInfo | None = None,
        seen: Seen | None = None,
        extras: Sequence[Any] = (),
    ) -> Answers:
        """Call the model inside a trace and look at what it answers.

        Parameters
        ----------
        inputs : (n, H, W, c) symbolic tensor
            Preprocessed images.
        target : LayerInfo, optional
            Layer to look at.
        seen : callable, optional
            Gets that layer and its output at each of its calls; what it returns replaces the output.
        extras : sequence of (n, …) symbolic tensors
            The model's other inputs.

        Returns
        -------
        answers : Answers
        """
        import keras

        layers = [] if target is None else [target.layer]
        watched = at(None if target is None else target.place, seen or _hand_on)
        seeing = observing(_leaves(self.model), layers, watched)
        with plain_scopes(self.model), plain_calls(self.model), seeing as activations:
            found = self.entrance.call(self.model, self.as_model_takes(inputs), extras)
        return Answers(self.outputs, keras.tree.flatten(found), found, activations)

    def as_model_takes(self, images: Any) -> Any:
        """Images (n, H, W, c) in the order of axes that the model has."""
        import tensorflow as tf

        images = tf.ensure_shape(images, (self.batch_size, *self.input_shape)) if self.batch_size else images
        last = len(self.input_shape)
        return tf.transpose(images, (0, last, *range(1, last))) if self.channels_first else images


def _hand_on(_: Any, output: Any) -> Any:
    return output


def list_layers(model: Any) -> list[LayerInfo]:
    """The layers of a model that need not be called, in the order in which it holds them, without shapes."""
    return [
        LayerInfo(path, layer, None, order)
        for order, (path, layer) in enumerate(nodes_of(model, operations=False).items())
    ]


def _leaves(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers(include_self=False) if not has_layers(layer)]
